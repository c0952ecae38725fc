"""A real PostgreSQL of the tests' own, on a free port, gone when they are.

PostgreSQL comes with the machine, not with the package registries: `find_programs` says whether it
is there. Where it must be, as in CI, `BACKSMITH_REQUIRE_POSTGRES` makes its absence an error.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chassis.testing.ports import free_port

USER = "backsmith"
START_SECONDS = 120.0
CONNECT_SECONDS = 5
POLL_SECONDS = 0.05


class PostgresError(Exception):
    """PostgreSQL could not be started; the message ends with its log."""


def find_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None when it is not installed.

    Raises:
        PostgresError: It is not installed, and has to be.
    """
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    if newest is None and os.environ.get("BACKSMITH_REQUIRE_POSTGRES"):
        raise PostgresError("PostgreSQL is not installed: `apt-get install postgresql`")
    return newest.parent if newest else None


@contextmanager
def running(programs: Path, *, password: str) -> Iterator[int]:
    """Run a server with one user, `backsmith`, who owns the database of that name.

    Yields:
        Its port on the loopback.

    Raises:
        PostgresError: It did not come up.
    """
    with tempfile.TemporaryDirectory(prefix="postgres-") as scratch:
        folder = Path(scratch)
        secret = folder / "password"
        secret.write_text(password, encoding="utf-8")
        _hand_over(folder, secret)
        _init(programs, folder, secret)
        port = free_port()
        arguments = ["-D", str(folder / "data"), "-p", str(port), "-k", "", "-F"]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(  # noqa: S603 - the machine's own PostgreSQL
                _as_nobody([str(programs / "postgres"), "-h", "127.0.0.1", *arguments]),
                stdout=log,
                stderr=log,
                cwd=folder,
            ) as server,
        ):
            try:
                _wait_ready(programs, server, port, password=password, log=folder / "log")
                yield port
            finally:
                server.terminate()
                server.wait(START_SECONDS)


def _init(programs: Path, folder: Path, secret: Path) -> None:
    arguments = ["-D", str(folder / "data"), "-U", USER, "-A", "scram-sha-256", "-N"]
    _run([str(programs / "initdb"), *arguments, f"--pwfile={secret}", "--locale=C.UTF-8"], folder)


def _wait_ready(
    programs: Path, server: "subprocess.Popen[bytes]", port: int, *, password: str, log: Path
) -> None:
    """Return when the server takes connections and the database is made."""
    create = [str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", USER, USER]
    deadline = time.monotonic() + START_SECONDS
    # Another process may have taken the port: it would accept and never answer.
    bounded = {"PGPASSWORD": password, "PGCONNECT_TIMEOUT": str(CONNECT_SECONDS)}
    while True:
        done = subprocess.run(  # noqa: S603 - see above
            create, check=False, capture_output=True, text=True, env={**os.environ, **bounded}
        )
        # A first try whose answer was lost has made it.
        if done.returncode == 0 or "already exists" in done.stderr:
            return
        if server.poll() is not None or time.monotonic() > deadline:
            told = log.read_text(encoding="utf-8")[-2000:]
            raise PostgresError(f"{told}\ncreatedb: {done.stderr}")
        time.sleep(POLL_SECONDS)


def _run(argv: Sequence[str], folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - see above
        _as_nobody(argv), check=False, capture_output=True, text=True, cwd=folder
    )
    if done.returncode:
        raise PostgresError(done.stderr[-2000:])


def _hand_over(*paths: Path) -> None:
    """Give paths to the user that the server runs as."""
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, "postgres", "postgres")


def _as_nobody(argv: Sequence[str]) -> list[str]:
    """Return a command that runs without root's rights, which PostgreSQL refuses to have."""
    if os.geteuid() != 0:
        return list(argv)
    switch = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    return [*switch, *argv]
