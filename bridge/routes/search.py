"""Looking into the files of generations: searching one, comparing two."""

from typing import Annotated

from fastapi import APIRouter, Path

from bridge.comparing import compare
from bridge.convert_files import search_request_from_body, search_to_out
from bridge.params import GenerationId, ProjectId, known_shape
from bridge.parts import Has
from bridge.problems import documented
from bridge.schemas.edit import ComparisonOut, SearchBody, SearchOut
from bridge.security import User

router = APIRouter(prefix="/generations", tags=["files"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="A version, from 1.")]


@router.get("/compare/{before}/{after}", responses=documented())
async def compare_generations(
    before: GenerationId, after: GenerationId, _user: User, parts: Has
) -> ComparisonOut:
    """Return how any two generations differ: files, specs, APIs, sizes and quality."""
    old = await parts.orchestrator.generation(known_shape(before, what="generation"))
    new = await parts.orchestrator.generation(known_shape(after, what="generation"))
    return await compare(parts.files, old, new)


@router.get("/projects/{project_id}/versions/compare/{before}/{after}", responses=documented())
async def compare_versions(
    project_id: ProjectId, before: Number, after: Number, _user: User, parts: Has
) -> ComparisonOut:
    """Return how two versions of a project differ."""
    identifier = known_shape(project_id, what="project")
    old = await parts.orchestrator.version(identifier, before)
    new = await parts.orchestrator.version(identifier, after)
    return await compare(parts.files, old, new)


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
