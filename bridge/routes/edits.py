"""A user's own edits of files."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from bridge.convert import file_to_out
from bridge.convert_files import changes_from_body
from bridge.edits import Change, Condition, Edits
from bridge.errors import BodyTooLargeError
from bridge.params import GenerationId, known_shape
from bridge.parts import Has
from bridge.problems import documented
from bridge.routes.files import FilePath
from bridge.schemas.edit import EditedOut, EditsBody
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
    change = Change(path=path, content=content, condition=condition)
    (edited,) = await edits.apply(identifier, [change])
    assert edited.after  # noqa: S101 - a file was written
    response.status_code = 200 if edited.before else 201
    response.headers["etag"] = f'"{edited.after.digest.sha256}"'
    return file_to_out(edited.after)


@router.post("/{generation_id}/files", responses=documented(400, 409, 412, 413))
async def write_files(
    generation_id: GenerationId, body: EditsBody, _user: User, parts: Has
) -> EditedOut:
    """Store and take away several files of your own at once: all of them, or none."""
    identifier = known_shape(generation_id, what="generation")
    changes = changes_from_body(body)
    for change in changes:
        if change.content is not None and len(change.content) > MAX_FILE_BYTES:
            raise BodyTooLargeError(f"A file is larger than {MAX_FILE_BYTES} bytes.")
    edited = await Edits(parts.orchestrator, parts.files).apply(identifier, changes)
    return EditedOut(
        files=[file_to_out(each.after) for each in edited if each.after],
        deleted=[each.path for each in edited if not each.after],
    )


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
    change = Change(path=path, content=None, condition=Condition(if_match=if_match))
    await edits.apply(identifier, [change])
    return Response(status_code=204)
