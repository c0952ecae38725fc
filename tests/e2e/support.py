"""A system as its users run it: `backsmith up`, seen from outside."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from httpx_sse import EventSource

from cli.session import user_token
from cli.system.folder import DataFolder

BACKSMITH = str(Path(sys.executable).parent / "backsmith")
MODULES = {
    "files_svc": "files",
    "generator_svc": "generator",
    "orchestrator_svc": "orchestrator",
    "bridge": "bridge",
}
PATIENCE_SECONDS = 60.0
BETWEEN = re.compile(r"generating_file|quality_gate_\d+")
SPEC = {
    "name": "shop",
    "tech_stack": "fastapi_sqlite",
    "entities": [
        {"name": "Author", "fields": [{"name": "name", "type": "string", "required": True}]},
        {
            "name": "Book",
            "fields": [
                {"name": "title", "type": "string", "required": True, "max_length": 80},
                {"name": "price", "type": "decimal", "precision": 10, "scale": 2},
                {"name": "state", "type": "enum", "values": ["draft", "sold"], "default": "draft"},
            ],
            "relations": [
                {"name": "author", "kind": "many_to_one", "target": "Author", "back": "books"}
            ],
        },
    ],
}
BODY = {"spec": SPEC, "generation_mode": "classic"}


@dataclass
class System:
    """A running `backsmith up`."""

    data: Path
    process: subprocess.Popen[str]
    url: str = ""
    said: list[str] = field(default_factory=list)

    @property
    def grpc(self) -> str:
        """The orchestrator's address, as the command told it."""
        while not (told := [line for line in self.said if line.startswith("gRPC")]):
            pause()
        return told[0].split()[-1]

    def token(self, user: str = "ann") -> str:
        """Return a user's token."""
        return user_token(DataFolder(self.data), user)

    def client(self, user: str = "ann") -> httpx.Client:
        """Return an HTTP client that acts for a user."""
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def pids(self) -> dict[str, int]:
        """Return the process id of each child, by its name."""
        return children_of(self.process.pid)

    def await_pid(self, name: str, *, other_than: int) -> int:
        """Return the process id of a child's next run."""
        while (pid := self.pids().get(name, other_than)) == other_than:
            pause()
        return pid

    def await_readiness(self, *, ready: bool) -> httpx.Response:
        """Return the first answer of /readyz that is as wanted."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with suppress(httpx.TransportError):
                answer = httpx.get(f"{self.url}/readyz", timeout=10, trust_env=False)
                if answer.is_success == ready:
                    return answer
            assert time.monotonic() < deadline, "readiness did not change in time"
            pause()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop everything; return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def up(data: Path, *options: str, **environ: str) -> Iterator[System]:
    """Run `backsmith up` for the length of a block."""
    with subprocess.Popen(
        [BACKSMITH, "up", "--port", "0", "--data", str(data), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ},
    ) as process:
        system = System(data, process)
        listener = threading.Thread(target=_listen, args=(system,))
        listener.start()
        try:
            assert process.stdout
            word, _, url = process.stdout.readline().partition(" ")
            assert word == "ready", system.said
            system.url = url.strip()
            yield system
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            process.wait(PATIENCE_SECONDS)
            listener.join()


def _listen(system: System) -> None:
    assert system.process.stderr
    for line in system.process.stderr:
        system.said.append(line.rstrip())


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [BACKSMITH, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
        timeout=PATIENCE_SECONDS * 2,
    )


def children_of(pid: int) -> dict[str, int]:
    """Return a process's children by what they run."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                words = (stat.parent / "cmdline").read_text().split("\0")
                found[_name(words)] = int(stat.parent.name)
    return found


def _name(words: Sequence[str]) -> str:
    if words[0].endswith("nats-server"):
        return "nats"
    return MODULES.get(words[words.index("-m") + 1], "?") if "-m" in words else words[0]


def alive(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def pause() -> None:
    """Let other processes do something before we look again."""
    time.sleep(0.02)


def start(client: httpx.Client, **body: Any) -> dict[str, Any]:
    """Start a generation and return the answer."""
    answer = client.post("/generations/generate", json={**BODY, **body})
    assert answer.status_code == 201, answer.text
    started: dict[str, Any] = answer.json()
    return started


def frames(url: str, **headers: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Open a stream as an EventSource would, and yield each frame's id, name and event."""
    with (
        httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        assert response.status_code == 200, response.read()
        for frame in EventSource(response).iter_sse():
            if frame.data:
                yield frame.id, frame.event, json.loads(frame.data)


def stored(events: Sequence[tuple[str, str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the events of frames that a stream keeps: those after `connected`."""
    return [event for _, _, event in events if event["stage"] != "connected"]


def steps(events: Sequence[dict[str, Any]]) -> list[str]:
    """Return the stages, without those of each file and each gate in between."""
    return [event["stage"] for event in events if not BETWEEN.match(event["stage"])]


def expected_steps(entities: int) -> list[str]:
    """Return the stages of a classic generation (contract, section 4)."""
    each = [
        f"entity_{word}_{number}"
        for number in range(1, entities + 1)
        for word in ("processing", "complete")
    ]
    return [
        "queued",
        "initializing",
        "schema_extraction",
        "code_generation",
        "phased_generation_started",
        "phase_1_complete",
        *each,
        *(f"phase_{number}_complete" for number in range(2, 7)),
        "file_management",
        "quality_assessment",
        "completed",
    ]


def is_monotone(events: Sequence[dict[str, Any]]) -> bool:
    """Return whether progress never goes backwards."""
    values = [event["progress"] for event in events]
    return values == sorted(values)
