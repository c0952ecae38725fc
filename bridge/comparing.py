"""Comparing two generations: their files, specs, APIs, sizes and quality."""

import asyncio

from backsmith.files.v1.snapshot_pb2 import Snapshot
from backsmith.orchestrator.v1.generation_pb2 import Generation

from bridge.api_changes import breaking_changes
from bridge.clients import Files
from bridge.convert import optional
from bridge.convert_files import counts_of, differences_to_out
from bridge.schemas.edit import ApiChangeOut, ComparisonOut, SideOut, SpecChangeOut
from bridge.spec_changes import spec_changes
from bridge.spec_document import spec_document_from_proto
from chassis.errors import NotFoundError

OPENAPI = "openapi.json"


async def compare(files: Files, old: Generation, new: Generation) -> ComparisonOut:
    """Return how two generations differ.

    Raises:
        NotFoundError: One of the two has no files yet.
    """
    if not old.snapshot_id or not new.snapshot_id:
        raise NotFoundError("One of the two has no files yet.", reason="FILES_NOT_FOUND")
    compared = await files.compare(old.snapshot_id, new.snapshot_id)
    before, after = [await files.snapshot(each.snapshot_id) for each in (old, new)]
    documents = [await files.content(each.snapshot_id, OPENAPI) for each in (old, new)]
    broken = await asyncio.to_thread(breaking_changes, *documents)
    return ComparisonOut(
        from_generation_id=old.generation_id,
        to_generation_id=new.generation_id,
        files=differences_to_out(compared),
        unchanged_count=compared.unchanged_count,
        counts=counts_of(compared),
        truncated=compared.truncated,
        before=_side(old, before),
        after=_side(new, after),
        spec=_spec(old, new),
        breaking=[
            ApiChangeOut(operation=each.operation, message=each.message) for each in broken or ()
        ],
        api_compared=broken is not None,
    )


def _side(generation: Generation, snapshot: Snapshot) -> SideOut:
    return SideOut(
        generation_id=generation.generation_id,
        version=generation.version,
        file_count=snapshot.file_count,
        total_size_bytes=snapshot.total_size_bytes,
        quality_score=optional(generation, "quality_score"),
    )


def _spec(old: Generation, new: Generation) -> list[SpecChangeOut]:
    before, after = (spec_document_from_proto(each.spec) for each in (old, new))
    return [
        SpecChangeOut(path=each.path, change=each.change, before=each.before, after=each.after)
        for each in spec_changes(before, after)
    ]
