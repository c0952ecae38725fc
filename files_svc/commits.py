"""Makes snapshots."""

from collections.abc import Iterable, Sequence

from chassis.errors import FailedPreconditionError, FieldViolation, InvalidInputError
from files_svc.domain.digest import Digest
from files_svc.domain.paths import MAX_VIOLATIONS, require_paths
from files_svc.domain.snapshot import EMPTY, FileEntry, Listing, Snapshot
from files_svc.settings import LimitSettings
from files_svc.store.interface import FileStore
from files_svc.uploads import require_within


class Commits:
    """Makes snapshots out of blobs that are stored.

    Args:
        store: Where files are kept.
        limits: How much a snapshot may hold.
    """

    def __init__(self, store: FileStore, limits: LimitSettings) -> None:
        self._store = store
        self._limits = limits

    async def commit(
        self, *, base_id: str, add: Sequence[FileEntry], remove: Sequence[str]
    ) -> Snapshot:
        """Make the snapshot that a base becomes by adding and removing files.

        Raises:
            NotFoundError: The base is unknown.
            InvalidInputError: Two entries name one path, or a path breaks the path rules.
            FailedPreconditionError: A blob is missing; names each.
            LimitExceededError: It would be too large.
        """
        _require_each_path_once(add)
        base = await self._base(base_id)
        listing = base.changed(add=add, remove=remove)
        require_paths(entry.path for entry in listing.entries)
        self._require_within(listing)
        await self.require_blobs(add)
        return await self._store.put_snapshot(listing)

    async def _base(self, base_id: str) -> Listing:
        if not base_id:
            return EMPTY
        base = await self._store.get_snapshot(base_id)
        # Renews the lease: a collector that runs meanwhile must not take what is built upon.
        await self._store.put_snapshot(base.listing)
        return base.listing

    def _require_within(self, listing: Listing) -> None:
        require_within(
            self._limits,
            files=len(listing.entries),
            largest=max((entry.digest.size_bytes for entry in listing.entries), default=0),
            total=listing.total_size_bytes,
        )

    async def require_blobs(self, entries: Iterable[FileEntry]) -> None:
        """Pass only entries whose blobs are stored.

        Raises:
            FailedPreconditionError: Some are missing; names each.
            InvalidInputError: A digest is malformed.
        """
        paths = {entry.digest: entry.path for entry in entries}
        missing = await self.missing(paths)
        if missing:
            raise _missing_error([paths[digest] for digest in missing])

    async def missing(self, digests: Iterable[Digest]) -> tuple[Digest, ...]:
        """Return the blobs that are not stored; the others are kept for a lease.

        Raises:
            InvalidInputError: A digest is malformed, or there are too many.
        """
        digests = set(digests)
        if malformed := next((each for each in digests if not each.well_formed), None):
            raise InvalidInputError(
                f"{malformed.sha256!r} is not the SHA-256 of anything.", reason="DIGEST_MALFORMED"
            )
        if len(digests) > self._limits.snapshot_files:
            raise InvalidInputError(
                f"Ask for at most {self._limits.snapshot_files} digests at a time.",
                reason="TOO_MANY_DIGESTS",
            )
        return await self._store.missing_blobs(digests)


def _missing_error(paths: Sequence[str]) -> FailedPreconditionError:
    why = {"message": "Its bytes are not stored.", "reason": "BLOB_MISSING"}
    return FailedPreconditionError(
        f"{len(paths)} files are not stored, {paths[0]!r} among them; "
        "upload them, then commit again.",
        reason="BLOB_MISSING",
        violations=[FieldViolation(field=path, **why) for path in paths[:MAX_VIOLATIONS]],
    )


def _require_each_path_once(add: Sequence[FileEntry]) -> None:
    seen: set[str] = set()
    for entry in add:
        if entry.path in seen:
            raise InvalidInputError(
                f"{entry.path!r} is added twice; send each path once.", reason="PATH_REPEATED"
            )
        seen.add(entry.path)
