"""`backsmith generate`: from a prompt or a spec to a project on disk."""

import sys
from pathlib import Path
from typing import Any

import click

from cli.client import Client, Json
from cli.following import fetch_project, follow, report
from cli.options import server_options, stderr, where_from
from cli.output import refuse_taken
from cli.request import body_of
from cli.runtime import run
from cli.session import Where, session


@click.command()
@click.argument("prompt", required=False)
@click.option(
    "--spec",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A spec, JSON or YAML, instead of or besides the prompt.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where the project goes; without it, the files stay on the server.",
)
@click.option("--force", is_flag=True, help="Move aside what is in the way of --out.")
@click.option("--json", "as_json", is_flag=True, help="Print one event a line, as JSON.")
@click.option("--project-name", help="The new project's name.")
@click.option("--project-id", help="The project to make a new version of.")
@click.option("--tech-stack", help="fastapi_postgres (default) or fastapi_sqlite.")
@click.option("--domain", help="A domain to take defaults from, such as ecommerce.")
@click.option("--constraint", "constraints", multiple=True, help="A feature, such as dockerized.")
@click.option("--engine", help="The engine that writes the files.")
@click.option("--mode", "generation_mode", help="classic, enhanced or auto (default).")
@server_options
def generate(
    prompt: str | None,
    spec: Path | None,
    out: Path | None,
    force: bool,  # noqa: FBT001 - click passes flags as arguments
    as_json: bool,  # noqa: FBT001 - click passes flags as arguments
    **options: Any,
) -> None:
    """Generate a backend, and show how it goes.

    Without --server, the system that `backsmith up` runs is used, or one is started for this run.
    """
    where = where_from(options)
    body = body_of(prompt, spec, **options)
    if out is not None:
        refuse_taken(out, force=force)
    run(_generate(where, body, out, force=force, as_json=as_json))


async def _generate(
    where: Where, body: Json, out: Path | None, *, force: bool, as_json: bool
) -> None:
    console = stderr()
    async with session(where, say=console.print) as client:
        started = await client.generate(body)
        generation_id = str(started["generation_id"])
        try:
            await follow(client, generation_id, console, as_json=as_json)
        except BaseException as error:
            if not isinstance(error, Exception):
                console.print(_interrupted(generation_id))
            raise
        await _finish(client, started, out, force=force, as_json=as_json)


async def _finish(
    client: Client, started: Json, out: Path | None, *, force: bool, as_json: bool
) -> None:
    written = await fetch_project(client, started["generation_id"], out, force=force)
    if not as_json:
        sys.stdout.write(report(started, written) + "\n")


def _interrupted(generation_id: str) -> str:
    return (
        f"Interrupted; nothing is lost. `backsmith watch {generation_id}` goes on watching, "
        f"`backsmith download {generation_id} --out DIR` fetches the files."
    )
