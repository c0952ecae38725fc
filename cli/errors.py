"""What the command may end with, and the exit code of each.

    CliError
    ├── GenerationFailedError  1    the generation ended without a result
    ├── RefusedError           3    the input was refused; nothing was done
    │   └── FolderBusyError         another system runs on the data folder (cli.system.folder)
    └── UnreachableError       4    the server does not answer
        └── StartError              the system could not be started here

Wrong usage is click's own 2, an interruption is 130.
"""

from click import ClickException

INTERRUPTED = 130


class CliError(ClickException):
    """An error told in one message, without a traceback."""

    exit_code = 1


class GenerationFailedError(CliError):
    """The generation ended without a result."""


class RefusedError(CliError):
    """The input was refused; nothing was done."""

    exit_code = 3


class UnreachableError(CliError):
    """The server does not answer."""

    exit_code = 4


class StartError(UnreachableError):
    """The system could not be started on this machine."""
