"""A user's own edits of files."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from bridge.convert import file_to_out
from bridge.edits import Condition, Edits
from bridge.errors import BodyTooLargeError
from bridge.params import GenerationId, known_shape
from bridge.parts import Has
from bridge.problems import documented
from bridge.routes.files import FilePath
from bridge.schemas.file import FileOut
from bridge.security import User
from chassis.errors import NotFoundError

router = APIRouter(prefix="/generations", tags=["files"])

MAX_FILE_BYTES = 1024 * 1024
"""The largest file that the files service takes in one piece."""

IfMatch = Annotated[str, Header(description="The digest that the file must have, as an `ETag`.")]
BYTES: dict[str, Any] = {
    "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}
}
"""No body is one of no bytes: a file may be empty."""


@router.put(
    "/{generation_id}/files/{path:path}",
    responses=documented(409, 412, 413) | {201: {"model": FileOut, "description": "A new file."}},
    openapi_extra=BYTES,
)
async def write_file(
    *,
    generation_id: GenerationId,
    path: FilePath,
    request: Request,
    _user: User,
    parts: Has,
    response: Response,
    if_match: IfMatch = "",
    if_none_match: Annotated[str, Header(description="`*`: only if there is none.")] = "",
) -> FileOut:
    """Store a file of your own; it is kept through later iterations."""
    identifier = known_shape(generation_id, what="generation")
    content = await request.body()
    if len(content) > MAX_FILE_BYTES:
        raise BodyTooLargeError(f"A file is larger than {MAX_FILE_BYTES} bytes.")
    condition = Condition(if_match=if_match, if_none_match=if_none_match)
    edits = Edits(parts.orchestrator, parts.files)
    entry, new = await edits.write(identifier, path, content, condition)
    response.status_code = 201 if new else 200
    response.headers["etag"] = f'"{entry.digest.sha256}"'
    return file_to_out(entry)


@router.delete(
    "/{generation_id}/files/{path:path}", status_code=204, responses=documented(409, 412)
)
async def delete_file(
    generation_id: GenerationId, path: FilePath, _user: User, parts: Has, if_match: IfMatch = ""
) -> Response:
    """Take a file away."""
    identifier = known_shape(generation_id, what="generation")
    if not path.isprintable():
        raise NotFoundError("There is no such file.", reason="FILE_NOT_FOUND")
    edits = Edits(parts.orchestrator, parts.files)
    await edits.delete(identifier, path, Condition(if_match=if_match))
    return Response(status_code=204)
