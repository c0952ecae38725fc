"""Patches and what they would lose, as messages."""

from collections.abc import Mapping
from typing import Any

from backsmith.spec.v1 import spec_pb2 as pb
from google.protobuf import json_format, struct_pb2

from generator_svc.domain.patch import Change, Loss, SpecPatch
from generator_svc.domain.spec import JsonValue

_EXACT = 2**53


def patch_to_proto(patch: SpecPatch) -> pb.SpecPatch:
    """Return a patch as a message."""
    return pb.SpecPatch(
        add=[_change_to_proto(change) for change in patch.add],
        alter=[_change_to_proto(change) for change in patch.alter],
        rename=[pb.SpecRename(target=each.target, to=each.to) for each in patch.rename],
        drop=patch.drop,
    )


def loss_to_proto(loss: Loss) -> pb.DataLoss:
    """Return a loss as a message."""
    return pb.DataLoss(target=loss.target, reason=loss.reason, message=loss.message)


def _change_to_proto(change: Change) -> pb.SpecChange:
    keys = json_format.ParseDict(_doubles(dict(change.keys)), struct_pb2.Struct())
    return pb.SpecChange(target=change.target, keys=keys)


def _doubles(value: JsonValue | Mapping[str, JsonValue]) -> Any:
    """Return a value as a Struct can hold it: what no double holds exactly becomes text."""
    if isinstance(value, Mapping):
        return {key: _doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_doubles(item) for item in value]
    if isinstance(value, int) and abs(value) > _EXACT:
        return str(value)
    return value
