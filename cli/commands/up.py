"""`backsmith up`: the whole system on this machine, in the foreground."""

import asyncio
import os
import shlex
from pathlib import Path

import click

from cli.options import data_option, say
from cli.runtime import run
from cli.session import DEFAULT_USER
from cli.system.embedded import Running, system
from cli.system.folder import DataFolder
from cli.system.programs import LOOPBACK


@click.command()
@click.option("--host", default=LOOPBACK, show_default=True, help="Where the bridge listens.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The bridge's port; 0 takes a free one.",
)
@data_option
def up(host: str, port: int, data: Path) -> None:
    """Run the whole system until it is stopped.

    Prints `ready URL` on standard output once everything answers. A process that dies is started
    again. Ctrl-C or SIGTERM stops all of it.
    """
    try:
        run(_up(host, port, DataFolder(data)))
    except KeyboardInterrupt:
        say("stopped")


async def _up(host: str, port: int, folder: DataFolder) -> None:
    async with system(folder, host=host, port=port, lasting=True, say=say) as running:
        click.echo(f"ready {running.url}")
        say(_welcome(running, folder))
        await asyncio.Event().wait()


def _welcome(running: Running, folder: DataFolder) -> str:
    lines = [
        f"API documentation: {running.url}/docs",
        f"gRPC (protos/): {running.grpc}",
        f"Data and logs: {folder.root}",
    ]
    if os.environ.get("BACKSMITH_AUTH_MODE", "development") == "development":
        command = f"backsmith token --user {DEFAULT_USER} --data {shlex.quote(str(folder.root))}"
        lines.append(f"Sign in (development): `{command}` prints a bearer token")
    return "\n".join([*lines, "Ctrl-C stops everything."])
