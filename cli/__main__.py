"""Runs the command: `backsmith`, or `python -m cli`."""

import sys
from collections.abc import Sequence

import click

from cli.commands.doctor import doctor
from cli.commands.download import download
from cli.commands.generate import generate
from cli.commands.iterate import iterate
from cli.commands.plan import plan
from cli.commands.prove import prove
from cli.commands.token import token
from cli.commands.up import up
from cli.commands.watch import watch
from cli.errors import INTERRUPTED


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="backsmith")
def backsmith() -> None:
    """Plan, generate, prove and change FastAPI backends.

    Exit codes: 0 done, 1 the generation failed, 2 wrong usage, 3 the input was refused,
    4 the server cannot be reached, 130 interrupted.
    """


for command in (doctor, download, generate, iterate, plan, prove, token, up, watch):
    backsmith.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    try:
        code = backsmith.main(args=arguments, prog_name="backsmith", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    sys.exit(code)


if __name__ == "__main__":
    main()
