"""Proves a project from the command line: `python -m generator_svc.assessment DIR`.

Exit codes: 0 no gate failed, 1 a gate failed, 2 the command line is wrong.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import click

from chassis.errors import ServiceError
from generator_svc.assessment.assess import assess
from generator_svc.assessment.report import Tier
from generator_svc.assessment.settings import AssessmentSettings
from generator_svc.assessment.text import render


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--tiers", default=",".join(Tier), show_default=True, help="The tiers to run.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--postgres", default="", metavar="URL", help="A PostgreSQL database to prove on.")
def main(folder: Path, tiers: str, *, as_json: bool, postgres: str) -> None:
    """Run the quality gates over the project in FOLDER and print the proof report."""
    settings = replace(AssessmentSettings(), postgres_url=postgres)
    wanted = [tier.strip() for tier in tiers.split(",") if tier.strip()]
    try:
        report = asyncio.run(assess(folder, tiers=wanted, settings=settings))
    except ServiceError as error:
        raise click.UsageError(error.message) from error
    click.echo(report.to_json() if as_json else render(report), nl=False)
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
