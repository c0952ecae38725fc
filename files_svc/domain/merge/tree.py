"""Decides path by path what becomes of three trees; contents are merged elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from files_svc.domain.merge import api
from files_svc.domain.merge.patch import Patch
from files_svc.domain.merge.result import Reason
from files_svc.domain.snapshot import FileEntry, Listing

METADATA = ".backsmith/"
"""Where the generator keeps its own records: always as it wrote them last."""


def guards_symbols(path: str) -> bool:
    """Tell whether what a file offers is somebody's interface: code is, its tests are not."""
    return path.endswith(".py") and not path.startswith("tests/")


class Action(StrEnum):
    """What became of a path."""

    UNCHANGED = "unchanged"
    """It stands as it stood."""

    ADDED = "added"
    """The new rendering brought it."""

    UPDATED = "updated"
    """The new rendering changed it, and the user had not."""

    KEPT = "kept"
    """The user had changed it, and the new rendering had not; or no drop named it."""

    MERGED = "merged"
    """Both had changed it."""

    DELETED = "deleted"
    """The patch dropped it."""

    CONFLICT = "conflict"
    """Both had changed it, and what could not be merged stands as the user left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One path in the three trees; None where a tree lacks it."""

    base: FileEntry | None
    ours: FileEntry | None
    theirs: FileEntry | None

    @property
    def entries(self) -> tuple[FileEntry | None, FileEntry | None, FileEntry | None]:
        """All three."""
        return self.base, self.ours, self.theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a path."""

    path: str
    sides: Sides
    action: Action
    entry: FileEntry | None = None
    """What stands there afterwards; None when nothing does, or the content must be merged."""

    reason: Reason | None = None
    """Why it is a conflict."""

    old_path: str = ""
    """Where it stood before, when the patch renamed it."""

    retained: bool = False
    """Whether it was kept although the new rendering lacks it."""

    @property
    def needs_content(self) -> bool:
        """Whether the content must be looked at: both sides changed it, or symbols may be lost."""
        guards = guards_symbols(self.path) or self.path == api.DOCUMENT
        guarded = self.action is Action.UPDATED and guards
        return guarded or self.action is Action.MERGED


def decide(base: Listing, ours: Listing, theirs: Listing, patch: Patch) -> Iterator[Decision]:
    """Yield what becomes of every path, sorted by path."""
    moved = _moves(base, theirs, patch)
    before = {moved.get(entry.path, entry.path): entry for entry in base.entries}
    now = {moved.get(entry.path, entry.path): entry for entry in ours.entries}
    came_from = {new: old for old, new in moved.items()}
    for path in sorted({*before, *now, *theirs.by_path}):
        sides = Sides(base=before.get(path), ours=now.get(path), theirs=theirs.by_path.get(path))
        yield _decide(path, sides, patch, old_path=came_from.get(path, ""))


def _moves(base: Listing, theirs: Listing, patch: Patch) -> dict[str, str]:
    """Return where the new rendering put what it renders no more under its old path."""
    return {
        path: new
        for path in base.by_path
        if path not in theirs.by_path
        and (new := patch.renamed(path)) in theirs.by_path
        and new not in base.by_path
    }


def _decide(path: str, sides: Sides, patch: Patch, *, old_path: str) -> Decision:
    action, entry, reason = _verdict(path, sides, patch)
    return Decision(
        path=path,
        sides=sides,
        action=action,
        entry=FileEntry(path=path, digest=entry.digest) if entry else None,
        reason=reason,
        old_path=old_path if sides.ours else "",
        retained=action is Action.KEPT and bool(sides.base and not sides.theirs),
    )


Verdict = tuple[Action, FileEntry | None, Reason | None]


def _verdict(path: str, sides: Sides, patch: Patch) -> Verdict:
    base, ours, theirs = sides.base, sides.ours, sides.theirs
    if path.startswith(METADATA):
        return _metadata_verdict(ours, theirs)
    if _same(ours, theirs):
        return Action.UNCHANGED, ours, None
    if base is None:
        return _new_verdict(ours, theirs)
    if theirs is None:
        return _gone_verdict(path, base, ours, patch)
    return _changed_verdict(base, ours, theirs)


def _changed_verdict(base: FileEntry, ours: FileEntry | None, theirs: FileEntry) -> Verdict:
    if _same(base, theirs):
        return Action.KEPT, ours, None
    if ours is None:
        return Action.CONFLICT, None, Reason.DELETED_AND_CHANGED
    if _same(base, ours):
        return Action.UPDATED, theirs, None
    return Action.MERGED, None, None


def _same(one: FileEntry | None, other: FileEntry | None) -> bool:
    return (one and one.digest) == (other and other.digest)


def _metadata_verdict(ours: FileEntry | None, theirs: FileEntry | None) -> Verdict:
    if _same(ours, theirs):
        return Action.UNCHANGED, ours, None
    if theirs is None:
        return Action.DELETED, None, None
    return (Action.UPDATED if ours else Action.ADDED), theirs, None


def _new_verdict(ours: FileEntry | None, theirs: FileEntry | None) -> Verdict:
    if ours is None:
        return Action.ADDED, theirs, None
    if theirs is None:
        return Action.KEPT, ours, None
    return Action.CONFLICT, ours, Reason.BOTH_ADDED


def _gone_verdict(path: str, base: FileEntry, ours: FileEntry | None, patch: Patch) -> Verdict:
    if ours is None:
        return Action.UNCHANGED, None, None
    if not (patch.path_may_vanish(path) or patch.path_may_vanish(base.path)):
        return Action.KEPT, ours, None
    if _same(base, ours):
        return Action.DELETED, None, None
    return Action.CONFLICT, None, Reason.CHANGED_AND_DROPPED
