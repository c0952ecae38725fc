"""Opens a store by its URL."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from obstore.store import LocalStore, MemoryStore, S3Store

from chassis.settings import SettingsError
from files_svc.settings import StoreSettings
from files_svc.store.files import ObjectFileStore, StoreLimits
from files_svc.store.objects import Objects
from files_svc.store.writer import DurableWriter, PlainWriter

if TYPE_CHECKING:
    from obstore.store import S3Config


def open_store(settings: StoreSettings) -> ObjectFileStore:
    """Open the store that settings name; a folder is made when it is not there.

    Raises:
        SettingsError: The URL names no kind of store that is known.
    """
    limits = StoreLimits(
        lease=settings.lease,
        cache_bytes=settings.cache_bytes,
        cache_entries=settings.cache_entries,
        concurrency=settings.concurrency,
        probe_interval=settings.probe_interval,
    )
    return ObjectFileStore(_open_objects(settings), limits)


def _open_objects(settings: StoreSettings) -> Objects:
    url = urlsplit(settings.url)
    match url.scheme:
        case "memory":
            memory = MemoryStore()
            return Objects(memory, PlainWriter(memory, concurrency=settings.concurrency))
        case "file":
            return _open_folder(Path(unquote(url.path)), settings)
        case "s3":
            return _open_bucket(url, settings)
        case _:
            raise SettingsError(
                f"BACKSMITH_FILES_STORE_URL: {settings.url!r} is no store; use "
                "file:///folder, s3://bucket/prefix or memory:"
            )


def _open_folder(root: Path, settings: StoreSettings) -> Objects:
    store = LocalStore(root, mkdir=True)
    if not settings.fsync:
        return Objects(store, PlainWriter(store, concurrency=settings.concurrency))
    return Objects(store, DurableWriter(store, root, concurrency=settings.concurrency))


def _open_bucket(url: SplitResult, settings: StoreSettings) -> Objects:
    store = S3Store(
        url.netloc,
        prefix=url.path.strip("/") or None,
        config=_s3_config(settings),
        client_options={
            "allow_http": settings.s3_allow_http,
            "connect_timeout": settings.timeout,
            "timeout": settings.timeout,
        },
        retry_config={"max_retries": settings.s3_retries, "retry_timeout": settings.timeout},
    )
    return Objects(store, PlainWriter(store, concurrency=settings.concurrency))


def _s3_config(settings: StoreSettings) -> "S3Config":
    config: S3Config = {"region": settings.s3_region}
    if settings.s3_endpoint:
        config["endpoint"] = settings.s3_endpoint
    if settings.s3_access_key_id:
        config["access_key_id"] = settings.s3_access_key_id
        config["secret_access_key"] = settings.s3_secret_access_key
    return config
