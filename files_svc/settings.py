"""What the files service reads from its environment."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from chassis.auth import AuthSettings
from chassis.server import ServerSettings

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where files are kept."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_FILES_STORE"

    url: str
    """The store: `file:///folder`, `s3://bucket/prefix`, or `memory:` to keep nothing."""

    fsync: bool = True
    """Whether writes to a folder wait for the disk; if not, a power cut can lose the last ones."""

    lease: timedelta = timedelta(hours=24)
    """How long the garbage collector leaves alone what was just stored or used, in seconds."""

    cache_bytes: int = 32 * MEBIBYTE
    """How much of the files' content is kept in memory, in bytes."""

    cache_entries: int = 100_000
    """How many file entries of snapshots are kept in memory; each takes some 400 bytes."""

    concurrency: int = 32
    """How many objects are read at a time, and how many written, for all callers together."""

    timeout: timedelta = timedelta(seconds=10)
    """How long S3 may take over one request and its retries, in seconds."""

    probe_interval: timedelta = timedelta(seconds=5)
    """How often a store that answers is asked again whether it can be written, in seconds."""

    s3_endpoint: str = ""
    """The URL of an S3-speaking server; empty means AWS."""

    s3_region: str = "us-east-1"
    """The bucket's region."""

    s3_access_key_id: str = ""
    """The access key; empty means what the machine provides (AWS's own variables, its role)."""

    s3_secret_access_key: str = ""
    """The secret of the access key."""

    s3_allow_http: bool = False
    """Whether S3 may be spoken without TLS; for a server on the same machine."""

    s3_retries: int = 3
    """How often a failed request to S3 is repeated, within the timeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """How much callers may store and ask for."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_FILES_LIMIT"

    file_bytes: int = 16 * MEBIBYTE
    """The largest file, in bytes; a file is held in memory while it is checked."""

    snapshot_files: int = 20_000
    """The most files that a snapshot, or one upload, may have."""

    snapshot_bytes: int = 1024 * MEBIBYTE
    """The most that a snapshot's files, or one upload's, may have together, in bytes."""

    upload_buffer_bytes: int = 16 * MEBIBYTE
    """How much of an upload is collected before it is stored, in bytes."""

    diff_bytes: int = 2 * MEBIBYTE
    """How much text one comparison of snapshots returns, in bytes; the rest is left out."""

    search_results: int = 1_000
    """The most matches that one search returns."""

    tidy_timeout: timedelta = timedelta(seconds=30)
    """How long laying out the code of one merge may take, in seconds."""

    uploads: int = 16
    """How many uploads are received at a time; the others wait, within their deadlines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSettings:
    """Everything the files service reads from its environment."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_FILES"

    auth: AuthSettings
    """How callers are told apart."""

    store: StoreSettings
    """Where files are kept."""

    server: ServerSettings = field(default_factory=ServerSettings)
    """How to serve."""

    limits: LimitSettings = field(default_factory=LimitSettings)
    """How much callers may store and ask for."""
