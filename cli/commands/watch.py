"""`backsmith watch`: the progress of a generation, from its first event."""

from typing import Any

import click

from cli.following import follow
from cli.options import server_options, stderr, where_from
from cli.runtime import run
from cli.session import Where, session


@click.command()
@click.argument("generation_id")
@click.option("--json", "as_json", is_flag=True, help="Print one event a line, as JSON.")
@server_options
def watch(generation_id: str, as_json: bool, **options: Any) -> None:  # noqa: FBT001 - click's way
    """Show a generation's progress until it ends; the whole history comes first."""
    run(_watch(where_from(options), generation_id, as_json=as_json))


async def _watch(where: Where, generation_id: str, *, as_json: bool) -> None:
    console = stderr()
    async with session(where, say=console.print) as client:
        await client.generation(generation_id)
        last = await follow(client, generation_id, console, as_json=as_json)
    if not as_json:
        click.echo(last.get("message", "completed"))
