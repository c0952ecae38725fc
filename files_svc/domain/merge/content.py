"""Merges what a file holds, level by level: keys, Python symbols, lines."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from files_svc.domain.merge import api
from files_svc.domain.merge.documents import merge_document
from files_svc.domain.merge.entries import env_key, line_key, merge_entries, requirement_key
from files_svc.domain.merge.lines import merge_lines
from files_svc.domain.merge.patch import Patch, follow_renames
from files_svc.domain.merge.python.checks import lost_symbols, parses
from files_svc.domain.merge.python.module import merge_python
from files_svc.domain.merge.result import Merged, Reason, kept
from files_svc.domain.merge.tree import guards_symbols

KeyedMerge = Callable[[str, str, str], Merged | None]

DOCUMENTS: Mapping[str, str] = {
    ".toml": "toml",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
}
MAX_LENGTH = 1_000_000
"""How many characters a file may have: merging a larger one would take minutes."""

IGNORE_FILES = frozenset({".gitignore", ".dockerignore", ".gitattributes"})


def merge_content(
    path: str, base: bytes, ours: bytes, theirs: bytes, *, patch: Patch
) -> tuple[bytes, Merged]:
    """Merge a file that both sides changed; OURS stays wherever the sides clash."""
    try:
        texts = [content.decode() for content in (base, ours, theirs)]
    except UnicodeDecodeError:
        return ours, kept("", Reason.NOT_TEXT)
    if any("\0" in text for text in texts):
        return ours, kept("", Reason.NOT_TEXT)
    if max(map(len, texts)) > MAX_LENGTH and not (path == api.DOCUMENT and base == ours):
        return ours, kept("", Reason.BOTH_CHANGED)
    merged = _merge_text(path, *texts, patch=patch)
    if path == api.DOCUMENT and (lost := _lost_promises(texts, merged.text, patch)):
        return ours, kept("", Reason.NOT_RUNNABLE, place=lost[0])
    return merged.text.encode(), merged


def _lost_promises(texts: Sequence[str], merged: str, patch: Patch) -> list[str]:
    base, ours, theirs = texts
    before = follow_renames(ours, base=base, theirs=theirs, patch=patch)
    return api.lost_promises(before, merged, patch)


def _merge_text(path: str, base: str, ours: str, theirs: str, *, patch: Patch) -> Merged:
    renamed = partial(follow_renames, base=base, theirs=theirs, patch=patch)
    base, ours = renamed(base), renamed(ours)
    guards = guards_symbols(path)
    if base == ours and not (guards and _loses_symbols(ours, theirs, patch)):
        return Merged(text=theirs)
    if path.endswith(".py"):
        merged = merge_python(base, ours, theirs, patch=patch, guards_symbols=guards)
        return merged or merge_lines(base, ours, theirs)
    return _merge_plain(path, base, ours, theirs)


def _loses_symbols(ours: str, theirs: str, patch: Patch) -> bool:
    return parses(ours) and parses(theirs) and bool(lost_symbols(ours, theirs, patch))


def _merge_plain(path: str, base: str, ours: str, theirs: str) -> Merged:
    """Merge by keys where the file has them, and by lines where that leaves fewer clashes."""
    keyed_merge = _keyed_merge(path)
    keyed = keyed_merge(base, ours, theirs) if keyed_merge else None
    if keyed is not None and not keyed.clashes:
        return keyed
    lines = merge_lines(base, ours, theirs)
    if keyed is None or (not lines.clashes and keyed_merge and _reads(keyed_merge, lines.text)):
        return lines
    return keyed


def _reads(keyed_merge: KeyedMerge, text: str) -> bool:
    return keyed_merge(text, text, text) is not None


def _keyed_merge(path: str) -> KeyedMerge | None:
    name = path.rpartition("/")[2]
    for suffix, kind in DOCUMENTS.items():
        if name.endswith(suffix):
            return partial(merge_document, kind)
    if name.startswith(".env"):
        return partial(merge_entries, key_of=env_key)
    if name.startswith("requirements") and name.endswith((".txt", ".in", ".lock")):
        return partial(merge_entries, key_of=requirement_key)
    return partial(merge_entries, key_of=line_key) if name in IGNORE_FILES else None
