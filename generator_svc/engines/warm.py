"""Waits with every library imported, and forks for each application that is to describe itself.

`python -I warm.py FD`: each message on that socket is `SECONDS ROOT` with a socket of its own, on
which the child writes what goes wrong, or a NUL and the document. Ends with whoever started it.
"""

import contextlib
import importlib
import io
import os
import runpy
import signal
import socket
import sys

LIBRARIES = (
    "fastapi",
    "jwt",
    "pwdlib",
    "pwdlib.hashers.argon2",
    "pydantic_settings",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.orm",
)
"""What takes most of an application's start to import."""

MESSAGE = 4_096
"""The longest message, in bytes: a path is no longer."""


def main() -> None:
    """Fork for each message until the other end is closed."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for library in LIBRARIES:
        importlib.import_module(library)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    while True:
        message, sockets, *_ = socket.recv_fds(control, MESSAGE, 1)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            seconds, _, root = message.decode().partition(" ")
            _describe(root, sockets[0], seconds=int(seconds))
            return
        os.close(sockets[0])


def _describe(root: str, answer: int, *, seconds: int) -> None:
    os.setsid()
    signal.alarm(seconds)  # ends this process
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(root)
    sys.path.insert(0, root)
    os.dup2(answer, sys.stderr.fileno())
    with contextlib.redirect_stdout(io.StringIO()) as document:
        runpy.run_module("app.openapi", run_name="__main__")
    with socket.socket(fileno=answer) as end:
        end.sendall(b"\0" + document.getvalue().encode())


if __name__ == "__main__":
    main()
