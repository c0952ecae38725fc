"""`backsmith download`: a generation's files, as a folder or a zip."""

from pathlib import Path
from typing import Any

import click

from cli.following import fetch_project, report
from cli.options import server_options, stderr, where_from
from cli.output import refuse_taken
from cli.runtime import run
from cli.session import Where, session


@click.command()
@click.argument("generation_id")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="A folder, or a FILE.zip."
)
@click.option("--force", is_flag=True, help="Move aside what is in the way of --out.")
@server_options
def download(generation_id: str, out: Path, force: bool, **options: Any) -> None:  # noqa: FBT001 - click's way
    """Fetch what a generation has made, also one that failed later."""
    where = where_from(options)
    refuse_taken(out, force=force)
    run(_download(where, generation_id, out, force=force))


async def _download(where: Where, generation_id: str, out: Path, *, force: bool) -> None:
    async with session(where, say=stderr().print) as client:
        generation = await client.generation(generation_id)
        written = await fetch_project(client, generation_id, out, force=force)
    click.echo(report(generation, written))
