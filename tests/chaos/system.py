"""The whole system as processes that can be killed, paused and started at the same address."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chassis.testing.nats import NatsServer, free_port

SECRET = "a secret of at least thirty-two bytes"
STOP_SECONDS = 10.0


class Victim:
    """A process that can be killed, paused and started again."""

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
    def exited(self) -> int | None:
        """The code it ended with by itself; None while it runs or after a kill."""
        return None if self._process is None else self._process.poll()


class NatsVictim:
    """The nats-server as a victim."""

    name = "nats"
    exited = None

    def __init__(self, server: NatsServer) -> None:
        self._server = server

    def start(self) -> None:
        """Start it; it answers a little later."""
        self._server.start(wait=False)

    def kill(self) -> None:
        """End it as a crash would."""
        self._server.kill()

    def pause(self) -> None:
        """Freeze it."""
        self._server.pause()

    def resume(self) -> None:
        """Let it go on."""
        self._server.resume()


@dataclass(slots=True, kw_only=True)
class RunningSystem:
    """Everything that runs, and where."""

    folder: Path
    orchestrators: list[str]
    files: str
    victims: dict[str, Victim | NatsVictim] = field(default_factory=dict)

    def logs(self, name: str) -> Iterator[str]:
        """Yield the lines that a process has logged, over all its lives."""
        with (self.folder / f"{name}.log").open(encoding="utf-8", errors="replace") as log:
            yield from log


@contextmanager
def running(folder: Path, *, replicas: int = 2) -> Iterator[RunningSystem]:
    """Run the whole system, with so many orchestrators, for the length of a block."""
    ports = {name: free_port() for name in ("files", "generator")}
    orchestrators = {f"orchestrator-{n}": free_port() for n in range(replicas)}
    nats = NatsServer(folder / "nats")
    system = RunningSystem(
        folder=folder,
        orchestrators=[f"127.0.0.1:{port}" for port in orchestrators.values()],
        files=f"127.0.0.1:{ports['files']}",
    )
    common = {"BACKSMITH_AUTH_SECRET": SECRET, "BACKSMITH_AUTH_MODE": "development"}
    common |= {"BACKSMITH_NATS_URL": nats.url, "BACKSMITH_LOG_FORMAT": "json"}
    # Far more kills than any operator sees: giving up is tested elsewhere.
    common |= {"BACKSMITH_RUNNER_MAX_CLAIMS": "1000"}
    store = {"BACKSMITH_FILES_STORE_URL": (folder / "files").as_uri()}
    database = f"sqlite+aiosqlite:///{folder / 'orchestrator.db'}"
    targets = {
        "BACKSMITH_ORCHESTRATOR_DATABASE_URL": database,
        "BACKSMITH_ORCHESTRATOR_GENERATOR_TARGET": f"127.0.0.1:{ports['generator']}",
        "BACKSMITH_ORCHESTRATOR_FILES_TARGET": system.files,
    }
    (folder / "files").mkdir()
    system.victims = {"nats": NatsVictim(nats)}
    for name, module, port, more in (
        ("files", "files_svc", ports["files"], store),
        ("generator", "generator_svc", ports["generator"], {}),
        *((name, "orchestrator_svc", port, targets) for name, port in orchestrators.items()),
    ):
        system.victims[name] = Victim(
            name,
            [sys.executable, "-m", module],
            {**common, **more, "BACKSMITH_SERVER_LISTEN": f"127.0.0.1:{port}"},
            folder / f"{name}.log",
        )
    with ExitStack() as stack:
        nats.start()
        stack.callback(nats.kill)
        for victim in list(system.victims.values())[1:]:
            stack.callback(victim.kill)
            victim.start()
        yield system
