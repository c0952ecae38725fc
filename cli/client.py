"""Talks to a bridge over HTTP, and tells its refusals in words."""

import io
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from chassis.ids import new_id
from cli.errors import CliError, RefusedError, UnreachableError

CONNECT_TIMEOUT = timedelta(seconds=5)
ANSWER_TIMEOUT = timedelta(seconds=60)
MAX_ARCHIVE_BYTES = 256 * 1024 * 1024
"""The largest archive, packed or unpacked, that is taken into memory."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A bridge, and who talks to it."""

    url: str
    """Where it answers, without a trailing slash."""

    token: str
    """The user's bearer token."""


class Client:
    """The bridge's routes that the command needs."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def plan(self, body: Mapping[str, Any]) -> Json:
        """Return the plan of what `generate` would do with the same body."""
        return await self._json("POST", "/generations/plan", json=dict(body))

    async def generate(self, body: Mapping[str, Any]) -> Json:
        """Start a generation; a repeat after a lost answer does not start another."""
        return await self._start("/generations/generate", body)

    async def iterate(self, body: Mapping[str, Any]) -> Json:
        """Start an iteration; a repeat after a lost answer does not start another."""
        return await self._start("/generations/iterate", body)

    async def generation(self, generation_id: str) -> Json:
        """Return a generation."""
        return await self._json("GET", f"/generations/{generation_id}")

    async def files(self, generation_id: str) -> AsyncIterator[Json]:
        """Yield the listing of a generation's files, page by page."""
        token = ""
        while True:
            params = {"page_size": "1000", "page_token": token}
            page = await self._json("GET", f"/generations/{generation_id}/files", params=params)
            for entry in page["files"]:
                yield entry
            if not (token := page["next_page_token"]):
                return

    async def put_file(
        self, generation_id: str, path: str, content: bytes, *, if_match: str
    ) -> None:
        """Store the user's version of a file, if nobody else has changed it meanwhile."""
        await self._json(
            "PUT",
            f"/generations/{generation_id}/files/{quote(path)}",
            content=content,
            headers={"If-Match": f'"{if_match}"'},
        )

    async def archive(self, generation_id: str) -> bytes:
        """Return a generation's files as a zip.

        Raises:
            UnreachableError: It was cut off.
            RefusedError: It is too large.
        """
        async with (
            self._errors_told(),
            self.http.stream("GET", f"/generations/{generation_id}/download") as response,
        ):
            await raise_for_problem(response)
            packed = bytearray()
            async for chunk in response.aiter_bytes():
                packed += chunk
                if len(packed) > MAX_ARCHIVE_BYTES:
                    raise RefusedError("The archive is too large to be taken into memory.")
            return bytes(packed)

    async def _start(self, path: str, body: Mapping[str, Any]) -> Json:
        headers = {"Idempotency-Key": new_id("cli")}
        return await self._json("POST", path, json=dict(body), headers=headers, attempts=3)

    async def _json(self, method: str, path: str, *, attempts: int = 1, **request: Any) -> Json:
        async with self._errors_told():
            for attempt in range(1, attempts + 1):
                try:
                    response = await self.http.request(method, path, **request)
                    break
                except httpx.TransportError:
                    if attempt == attempts:
                        raise
            await raise_for_problem(response)
            answer: Json = response.json()
            return answer

    @asynccontextmanager
    async def _errors_told(self) -> AsyncIterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise unreachable(self.http.base_url, error) from error


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Client]:
    """Talk to a bridge for the length of a block."""
    timeout = httpx.Timeout(ANSWER_TIMEOUT.total_seconds(), connect=CONNECT_TIMEOUT.total_seconds())
    headers = {"Authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(
        base_url=server.url, headers=headers, timeout=timeout, trust_env=False
    ) as http:
        yield Client(http)


def unpacked(archive: bytes) -> dict[str, bytes]:
    """Return a zip's files by path.

    Raises:
        UnreachableError: It is not a whole zip.
        RefusedError: It would unpack to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            infos = [info for info in packed.infolist() if not info.is_dir()]
            if sum(info.file_size for info in infos) > MAX_ARCHIVE_BYTES:
                raise RefusedError("The archive would unpack to too much.")
            return {info.filename: packed.read(info) for info in infos}
    except zipfile.BadZipFile as error:
        raise UnreachableError("The server's archive came damaged; download it again.") from error


def unreachable(url: httpx.URL, error: httpx.TransportError) -> UnreachableError:
    """Return the error for a server that does not answer."""
    why = str(error) or type(error).__name__
    return UnreachableError(f"{url} does not answer ({why}). Is it running? `backsmith doctor`")


async def raise_for_problem(response: httpx.Response) -> None:
    """Pass an answer that is none of an error.

    Raises:
        RefusedError: The server refused what was asked (4xx).
        UnreachableError: The server cannot do it now (5xx).
    """
    if response.is_success:
        return
    await response.aread()
    raise problem_error(response)


def problem_error(response: httpx.Response) -> CliError:
    """Return the error that a problem document (RFC 9457) tells."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    title = str(problem.get("detail") or problem.get("title") or f"HTTP {response.status_code}")
    violations = (_violation(each) for each in problem.get("errors") or ())
    lines = [title, *(f"  {each}" for each in violations if each not in title)]
    lines += _plan_so_far(problem.get("plan"))
    if response.status_code == httpx.codes.UNAUTHORIZED:
        lines.append("Give a token with --token or BACKSMITH_TOKEN; `backsmith token` makes one.")
    if problem.get("reason") == "DESTRUCTIVE_CHANGE":
        lines.append("Confirm it with --confirm-destructive.")
    message = "\n".join(lines)
    return UnreachableError(message) if response.is_server_error else RefusedError(message)


def _plan_so_far(plan: Any) -> list[str]:
    """Return the document to go on with, for `--spec` or `--patch`."""
    documents = {
        "partial_spec": "What was understood, to complete and send with --spec:",
        "spec_template": "A spec to fill in and send with --spec:",
        "partial_patch": "What was understood, to complete and send with --patch:",
        "patch_template": "A patch to fill in and send with --patch:",
    }
    told = plan if isinstance(plan, dict) else {}
    lines: list[str] = []
    for key, text in documents.items():
        if told.get(key):
            lines += [text, *(f"  {line}" for line in str(told[key]).splitlines())]
    return lines


def _violation(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return f"{error.get('field', '')}: {error.get('message') or error.get('detail', '')}"
