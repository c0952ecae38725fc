"""`backsmith plan`: what would be generated, without generating it."""

import json
from pathlib import Path
from typing import Any

import click

from cli.client import Json
from cli.options import server_options, stderr, where_from
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
@click.option("--project-name", help="The new project's name.")
@click.option("--tech-stack", help="fastapi_postgres (default) or fastapi_sqlite.")
@click.option("--domain", help="A domain to take defaults from, such as ecommerce.")
@click.option("--constraint", "constraints", multiple=True, help="A feature, such as dockerized.")
@server_options
def plan(prompt: str | None, spec: Path | None, **options: Any) -> None:
    """Print the plan as JSON: the spec, where each item comes from, and what was not understood."""
    where = where_from(options)
    answer = run(_plan(where, body_of(prompt, spec, **options)))
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


async def _plan(where: Where, body: Json) -> Json:
    async with session(where, say=stderr().print) as client:
        return await client.plan(body)
