"""The data folder: everything that a system on this machine keeps, and who runs it.

The lock is a `flock` that every child process inherits: it is free again only when the supervisor
and all of its children are gone, however they ended.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.errors import RefusedError

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who runs a system on a folder."""

    pid: int
    """The supervisor's process id."""

    url: str = ""
    """Where its bridge answers; empty until it does."""

    lasting: bool = True
    """Whether it stays until it is stopped (`up`), or ends with one command."""


class FolderBusyError(RefusedError):
    """Another system runs on the data folder."""

    def __init__(self, message: str, *, holder: Holder) -> None:
        super().__init__(message)
        self.holder = holder


class DataFolder:
    """The layout of a data folder.

    Args:
        root: The folder; made when it is first used.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()

    @property
    def nats(self) -> Path:
        """Where the bus keeps its streams."""
        return self.root / "nats"

    @property
    def nats_configuration(self) -> Path:
        """What nats-server is started with."""
        return self.root / "nats.conf"

    @property
    def files(self) -> Path:
        """Where the files service keeps blobs and snapshots."""
        return self.root / "files"

    @property
    def database(self) -> Path:
        """The orchestrator's SQLite database."""
        return self.root / "orchestrator.sqlite3"

    @property
    def logs(self) -> Path:
        """Where each child's log goes."""
        return self.root / "logs"

    @property
    def _lock(self) -> Path:
        return self.root / "lock"

    def prepare(self) -> None:
        """Make the folder, readable by its owner alone.

        Raises:
            RefusedError: It cannot be made or written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.nats, self.files, self.logs):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise RefusedError(
                f"The data folder {str(self.root)!r} cannot be used: {error.strerror}. "
                "Name another one with --data."
            ) from error

    def secret(self) -> str:
        """Return the secret that the services share; made once, readable by its owner alone."""
        path = self.root / "secret"
        self.prepare()
        fresh = self.root / f".secret-{secrets.token_hex(8)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return path.read_text(encoding="utf-8").strip()

    def holder(self) -> Holder | None:
        """Return who runs a system on this folder now, or None."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_holder(descriptor)
        finally:
            os.close(descriptor)
        return None

    @contextmanager
    def locked(self, *, lasting: bool) -> Iterator["FolderLock"]:
        """Hold the folder for the length of a block.

        Raises:
            FolderBusyError: Another system runs on it; names its process and URL.
        """
        self.prepare()
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._busy(_read_holder(descriptor)) from None
            lock = FolderLock(descriptor, lasting=lasting)
            lock.tell("")
            yield lock
        finally:
            os.close(descriptor)

    def _busy(self, holder: Holder) -> FolderBusyError:
        where = f" at {holder.url}" if holder.url else ", and is still starting"
        return FolderBusyError(
            f"Another system runs on {str(self.root)!r}: process {holder.pid}{where}. "
            "Use that one, stop it, or name another folder with --data.",
            holder=holder,
        )


class FolderLock:
    """The right to run a system on a folder."""

    def __init__(self, descriptor: int, *, lasting: bool) -> None:
        self.descriptor = descriptor
        self._lasting = lasting

    def tell(self, url: str) -> None:
        """Write down who holds the folder, for whoever is refused."""
        holder = Holder(pid=os.getpid(), url=url, lasting=self._lasting)
        text = json.dumps(asdict(holder)).encode()
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, text, 0)


def _read_holder(descriptor: int) -> Holder:
    try:
        return Holder(**json.loads(os.pread(descriptor, 4096, 0)))
    except (ValueError, TypeError):
        return Holder(pid=0)
