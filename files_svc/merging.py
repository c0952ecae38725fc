"""Merges three snapshots into one, and keeps the sides of what it could not merge."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from files_svc.commits import Commits
from files_svc.domain.digest import Digest
from files_svc.domain.merge.content import merge_content
from files_svc.domain.merge.patch import Patch
from files_svc.domain.merge.result import Clash, Merged
from files_svc.domain.merge.tree import Action, Decision, decide
from files_svc.domain.snapshot import FileEntry, Listing, Snapshot
from files_svc.store.interface import FileStore
from files_svc.tidying import Layout, MergedFile, RuffTidier, layout_of

PYPROJECT = "pyproject.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One thing that could not be merged."""

    decision: Decision
    """The file, with its three sides."""

    clash: Clash
    """Where in it, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """What a merge made."""

    snapshot: Snapshot
    changes: Sequence[Decision]
    """What became of each path, sorted; unchanged ones are left out."""

    conflicts: Sequence[Conflict]
    conflict_snapshot_id: str
    """A snapshot of the sides of every conflicting file; empty without conflicts."""

    retained: Sequence[str]
    """What was kept although the new rendering lacks it."""


Contents = Mapping[str, tuple[Digest, Merged]]
"""What became of the files that both sides changed, by their paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _MergedContent:
    """A file that both sides changed."""

    file: MergedFile
    theirs: bytes
    result: Merged

    def wants_tidying(self, path: str) -> bool:
        """Tell whether the merge made code that neither side had laid out."""
        new = self.file.merged not in {self.file.ours, self.theirs}
        return path.endswith(".py") and new


class Merges:
    """Merges snapshots.

    Args:
        store: Where files are kept.
        commits: Makes the merged snapshot.
        tidier: Lays merged code out.
    """

    def __init__(self, store: FileStore, commits: Commits, tidier: RuffTidier) -> None:
        self._store = store
        self._commits = commits
        self._tidier = tidier

    async def merge(
        self, *, base_id: str, ours_id: str, theirs_id: str, patch: Patch
    ) -> MergeResult:
        """Merge what the user changed and what is generated anew.

        Raises:
            NotFoundError: A snapshot is unknown.
            InvalidInputError: Paths of both sides clash.
            LimitExceededError: The result would be too large.
        """
        base, ours, theirs = [
            (await self._store.get_snapshot(each)).listing for each in (base_id, ours_id, theirs_id)
        ]
        decisions = list(decide(base, ours, theirs, patch))
        contents = await self._merge_contents(decisions, patch)
        decisions = [_decided(decision, contents.get(decision.path)) for decision in decisions]
        snapshot = await self._commits.commit(
            base_id="", add=[each.entry for each in decisions if each.entry], remove=()
        )
        conflicts = list(_conflicts(decisions, contents))
        return MergeResult(
            snapshot=snapshot,
            changes=[each for each in decisions if each.action is not Action.UNCHANGED],
            conflicts=conflicts,
            conflict_snapshot_id=await self._keep_sides(conflicts),
            retained=list(_retained(decisions, contents)),
        )

    async def _merge_contents(self, decisions: Sequence[Decision], patch: Patch) -> Contents:
        """Merge, tidy and store what both sides changed."""
        merged = {
            decision.path: await self._merge_content(decision, patch)
            for decision in decisions
            if decision.needs_content
        }
        layout = await self._layout(decisions, merged)
        tidied = await self._tidier.tidy(
            {path: each.file for path, each in merged.items() if each.wants_tidying(path)}, layout
        )
        data = {path: tidied.get(path, each.file.merged) for path, each in merged.items()}
        digests = {path: Digest.of(content) for path, content in data.items()}
        await self._store.put_blobs({digests[path]: content for path, content in data.items()})
        return {path: (digests[path], each.result) for path, each in merged.items()}

    async def _merge_content(self, decision: Decision, patch: Patch) -> "_MergedContent":
        base, ours, theirs = [await self._read(entry) for entry in decision.sides.entries]
        data, result = await asyncio.to_thread(
            merge_content, decision.path, base, ours, theirs, patch=patch
        )
        file = MergedFile(ours=ours, merged=data)
        return _MergedContent(file=file, theirs=theirs, result=result)

    async def _read(self, entry: FileEntry | None) -> bytes:
        return await self._store.read_blob(entry.digest) if entry else b""

    async def _layout(
        self, decisions: Sequence[Decision], merged: Mapping[str, "_MergedContent"]
    ) -> Layout:
        """Return how the merged project lays its code out."""
        paths = [each.path for each in decisions if each.entry or each.needs_content]
        if PYPROJECT in merged:
            return layout_of(merged[PYPROJECT].file.merged, paths)
        found = next((each.entry for each in decisions if each.path == PYPROJECT), None)
        return layout_of(await self._read(found), paths)

    async def _keep_sides(self, conflicts: Sequence[Conflict]) -> str:
        if not conflicts:
            return ""
        listing = Listing.of(side for each in conflicts for side in _sides(each.decision))
        return (await self._store.put_snapshot(listing)).snapshot_id


def _decided(decision: Decision, content: tuple[Digest, Merged] | None) -> Decision:
    """Complete a decision by what became of the content."""
    if content is None:
        return decision
    digest, merged = content
    entry = FileEntry(path=decision.path, digest=digest)
    action = Action.UPDATED if entry == decision.sides.theirs else Action.MERGED
    return replace(decision, entry=entry, action=Action.CONFLICT if merged.clashes else action)


def _conflicts(decisions: Sequence[Decision], contents: Contents) -> Iterator[Conflict]:
    for decision in decisions:
        if decision.reason:
            yield Conflict(decision=decision, clash=Clash(place="", reason=decision.reason))
        elif decision.path in contents:
            clashes = contents[decision.path][1].clashes
            yield from (Conflict(decision=decision, clash=clash) for clash in clashes)


def _retained(decisions: Sequence[Decision], contents: Contents) -> Iterator[str]:
    for decision in decisions:
        if decision.retained:
            yield decision.path
        elif decision.path in contents:
            symbols = contents[decision.path][1].retained
            yield from (f"{decision.path}:{symbol}" for symbol in symbols)


def _sides(decision: Decision) -> Iterator[FileEntry]:
    sides = decision.sides
    named = {"base": sides.base, "ours": sides.ours, "theirs": sides.theirs}
    for name, entry in named.items():
        if entry:
            yield FileEntry(path=f"{name}/{decision.path}", digest=entry.digest)
