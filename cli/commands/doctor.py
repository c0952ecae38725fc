"""`backsmith doctor`: what this machine lacks, and what to do about it."""

import sys
from pathlib import Path

import click

from cli.checks import check_all
from cli.options import data_option


@click.command()
@click.option("--port", default=8000, show_default=True, help="The port that `up` would use.")
@data_option
def doctor(port: int, data: Path) -> None:
    """Check what Backsmith needs on this machine; exit with 1 if something is missing."""
    checks = check_all(data, port)
    for check in checks:
        sign = click.style("ok", fg="green") if check.passed else click.style("!!", fg="red")
        click.echo(f"{sign}  {check.name}: {check.found}")
        if not check.passed:
            click.echo(f"    {check.remedy}")
    sys.exit(0 if all(check.passed for check in checks) else 1)
