"""Follows a generation on the screen, and brings its files home."""

from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from cli.client import Client, Json, unpacked
from cli.errors import GenerationFailedError, UnreachableError
from cli.output import write_file, write_project
from cli.progress import view_for
from cli.stream import TERMINAL, Follower


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where a project went."""

    out: Path
    """The folder or zip."""

    files: int
    """How many files it has."""

    aside: Path | None
    """Where the former content went, if there was any."""


async def follow(client: Client, generation_id: str, console: Console, *, as_json: bool) -> Json:
    """Show a generation's events to the last; return that one.

    Raises:
        GenerationFailedError: It failed or was cancelled.
    """
    last: Json = {}
    with view_for(console, as_json=as_json) as view:
        async with aclosing(Follower(client, generation_id).events()) as events:
            async for event in events:
                view.show(event)
                last = event
    if last.get("status") not in TERMINAL:
        last = await client.generation(generation_id)
    return _completed(last)


def _completed(last: Json) -> Json:
    status = last.get("status")
    if status == "completed":
        return last
    if status in TERMINAL:
        cause = last.get("error") or last.get("message") or status
        raise GenerationFailedError(f"The generation ended as {status}: {cause}")
    raise UnreachableError("The stream ended before the generation did; watch it again.")


async def fetch_project(
    client: Client, generation_id: str, out: Path | None, *, force: bool
) -> Written | None:
    """Download a generation's files to a folder, or to a zip if the name ends so."""
    if out is None:
        return None
    archive = await client.archive(generation_id)
    files = unpacked(archive)
    if out.suffix == ".zip":
        aside = write_file(archive, out, force=force)
    else:
        aside = write_project(files, out, force=force)
    return Written(out=out, files=len(files), aside=aside)


def report(generation: Json, written: Written | None) -> str:
    """Return what to tell the user about a finished generation."""
    name, version = generation["project_name"], generation["version"]
    lines = [f"{name}, version {version} ({generation['generation_id']})"]
    if written is None:
        lines.append(f"Fetch it: backsmith download {generation['generation_id']} --out DIR")
    else:
        lines.append(f"{written.files} files in {written.out}; start with its README.md")
    if written and written.aside:
        lines.append(f"What was there before is in {written.aside}")
    return "\n".join(lines)
