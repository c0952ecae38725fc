"""The whole system as processes of their own: two replicas of what may have replicas."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chassis.testing.nats import NatsServer, make_cluster
from chassis.testing.ports import free_port
from chassis.testing.postgres import PostgresServer, require_programs
from orchestrator_svc.backbone import LOG
from tests.chaos.victims import ServerVictim, Victim, leader_of

SECRET = "a secret of at least thirty-two bytes"
LEADER = "nats-leader"
"""A name in the draw: whichever server of the cluster leads the event log then."""
REPLICAS = 2
HEARTBEAT_SECONDS = 3

COMMON = {
    "BACKSMITH_AUTH_SECRET": SECRET,
    "BACKSMITH_AUTH_MODE": "development",
    "BACKSMITH_LOG_FORMAT": "json",
    # Far more kills than any operator sees: giving up is tested elsewhere.
    "BACKSMITH_RUNNER_MAX_CLAIMS": "1000",
    "BACKSMITH_STREAM_HEARTBEAT": str(HEARTBEAT_SECONDS),
}


@dataclass(slots=True, kw_only=True)
class RunningSystem:
    """Everything that runs, and where."""

    folder: Path
    orchestrators: list[str]
    bridges: list[str]
    files: str
    nats: tuple[NatsServer, ...]
    database: str
    victims: dict[str, Victim | ServerVictim] = field(default_factory=dict)

    @property
    def draw(self) -> list[str]:
        """The names that mischief draws from."""
        leader = [LEADER] if len(self.nats) > 1 else []
        return sorted([*self.victims, *leader])

    def resolve(self, name: str) -> str:
        """Return the victim that a drawn name stands for; '' while it stands for none."""
        return leader_of(self.nats, LOG) if name == LEADER else name

    def crashed(self) -> list[str]:
        """Return the names of those that have ended by themselves."""
        return [name for name, victim in self.victims.items() if victim.crashed]

    def logs(self, name: str) -> Iterator[str]:
        """Yield the lines that a process has logged, over all its lives."""
        with (self.folder / f"{name}.log").open(encoding="utf-8", errors="replace") as log:
            yield from log


@contextmanager
def running(folder: Path, *, cluster: bool, postgres: bool) -> Iterator[RunningSystem]:
    """Run the whole system for the length of a block.

    Args:
        folder: An empty folder for what it logs and stores.
        cluster: Run it over three nats-servers, not one.
        postgres: Run it over PostgreSQL, not SQLite.
    """
    nats = make_cluster(folder) if cluster else (NatsServer(folder / "nats"),)
    sql = _postgres(folder / "postgres") if postgres else None
    system = RunningSystem(
        folder=folder,
        orchestrators=[_address() for _ in range(REPLICAS)],
        bridges=[_address() for _ in range(REPLICAS)],
        files=_address(),
        nats=nats,
        database=sql.async_url if sql else f"sqlite+aiosqlite:///{folder / 'orchestrator.db'}",
    )
    (folder / "files").mkdir()
    servers = {server.name: ServerVictim(server.name, server) for server in nats}
    if sql:
        servers["postgres"] = ServerVictim("postgres", sql)
    ours = _ours(system)
    system.victims = servers | ours
    with ExitStack() as stack:
        for victim in system.victims.values():
            stack.callback(victim.kill)
        for server in servers.values():
            server.start()
        for server in servers.values():
            server.wait_ready()
        for each in ours.values():
            each.start()
        yield system


def _postgres(folder: Path) -> PostgresServer:
    folder.mkdir()
    folder.parent.chmod(0o711)  # PostgreSQL runs as a user of its own
    return PostgresServer(require_programs(), folder, password=secrets.token_hex())


def _address() -> str:
    return f"127.0.0.1:{free_port()}"


def _ours(system: RunningSystem) -> dict[str, Victim]:
    """Return our own processes; each bridge prefers an orchestrator of its own."""
    generator = _address()
    nats = {
        "BACKSMITH_NATS_URL": ",".join(server.url for server in system.nats),
        "BACKSMITH_NATS_REPLICAS": str(len(system.nats)),
    }
    store = {"BACKSMITH_FILES_STORE_URL": (system.folder / "files").as_uri()}
    orchestrator = nats | {
        "BACKSMITH_ORCHESTRATOR_DATABASE_URL": system.database,
        "BACKSMITH_ORCHESTRATOR_GENERATOR_TARGET": generator,
        "BACKSMITH_ORCHESTRATOR_FILES_TARGET": system.files,
    }
    processes = {
        "files": ("files_svc", store | _listen(system.files)),
        "generator": ("generator_svc", _listen(generator)),
    }
    for number in range(REPLICAS):
        here = system.orchestrators[number:] + system.orchestrators[:number]
        bridge = nats | {
            "BACKSMITH_BRIDGE_LISTEN": system.bridges[number],
            "BACKSMITH_BRIDGE_ORCHESTRATOR_TARGET": f"ipv4:{','.join(here)}",
            "BACKSMITH_BRIDGE_FILES_TARGET": system.files,
        }
        processes[f"orchestrator-{number}"] = ("orchestrator_svc", orchestrator | _listen(here[0]))
        processes[f"bridge-{number}"] = ("bridge", bridge)
    return {
        name: Victim(
            name, [sys.executable, "-m", module], COMMON | environ, system.folder / f"{name}.log"
        )
        for name, (module, environ) in processes.items()
    }


def _listen(address: str) -> dict[str, str]:
    return {"BACKSMITH_SERVER_LISTEN": address}
