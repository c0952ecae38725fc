"""What an iteration starts from: a message to plain values."""

import json

from backsmith.generator.v1 import generator_service_pb2 as pb

from chassis.errors import FieldViolation, InvalidInputError
from generator_svc.convert_spec import spec_from_proto
from generator_svc.domain.iteration import Base, Rendering
from generator_svc.domain.patch import Rename
from generator_svc.domain.validate import validate

FIRST_ITERATION = 2
"""The least number of a version that has a parent."""


def base_from_proto(request: pb.GeneratePhaseRequest) -> Base | None:
    """Return the checked base of a request; None when a first version is made.

    Raises:
        InvalidInputError: The base's spec does not pass the checks, or the version has no parent.
    """
    if not request.HasField("base"):
        return None
    message = request.base
    if message.version < FIRST_ITERATION:
        violation = FieldViolation(
            field="base.version",
            message=f"A version with a base is {FIRST_ITERATION} or more, not {message.version}.",
            reason="VERSION_INVALID",
        )
        raise InvalidInputError(violation.message, violations=[violation], reason="VERSION_INVALID")
    spec = spec_from_proto(message.spec)
    validate(spec)
    return Base(
        spec=spec,
        version=message.version,
        renames=tuple(Rename(target=each.target, to=each.to) for each in message.renames),
        migrations={file.path: file.content for file in message.migrations},
        rendering=_rendering(message.manifest),
    )


def _rendering(manifest: bytes) -> Rendering:
    """Return what a manifest tells: nothing, if it is older than what it would have to tell."""
    if not manifest:
        return Rendering()
    document = json.loads(manifest)
    digests = {each["path"]: each["sha256"] for each in document["files"]}
    return Rendering(renderer=document.get("renderer", ""), digests=digests)
