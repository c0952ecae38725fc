"""Has rendered applications describe themselves, each in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from chassis.errors import DeadlineExceededError, InternalError
from generator_svc.engines import warm

TIMEOUT_SECONDS = 180
"""How long a rendered application may take to describe itself."""

_GRACE_SECONDS = 5
_CHUNK = 65_536

Describe = Callable[[Path], bytes]
"""Returns the OpenAPI document of the application in a folder."""


def describe(root: Path) -> bytes:
    """Start the application from nothing.

    Raises:
        InternalError: The application does not start.
        DeadlineExceededError: It takes too long to.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.openapi"],
            cwd=root,
            env=_environment() | {"PYTHONPATH": str(root)},
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_slow() from error
    if done.returncode:
        raise _broken(done.stderr)
    return done.stdout


class WarmDescriber:
    """Starts applications from a process that has imported their libraries already.

    Each gets a fork of it, with nothing of those before; the process ends with the block.
    """

    def __enter__(self) -> Self:
        self._control, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-I", str(warm.__file__), str(theirs.fileno())],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()

    def describe(self, root: Path) -> bytes:
        """Start the application; from nothing, if a process ends without a word.

        Raises:
            InternalError: The application does not start.
            DeadlineExceededError: It takes too long to.
        """
        began = time.monotonic()
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                try:
                    message = f"{TIMEOUT_SECONDS} {root}".encode()
                    socket.send_fds(self._control, [message], [theirs.fileno()])
                except ConnectionError:
                    return describe(root)
            ours.settimeout(TIMEOUT_SECONDS + _GRACE_SECONDS)
            told, complete, document = _received(ours).partition(b"\0")
        if complete:
            return document
        if time.monotonic() - began >= TIMEOUT_SECONDS:
            raise _too_slow()
        if told:
            raise _broken(told)
        return describe(root)  # something ended the child, or the process before it forked


def _received(end: socket.socket) -> bytes:
    try:
        return b"".join(iter(lambda: end.recv(_CHUNK), b""))
    except TimeoutError as error:
        raise _too_slow() from error


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}


def _too_slow() -> DeadlineExceededError:
    return DeadlineExceededError(
        f"The rendered application took longer than {TIMEOUT_SECONDS} seconds to start."
    )


def _broken(told: bytes) -> InternalError:
    error = InternalError("The rendered application does not start.")
    error.__cause__ = RuntimeError(told.decode(errors="replace"))
    return error
