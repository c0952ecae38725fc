"""Compares two snapshots."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from chassis.errors import InvalidInputError
from files_svc.domain.difference import NOT_MADE, TextDifference, difference
from files_svc.domain.merge.tree import Action
from files_svc.domain.snapshot import FileEntry, Listing
from files_svc.settings import LimitSettings
from files_svc.store.interface import FileStore

DEFAULT_CONTEXT = 3
MAX_CONTEXT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """How one path differs between two snapshots."""

    path: str
    before: FileEntry | None
    after: FileEntry | None
    text: TextDifference = NOT_MADE

    @property
    def action(self) -> Action:
        """What became of the path."""
        if self.before is None:
            return Action.ADDED
        return Action.UPDATED if self.after else Action.DELETED


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two snapshots differ."""

    differences: Sequence[FileDifference]
    """Each path that differs, sorted."""

    unchanged: int
    """How many paths are alike."""

    truncated: bool
    """Whether some texts were left out because the limit was reached."""


class Comparisons:
    """Compares snapshots.

    Args:
        store: Where files are kept.
        limits: How much one answer holds.
    """

    def __init__(self, store: FileStore, limits: LimitSettings) -> None:
        self._store = store
        self._limits = limits

    async def compare(
        self, before_id: str, after_id: str, *, path: str, context: int | None
    ) -> Comparison:
        """Compare two snapshots, or one path of them.

        Raises:
            NotFoundError: A snapshot is unknown.
            InvalidInputError: The context is negative or too large.
        """
        if context is not None and not 0 <= context <= MAX_CONTEXT:
            raise InvalidInputError(f"Ask for 0 to {MAX_CONTEXT} lines of context.")
        before = (await self._store.get_snapshot(before_id)).listing
        after = (await self._store.get_snapshot(after_id)).listing
        found = [each for each in _differences(before, after) if path in ("", each.path)]
        wanted = DEFAULT_CONTEXT if context is None else context
        return await self._with_texts(
            found, unchanged=len({*before.by_path, *after.by_path}) - len(found), context=wanted
        )

    async def _with_texts(
        self, found: Sequence[FileDifference], *, unchanged: int, context: int
    ) -> Comparison:
        left = self._limits.diff_bytes
        done: list[FileDifference] = []
        truncated = False
        for each in found:
            compared = await self._compared(each, context) if left > 0 else each
            left -= len(compared.text.unified)
            over = left < 0 or (compared is each and left <= 0)
            truncated = truncated or over
            done.append(each if over else compared)
        return Comparison(differences=done, unchanged=unchanged, truncated=truncated)

    async def _compared(self, each: FileDifference, context: int) -> FileDifference:
        before, after = [await self._content(entry) for entry in (each.before, each.after)]
        text = await asyncio.to_thread(difference, before, after, context=context)
        return replace(each, text=text)

    async def _content(self, entry: FileEntry | None) -> bytes:
        return await self._store.read_blob(entry.digest) if entry else b""


def _differences(before: Listing, after: Listing) -> Iterator[FileDifference]:
    for path in sorted({*before.by_path, *after.by_path}):
        old, new = before.by_path.get(path), after.by_path.get(path)
        if old != new:
            yield FileDifference(path=path, before=old, after=new)
