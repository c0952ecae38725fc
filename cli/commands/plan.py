"""`backsmith plan`: what would be generated, without generating it."""

import json
from pathlib import Path
from typing import Any

import click

from cli.client import Json
from cli.deliveries import Deliveries
from cli.options import server_options, stderr, where_from
from cli.request import body_of, iteration_of
from cli.runtime import run
from cli.session import Where, session
from cli.system.folder import DataFolder


@click.command()
@click.argument("prompt", required=False)
@click.option(
    "--spec",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A spec, JSON or YAML, instead of or besides the prompt.",
)
@click.option(
    "--parent",
    help="Plan a change of this: a generation's id, or a folder it is in.",
)
@click.option(
    "--patch",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --parent: a spec patch, JSON or YAML, instead of or besides the prompt.",
)
@click.option("--project-name", help="The new project's name.")
@click.option("--tech-stack", help="fastapi_postgres (default) or fastapi_sqlite.")
@click.option("--domain", help="A domain to take defaults from, such as ecommerce.")
@click.option("--constraint", "constraints", multiple=True, help="A feature, such as dockerized.")
@server_options
def plan(
    prompt: str | None,
    spec: Path | None,
    parent: str | None,
    patch: Path | None,
    **options: Any,
) -> None:
    """Print the plan as JSON: the spec, where each item comes from, and what was not understood.

    With --parent the prompt says what to change, and the plan holds the patch and what it loses.
    """
    where = where_from(options)
    if parent is None:
        if patch is not None:
            raise click.UsageError("A --patch changes something: say what, by --parent.")
        body = body_of(prompt, spec, **options)
    else:
        if spec is not None:
            raise click.UsageError("A change of a --parent is a PROMPT or a --patch, not a --spec.")
        if Path(parent).is_dir():
            parent = Deliveries(DataFolder(where.data)).generation_in(Path(parent))
        body = iteration_of(parent, prompt, patch, **options)
    click.echo(json.dumps(run(_plan(where, body)), indent=2, ensure_ascii=False))


async def _plan(where: Where, body: Json) -> Json:
    async with session(where, say=stderr().print) as client:
        return await client.plan(body)
