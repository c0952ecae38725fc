"""A real PostgreSQL of the tests' own, on a free port, gone when they are.

`running` gives one for a block. A `PostgresServer` can be killed, paused and started again on the
same port and data.

PostgreSQL comes with the machine, not with the package registries: `find_programs` says whether it
is there. Where it must be, as in CI, `BACKSMITH_REQUIRE_POSTGRES` makes its absence an error.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from chassis.testing.ports import free_port

USER = "backsmith"
NOT_INSTALLED = "PostgreSQL is not installed: `apt-get install postgresql`"
START_SECONDS = 120.0
STOP_SECONDS = 30.0
CONNECT_SECONDS = 5
POLL_SECONDS = 0.05


class PostgresError(Exception):
    """PostgreSQL could not be started; the message ends with its log."""


def require_programs() -> Path:
    """Return the folder of PostgreSQL's programs.

    Raises:
        PostgresError: It is not installed.
    """
    programs = find_programs()
    if programs is None:
        raise PostgresError(NOT_INSTALLED)
    return programs


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
        raise PostgresError(NOT_INSTALLED)
    return newest.parent if newest else None


class PostgresServer:
    """A server with one user, `backsmith`, who owns the database of that name.

    Args:
        programs: The folder of PostgreSQL's programs.
        folder: An empty folder for its data and log.
        password: The user's password.

    Raises:
        PostgresError: Its data could not be made.
    """

    def __init__(self, programs: Path, folder: Path, *, password: str) -> None:
        self.port = free_port()
        self._programs = programs
        self._folder = folder
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None
        secret = folder / "password"
        secret.write_text(password, encoding="utf-8")
        _hand_over(folder, secret)
        self._init(secret)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/{USER}"

    @property
    def async_url(self) -> str:
        """Where SQLAlchemy connects, over asyncpg."""
        return self.url.replace("postgresql:", "postgresql+asyncpg:", 1)

    @property
    def ended(self) -> bool:
        """Whether no process runs."""
        return self._process is None or self._process.poll() is not None

    def start(self, *, wait: bool = True) -> None:
        """Start the processes on their port and data; returns when they answer."""
        arguments = ["-D", str(self._folder / "data"), "-p", str(self.port), "-k", "", "-F"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the machine's own PostgreSQL
                _as_nobody([str(self._programs / "postgres"), "-h", "127.0.0.1", *arguments]),
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Return when the server takes connections and the database is made.

        Raises:
            PostgresError: It took too long, or the process ended.
        """
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER]
        create = [str(self._programs / "createdb"), *where, USER]
        deadline = time.monotonic() + START_SECONDS
        # Another process may have taken the port: it would accept and never answer.
        bounded = {"PGPASSWORD": self._password, "PGCONNECT_TIMEOUT": str(CONNECT_SECONDS)}
        while True:
            done = subprocess.run(  # noqa: S603 - see above
                create, check=False, capture_output=True, text=True, env={**os.environ, **bounded}
            )
            # A first try whose answer was lost has made it.
            if done.returncode == 0 or "already exists" in done.stderr:
                return
            if self.ended or time.monotonic() > deadline:
                told = (self._folder / "log").read_text(encoding="utf-8")[-2000:]
                raise PostgresError(f"{told}\ncreatedb: {done.stderr}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End the processes in order, and their connections with them."""
        if self._process is not None:
            self.resume()
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """End all processes as a crash would; it may be started again."""
        if self._process is not None:
            children = self._signal(signal.SIGKILL)
            self._process.wait(START_SECONDS)
            self._process = None
            # The memory that they share keeps the next server from starting.
            while any(_runs(child) for child in children):
                time.sleep(POLL_SECONDS)

    def pause(self) -> None:
        """Freeze all processes: their connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let frozen processes go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> list[int]:
        """Signal the first process, which then makes no more, and those that it has made."""
        if self._process is None or self._process.poll() is not None:
            return []
        pid = self._process.pid
        try:
            os.kill(pid, signal.SIGSTOP)
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
        except (ProcessLookupError, ChildProcessError):
            return []  # it has just ended by itself
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        children = [int(child) for child in told.split()]
        for each in (*children, pid):
            with suppress(ProcessLookupError):
                os.kill(each, what)
        return children

    def _init(self, secret: Path) -> None:
        arguments = ["-D", str(self._folder / "data"), "-U", USER, "-A", "scram-sha-256", "-N"]
        argv = [str(self._programs / "initdb"), *arguments]
        done = subprocess.run(  # noqa: S603 - see above
            _as_nobody([*argv, f"--pwfile={secret}", "--locale=C.UTF-8"]),
            check=False,
            capture_output=True,
            text=True,
            cwd=self._folder,
        )
        if done.returncode:
            raise PostgresError(done.stderr[-2000:])


@contextmanager
def running(programs: Path, *, password: str) -> Iterator[PostgresServer]:
    """Run a server for the length of a block.

    Raises:
        PostgresError: It did not come up.
    """
    with tempfile.TemporaryDirectory(prefix="postgres-") as scratch:
        server = PostgresServer(programs, Path(scratch), password=password)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _runs(pid: int) -> bool:
    """Tell whether a process is there, and not only waits to be buried."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


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
