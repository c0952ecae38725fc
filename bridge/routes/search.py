"""Looking into the files of generations: searching one, comparing two."""

from typing import Annotated

from backsmith.orchestrator.v1.generation_pb2 import Generation
from fastapi import APIRouter, Path

from bridge.convert_files import (
    comparison_to_out,
    search_request_from_body,
    search_to_out,
)
from bridge.params import GenerationId, ProjectId, known_shape
from bridge.parts import Has, Parts
from bridge.problems import documented
from bridge.schemas.edit import ComparisonOut, SearchBody, SearchOut
from bridge.security import User
from chassis.errors import NotFoundError

router = APIRouter(prefix="/generations", tags=["files"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="A version, from 1.")]


@router.get("/compare/{before}/{after}", responses=documented())
async def compare_generations(
    before: GenerationId, after: GenerationId, _user: User, parts: Has
) -> ComparisonOut:
    """Return unified diffs between the files of any two generations."""
    old = await parts.orchestrator.generation(known_shape(before, what="generation"))
    new = await parts.orchestrator.generation(known_shape(after, what="generation"))
    return await _compared(parts, old, new)


@router.get("/projects/{project_id}/versions/compare/{before}/{after}", responses=documented())
async def compare_versions(
    project_id: ProjectId, before: Number, after: Number, _user: User, parts: Has
) -> ComparisonOut:
    """Return unified diffs between two versions of a project."""
    identifier = known_shape(project_id, what="project")
    old = await parts.orchestrator.version(identifier, before)
    new = await parts.orchestrator.version(identifier, after)
    return await _compared(parts, old, new)


@router.post("/{generation_id}/search", responses=documented(413))
async def search_files(
    generation_id: GenerationId, body: SearchBody, _user: User, parts: Has
) -> SearchOut:
    """Find text, or an RE2 expression, in the files of a generation."""
    identifier = known_shape(generation_id, what="generation")
    generation = await parts.orchestrator.generation(identifier)
    if not generation.snapshot_id:
        return SearchOut(matches=[], truncated=False)
    request = search_request_from_body(body, snapshot_id=generation.snapshot_id)
    return search_to_out(await parts.files.search(request))


async def _compared(parts: Parts, old: Generation, new: Generation) -> ComparisonOut:
    if not old.snapshot_id or not new.snapshot_id:
        raise NotFoundError("One of the two has no files yet.", reason="FILES_NOT_FOUND")
    compared = await parts.files.compare(old.snapshot_id, new.snapshot_id)
    return comparison_to_out(old.generation_id, new.generation_id, compared)
