"""Reads compose.yaml as Compose does, and runs what it says as plain processes.

Only what a container would have and a process has not is replaced: names of hosts, ports and
folders. Commands, environments and health checks are taken as they stand.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
DEADLINE_SECONDS = 60.0

Replace = Callable[[str], str]


class UnsetVariableError(Exception):
    """A variable that compose.yaml insists on is not set."""


def load(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return compose.yaml with its variables filled in.

    Raises:
        UnsetVariableError: One that has no default is not set.
    """
    document: dict[str, Any] = _filled(raw(), environ)
    return document


def raw() -> dict[str, Any]:
    """Return compose.yaml as it is written, merges resolved."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return document


def _filled(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, environ) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, environ) for each in value]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if environ.get(name):
            return environ[name]
        if kind == "?":
            raise UnsetVariableError(name)
        return rest or ""

    return VARIABLE.sub(fill, value)


def command_of(service: Mapping[str, Any], replace: Replace) -> list[str]:
    """Return a service's command, with this machine's interpreter and programs."""
    return _local([replace(str(each)) for each in service["command"]])


def environment_of(service: Mapping[str, Any], replace: Replace) -> dict[str, str]:
    """Return a service's environment: what a container would have, and nothing of ours."""
    own = {key: replace(str(value)) for key, value in service.get("environment", {}).items()}
    return {"PATH": os.environ["PATH"], **own}


def probe_of(service: Mapping[str, Any], replace: Replace) -> list[str]:
    """Return a service's health check as a command."""
    kind, *words = service["healthcheck"]["test"]
    assert kind == "CMD"
    return _local([replace(str(each)) for each in words])


def _local(words: Sequence[str]) -> list[str]:
    beside = Path(sys.executable).parent / words[0]
    return [sys.executable if words[0] == "python" else str(beside), *words[1:]]


@contextmanager
def running(
    argv: Sequence[str], environ: Mapping[str, str], folder: Path, probe: Sequence[str]
) -> Iterator[None]:
    """Run a command until the end of a block, which begins when the probe succeeds."""
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(argv, env=environ, cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            _wait_healthy(process, probe, folder)
            yield
        finally:
            process.terminate()
            process.wait(DEADLINE_SECONDS)


def _wait_healthy(process: subprocess.Popen[bytes], probe: Sequence[str], folder: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while subprocess.run(probe, check=False, capture_output=True, cwd=folder).returncode:
        log = (folder / "log").read_text(encoding="utf-8")[-2000:]
        assert process.poll() is None, log
        assert time.monotonic() < deadline, log
