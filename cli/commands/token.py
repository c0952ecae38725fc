"""`backsmith token`: a development token."""

from pathlib import Path

import click

from cli.options import data_option
from cli.session import user_token
from cli.system.folder import DataFolder


@click.command()
@click.option("--user", required=True, help="Whom the token names.")
@data_option
def token(user: str, data: Path) -> None:
    """Print a token that the system on the data folder accepts, in development mode."""
    click.echo(user_token(DataFolder(data), user))
