"""Sees a started generation through: shows it, brings its files home, says what to do next."""

from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from cli.client import Client, Json
from cli.deliveries import Deliveries
from cli.following import fetch_project, follow, report
from cli.output import refuse_taken
from cli.system.folder import DataFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the user wants of a generation."""

    out: Path | None
    """Where its files go; None leaves them on the server."""

    force: bool
    """Whether what is in the way may be moved aside."""

    as_json: bool
    """Whether standard output is for scripts."""

    data: Path
    """The data folder, which remembers what was delivered where."""

    def check(self) -> None:
        """Pass if the files can be delivered; to be asked before any work is done.

        Raises:
            RefusedError: Something is in the way.
        """
        if self.out is not None:
            refuse_taken(self.out, force=self.force)


async def see_through(client: Client, started: Json, delivery: Delivery, console: Console) -> None:
    """Follow a generation to its end and deliver it.

    Raises:
        GenerationFailedError: It failed or was cancelled.
    """
    generation_id = str(started["generation_id"])
    try:
        await follow(client, generation_id, console, as_json=delivery.as_json)
    except BaseException as error:
        if not isinstance(error, Exception):
            console.print(_interrupted(generation_id))
        raise
    written = await fetch_project(client, generation_id, delivery.out, force=delivery.force)
    if written is not None and written.out.is_dir():
        Deliveries(DataFolder(delivery.data)).remember(written.out, generation_id)
    if not delivery.as_json:
        click.echo(report(started, written))


def _interrupted(generation_id: str) -> str:
    return (
        f"Interrupted; nothing is lost. `backsmith watch {generation_id}` goes on watching, "
        f"`backsmith download {generation_id} --out DIR` fetches the files."
    )
