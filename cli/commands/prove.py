"""`backsmith prove`: the quality gates over a project on disk."""

import subprocess
import sys
from pathlib import Path

import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def prove(folder: Path, options: tuple[str, ...]) -> None:
    """Run the quality gates over a generated project and print the proof report.

    OPTIONS go to the assessment; `backsmith prove DIR --help` lists them.
    """
    module = [sys.executable, "-P", "-m", "generator_svc.assessment"]
    done = subprocess.run([*module, str(folder), *options], check=False)  # noqa: S603 - our module
    sys.exit(done.returncode)
