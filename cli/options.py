"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli.delivery import Delivery
from cli.session import DEFAULT_USER, Where, default_data_folder

Command = Callable[..., Any]


def data_option(command: Command) -> Command:
    """Add `--data`."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="BACKSMITH_DATA",
        default=default_data_folder,
        show_default="~/.local/share/backsmith",
        help="The folder that keeps everything.",
    )(command)


def server_options(command: Command) -> Command:
    """Add what says which server to talk to, and as whom."""
    for option in (
        data_option,
        click.option(
            "--user",
            envvar="BACKSMITH_USER",
            default=DEFAULT_USER,
            show_default=True,
            help="Who to be on a development server.",
        ),
        click.option("--token", envvar="BACKSMITH_TOKEN", default="", help="The bearer token."),
        click.option(
            "--server",
            envvar="BACKSMITH_SERVER",
            default="",
            help="A server's URL; without it, one on this machine is found or started.",
        ),
    ):
        command = option(command)
    return command


def delivery_options(command: Command) -> Command:
    """Add what says where a generation's files and events go."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one event a line, as JSON."),
        click.option("--force", is_flag=True, help="Move aside what is in the way of --out."),
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            help="Where the project goes; without it, the files stay on the server.",
        ),
    ):
        command = option(command)
    return command


def stderr() -> Console:
    """Return the console for everything that is not the command's result."""
    return Console(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """Tell the user something on standard error."""
    click.echo(text, err=True)


def where_from(options: dict[str, Any]) -> Where:
    """Take what `server_options` added out of a command's options."""
    return Where(**{name: options.pop(name) for name in ("server", "token", "user", "data")})


def delivery_from(options: dict[str, Any], *, data: Path) -> Delivery:
    """Take what `delivery_options` added out of a command's options.

    Raises:
        RefusedError: Something is in the way of the files.
    """
    told = {name: options.pop(name) for name in ("out", "force", "as_json")}
    delivery = Delivery(**told, data=data)
    delivery.check()
    return delivery
