"""The limits under which a project is assessed, and under which its code runs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """What a subprocess that runs or reads generated code may use."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_SANDBOX"

    cpu: timedelta = timedelta(seconds=600)
    """CPU time of one process, in seconds; it is killed beyond it."""

    address_space_bytes: int = 8 * 1024**3
    """Virtual memory of one process, in bytes; type checkers map a lot and touch little."""

    file_bytes: int = 256 * 1024**2
    """The largest file that a process may write, in bytes."""

    open_files: int = 512
    """File descriptors of one process."""

    processes: int = 4096
    """Processes and threads of the user that runs the service; the kernel counts them together."""

    output_bytes: int = 256 * 1024
    """Output that is kept of one process, in bytes: the last ones. The rest is read and dropped."""

    grace: timedelta = timedelta(seconds=5)
    """How long a server has to stop by itself before its process group is killed, in seconds."""

    isolate_network: bool = True
    """Leave a process only a loopback of its own, where the kernel permits it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentSettings:
    """What an assessment reads, runs and tells."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_ASSESSMENT"

    tiers: tuple[str, ...] = ("t0", "t1")
    """The tiers that run when the caller names none: `t0`, `t1`, `t2`, `t3`."""

    max_files: int = 5_000
    """Files of one project; a larger one is refused."""

    max_bytes: int = 64 * 1024**2
    """Bytes of one project; a larger one is refused."""

    max_findings: int = 50
    """Findings that one gate tells; the rest are counted."""

    max_finding_length: int = 500
    """Characters of one finding; the rest is cut."""

    static_deadline: timedelta = timedelta(seconds=180)
    """How long one static tool may take, in seconds."""

    boot_deadline: timedelta = timedelta(seconds=30)
    """How long a generated server may take until it answers, in seconds."""

    request_deadline: timedelta = timedelta(seconds=15)
    """How long a generated server may take for one request, in seconds."""

    tests_deadline: timedelta = timedelta(seconds=600)
    """How long a project's own tests may take, in seconds."""

    migration_deadline: timedelta = timedelta(seconds=90)
    """How long one migration command may take, in seconds."""

    adversarial_deadline: timedelta = timedelta(seconds=1_200)
    """How long one adversarial tool may take, in seconds."""

    min_coverage: float = 90.0
    """Lines that a project's own tests must run, in percent."""

    schemathesis_examples: int = 20
    """Requests that schemathesis makes up for each operation and phase."""

    schemathesis_seeds: tuple[str, ...] = ("1",)
    """The seeds that schemathesis runs with, one run each."""

    postgres_url: str = ""
    """A PostgreSQL database from which scratch databases may be made, as
    `postgresql://user:password@host:port/database`; none skips the gates that need one."""

    mypy_cache: str = ""
    """A folder where mypy keeps what it learnt of libraries between runs; none keeps nothing."""

    sandbox: SandboxSettings = SandboxSettings()
    """The limits of every subprocess."""
