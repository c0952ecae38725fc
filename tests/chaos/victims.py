"""Processes that can be killed, paused and started again at the same address."""

import http.client
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from chassis.testing.nats import NatsServer
from chassis.testing.postgres import PostgresServer


class Victim:
    """One of our own processes."""

    def __init__(self, name: str, argv: Sequence[str], environ: dict[str, str], log: Path) -> None:
        self.name = name
        self._argv = argv
        self._environ = {**os.environ, **environ}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it answers a little later."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                list(self._argv), env=self._environ, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Freeze it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    @property
    def crashed(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None


class ServerVictim:
    """A nats-server or a PostgreSQL."""

    def __init__(self, name: str, server: NatsServer | PostgresServer) -> None:
        self.name = name
        self._server = server

    def start(self) -> None:
        """Start it; it answers a little later."""
        self._server.start(wait=False)

    def wait_ready(self) -> None:
        """Return when it answers."""
        self._server.wait_ready()

    def kill(self) -> None:
        """End it as a crash would."""
        self._server.kill()

    def pause(self) -> None:
        """Freeze it."""
        self._server.pause()

    def resume(self) -> None:
        """Let it go on."""
        self._server.resume()

    @property
    def crashed(self) -> bool:
        """Whether it has ended by itself."""
        return self._server.ended


def leader_of(servers: Sequence[NatsServer], stream: str) -> str:
    """Return the name of the server that leads a stream; '' while nobody can tell."""
    for server in servers:
        try:
            if leader := server.leader_of(stream):
                return leader
        except (OSError, ValueError, http.client.HTTPException):
            continue  # it is paused or dead
    return ""
