"""`backsmith generate`: from a prompt or a spec to a project on disk."""

from pathlib import Path
from typing import Any

import click

from cli.client import Json
from cli.delivery import Delivery, see_through
from cli.options import delivery_from, delivery_options, server_options, stderr, where_from
from cli.request import body_of
from cli.runtime import run
from cli.session import Where, session

PLANNED = frozenset({"prompt", "spec", "project_name", "tech_stack", "domain", "constraints"})
"""What of a body decides on the plan."""


@click.command()
@click.argument("prompt", required=False)
@click.option(
    "--spec",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A spec, JSON or YAML, instead of or besides the prompt.",
)
@delivery_options
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
    **options: Any,
) -> None:
    """Generate a backend, and show how it goes.

    Without --server, the system that `backsmith up` runs is used, or one is started for this run.
    """
    where = where_from(options)
    delivery = delivery_from(options, data=where.data)
    body = body_of(prompt, spec, **options)
    run(_generate(where, body, delivery))


async def _generate(where: Where, body: Json, delivery: Delivery) -> None:
    console = stderr()
    async with session(where, say=console.print) as client:
        plan = await client.plan({key: body[key] for key in PLANNED & body.keys()})
        if left_out := ", ".join(repr(span["text"]) for span in plan["unresolved"]):
            console.print(f"Not understood, and left out: {left_out}", markup=False)
        await see_through(client, await client.generate(body), delivery, console)
