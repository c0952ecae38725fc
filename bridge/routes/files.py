"""The files of a generation: a listing, each file, and all of them as an archive or a bundle."""

import re
from collections.abc import AsyncIterator
from mimetypes import guess_type
from typing import Annotated, Any, Literal

from backsmith.files.v1 import files_service_pb2 as files_pb
from backsmith.orchestrator.v1 import generation_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb
from backsmith.progress.v1 import progress_pb2
from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import StreamingResponse

from bridge.convert import file_to_out
from bridge.params import GenerationId, PageToken, ProjectId, known_shape, plain
from bridge.parts import Has, Parts
from bridge.problems import documented
from bridge.ranges import Span, requested_span
from bridge.schemas.file import FilePageOut
from bridge.security import User
from chassis.errors import NotFoundError

router = APIRouter(prefix="/generations", tags=["files"])

CACHE = {"cache-control": "private, no-cache"}
KINDS: dict[str, Any] = {"text/plain": {}, "application/octet-stream": {}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": KINDS},
    206: {"description": "The range asked for.", "content": KINDS},
    304: {"description": "You have these bytes."},
}
ARCHIVES = {
    "zip": (files_pb.ARCHIVE_FORMAT_ZIP, "application/zip"),
    "tar.gz": (files_pb.ARCHIVE_FORMAT_TAR_GZ, "application/gzip"),
}
ARCHIVE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The archive.",
        "content": {media_type: {} for _, media_type in ARCHIVES.values()},
    },
    304: {"description": "You have these bytes."},
}
BUNDLE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bundle.", "content": {"application/octet-stream": {}}}
}
MOST_A_PAGE = 200
"""How many generations one page lists at most."""

IfNoneMatch = Annotated[str, Header(description="Digests you have.")]
FilePath = Annotated[str, Path(description="The file's path.")]


@router.get("/{generation_id}/files", responses=documented())
async def list_files(
    generation_id: GenerationId,
    _user: User,
    parts: Has,
    page_size: Annotated[int, Query(ge=1, le=1000)] = 1000,
    page_token: PageToken = "",
) -> FilePageOut:
    """List a generation's files as far as they are saved, sorted by path."""
    generation = await _generation(parts, generation_id)
    page = files_pb.ListFilesResponse()
    if generation.snapshot_id:
        token = plain(page_token, field="page_token")
        page = await parts.files.list(generation.snapshot_id, page_size=page_size, page_token=token)
    return FilePageOut(
        generation_id=generation.generation_id,
        snapshot_id=generation.snapshot_id,
        file_count=generation.file_count,
        files=[file_to_out(entry) for entry in page.entries],
        next_page_token=page.next_page_token,
    )


@router.get(
    "/{generation_id}/files/{path:path}",
    responses=documented(416) | FILE,
    response_class=Response,
)
async def get_file(
    *,
    generation_id: GenerationId,
    path: FilePath,
    _user: User,
    parts: Has,
    if_none_match: IfNoneMatch = "",
    wanted: Annotated[str, Header(alias="range", description="Bytes wanted.")] = "",
    if_range: Annotated[str, Header(description="A digest; on another the whole is sent.")] = "",
) -> Response:
    """Return one file; its digest is its `ETag`."""
    generation = await _generation(parts, generation_id)
    if not generation.snapshot_id or not path.isprintable():
        raise NotFoundError("There is no such file.", reason="FILE_NOT_FOUND")
    first, rest = await _opened(parts.files.read(generation.snapshot_id, path))
    size, etag = first.entry.digest.size_bytes, f'"{first.entry.digest.sha256}"'
    headers = {**CACHE, "etag": etag, "accept-ranges": "bytes"}
    if _matches(if_none_match, etag):
        await rest.aclose()
        return Response(status_code=304, headers=headers)
    span = requested_span(wanted, size) if if_range in {"", etag} else None
    if span is not None:
        await rest.aclose()
        return await _part(parts, generation.snapshot_id, path, span, headers)
    headers["content-length"] = str(size)
    return StreamingResponse(_data(first, rest), media_type=_media_type(path), headers=headers)


async def file_response(parts: Parts, snapshot_id: str, path: str) -> Response:
    """Return a whole file of any snapshot."""
    if not path.isprintable():
        raise NotFoundError("There is no such file.", reason="FILE_NOT_FOUND")
    first, rest = await _opened(parts.files.read(snapshot_id, path))
    headers = {**CACHE, "content-length": str(first.entry.digest.size_bytes)}
    return StreamingResponse(_data(first, rest), media_type=_media_type(path), headers=headers)


async def _part(
    parts: Parts, snapshot_id: str, path: str, span: Span, headers: dict[str, str]
) -> Response:
    """Return a range of a file."""
    reading = parts.files.read(snapshot_id, path, offset=span.begin, limit=span.length)
    first, rest = await _opened(reading)
    headers |= {"content-length": str(span.length), "content-range": span.header}
    return StreamingResponse(
        _data(first, rest), status_code=206, media_type=_media_type(path), headers=headers
    )


@router.get("/{generation_id}/download", responses=documented() | ARCHIVE, response_class=Response)
async def download(
    *,
    generation_id: GenerationId,
    _user: User,
    parts: Has,
    if_none_match: IfNoneMatch = "",
    archive: Annotated[
        Literal["zip", "tar.gz"], Query(alias="format", description="The kind of archive.")
    ] = "zip",
) -> Response:
    """Return all files as an archive: the same bytes each time for the same files."""
    generation = await _generation(parts, generation_id)
    if not generation.snapshot_id:
        raise NotFoundError("No files are saved yet.", reason="FILES_NOT_FOUND")
    etag = f'"{generation.snapshot_id}.{archive}"'
    headers = {**CACHE, "etag": etag}
    if _matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    kind, media_type = ARCHIVES[archive]
    first, rest = await _opened(parts.files.archive(generation.snapshot_id, kind))
    name = f"{_slug(generation.project_name)}-v{generation.version}.{archive}"
    headers["content-disposition"] = f'attachment; filename="{name}"'
    return StreamingResponse(_data(first, rest), media_type=media_type, headers=headers)


@router.get(
    "/projects/{project_id}/bundle",
    responses=documented() | BUNDLE,
    response_class=Response,
)
async def download_bundle(project_id: ProjectId, _user: User, parts: Has) -> Response:
    """Return all completed versions as a git bundle, one commit each: `git clone FILE` reads it."""
    project = await parts.orchestrator.project(known_shape(project_id, what="project"))
    versions = [version async for version in _versions(parts, project.project_id)]
    if not versions:
        raise NotFoundError("No version is completed yet.", reason="FILES_NOT_FOUND")
    first, rest = await _opened(parts.files.bundle(versions[::-1]))
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{_slug(project.name)}.bundle"',
    }
    return StreamingResponse(
        _data(first, rest), media_type="application/octet-stream", headers=headers
    )


async def _versions(parts: Parts, project_id: str) -> AsyncIterator[files_pb.BundleVersion]:
    """Yield a project's completed versions, newest first."""
    request = orchestrator_pb.ListGenerationsRequest(
        project_id=project_id,
        statuses=[progress_pb2.GENERATION_STATUS_COMPLETED],
        page_size=MOST_A_PAGE,
    )
    while True:
        page = await parts.orchestrator.generations(request)
        for each in page.generations:
            yield files_pb.BundleVersion(
                snapshot_id=each.snapshot_id,
                message=f"Version {each.version}\n\n{each.prompt}".strip(),
                author=each.user_id,
                create_time=each.create_time,
            )
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


async def _generation(parts: Parts, generation_id: str) -> generation_pb2.Generation:
    return await parts.orchestrator.generation(known_shape(generation_id, what="generation"))


async def _opened(stream: Any) -> tuple[Any, Any]:
    """Await the first piece, before any header is sent: what is missing is a 404."""
    return await anext(stream), stream


async def _data(first: Any, rest: Any) -> AsyncIterator[bytes]:
    yield first.data
    async for piece in rest:
        yield piece.data


def _matches(if_none_match: str, etag: str) -> bool:
    """Tell whether a conditional request names what there is (RFC 9110, 13.1.2)."""
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in {etag, "*"} for tag in tags)


def _media_type(path: str) -> str:
    """Return a harmless type: no file of a user's is ever a page of ours."""
    kind = guess_type(path)[0] or "text/plain"
    textual = kind.startswith("text/") or kind in {"application/json", "application/toml"}
    return "text/plain; charset=utf-8" if textual else "application/octet-stream"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "project"
