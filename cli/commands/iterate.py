"""`backsmith iterate`: the next version of a project, from a change in words or as a patch."""

from pathlib import Path
from typing import Any

import click

from cli.client import Json
from cli.deliveries import Deliveries, send_edits
from cli.delivery import Delivery, see_through
from cli.options import delivery_from, delivery_options, server_options, stderr, where_from
from cli.request import iteration_of
from cli.runtime import run
from cli.session import Where, session
from cli.system.folder import DataFolder


@click.command()
@click.argument("prompt", required=False)
@click.option(
    "--parent", required=True, help="What to change: a generation's id, or a folder it is in."
)
@click.option(
    "--patch",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A spec patch, JSON or YAML, instead of or besides the prompt.",
)
@delivery_options
@click.option("--confirm-destructive", is_flag=True, help="Agree to losing stored data.")
@click.option("--mode", "generation_mode", help="classic, enhanced or auto (default).")
@server_options
def iterate(
    prompt: str | None,
    parent: str,
    patch: Path | None,
    **options: Any,
) -> None:
    """Change a completed generation; edits of its files are kept.

    With a folder as the parent, what you changed in its files is stored first.

    A change that would drop or narrow stored data is refused unless you confirm it.
    """
    where = where_from(options)
    delivery = delivery_from(options, data=where.data)
    folder = Path(parent) if Path(parent).is_dir() else None
    if folder is not None:
        parent = Deliveries(DataFolder(where.data)).generation_in(folder)
    body = iteration_of(parent, prompt, patch, **options)
    run(_iterate(where, body, delivery, folder))


async def _iterate(where: Where, body: Json, delivery: Delivery, folder: Path | None) -> None:
    console = stderr()
    async with session(where, say=console.print) as client:
        if folder is not None:
            async for path in send_edits(client, body["parent_generation_id"], folder):
                console.print(f"your edit of {path} is kept", markup=False)
        await see_through(client, await client.iterate(body), delivery, console)
