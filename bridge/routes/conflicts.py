"""What a merge could not decide, and how its user does."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response

from bridge.convert import generation_to_out
from bridge.convert_files import conflicts_to_out, resolve_request_from_body
from bridge.params import GenerationId, known_shape
from bridge.parts import Has
from bridge.problems import documented
from bridge.routes.files import KINDS, FilePath, file_response
from bridge.schemas.edit import ConflictsOut, ResolveBody
from bridge.schemas.generation import GenerationOut
from bridge.security import User
from chassis.errors import NotFoundError

router = APIRouter(prefix="/generations", tags=["conflicts"])

Side = Annotated[Literal["base", "ours", "theirs"], Path(description="Whose file.")]


@router.get("/{generation_id}/conflicts", responses=documented())
async def list_conflicts(generation_id: GenerationId, _user: User, parts: Has) -> ConflictsOut:
    """List what the merge could not decide and nobody has settled."""
    identifier = known_shape(generation_id, what="generation")
    return conflicts_to_out(identifier, await parts.orchestrator.conflicts(identifier))


@router.get(
    "/{generation_id}/conflicts/{side}/{path:path}",
    responses=documented() | {200: {"description": "The file.", "content": KINDS}},
    response_class=Response,
)
async def get_side(
    generation_id: GenerationId, side: Side, path: FilePath, _user: User, parts: Has
) -> Response:
    """Return a file as one side of its conflict has it."""
    identifier = known_shape(generation_id, what="generation")
    known = await parts.orchestrator.conflicts(identifier)
    if path not in {conflict.path for conflict in known.conflicts}:
        raise NotFoundError("There is no such conflict.", reason="CONFLICT_UNKNOWN")
    return await file_response(parts, known.conflict_snapshot_id, f"{side}/{path}")


@router.post("/{generation_id}/conflicts/resolve", responses=documented(400, 409, 413))
async def resolve_conflict(
    generation_id: GenerationId, body: ResolveBody, _user: User, parts: Has
) -> GenerationOut:
    """Settle the conflicts of one file: yours, the generated one, or a text of your own."""
    identifier = known_shape(generation_id, what="generation")
    request = resolve_request_from_body(body, identifier)
    return generation_to_out(await parts.orchestrator.resolve(request))
