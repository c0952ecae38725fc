"""Exports versions as a git bundle: one commit a version, made without git.

A bundle is a line for each branch and a pack (gitformat-bundle, gitformat-pack). The same versions
give the same bytes, and no more than a batch of files is in memory.
"""

import hashlib
import struct
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.errors import InvalidInputError
from files_svc.domain.digest import Digest
from files_svc.domain.snapshot import FileEntry, Listing
from files_svc.reading import CHUNK_BYTES, Reader

BRANCH = "refs/heads/main"
FILE_MODE = b"100644"
TREE_MODE = b"40000"
COMMIT, TREE, BLOB = 1, 2, 3
KINDS = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob"}
LEVEL = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version that becomes a commit."""

    snapshot_id: str
    message: str
    author: str
    """The author's name; there is no address."""

    time: datetime
    """When it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    kind: int
    data: bytes

    @property
    def name(self) -> bytes:
        head = b"%s %d\0" % (KINDS[self.kind], len(self.data))
        return hashlib.sha1(head + self.data, usedforsecurity=False).digest()

    @property
    def packed(self) -> bytes:
        return _pack_head(self.kind, len(self.data)) + zlib.compress(self.data, LEVEL)


def _pack_head(kind: int, size: int) -> bytes:
    """Return an entry's head: the kind, then the size in seven bits a byte, the lowest first."""
    head = bytearray([kind << 4 | size & 15])
    size >>= 4
    while size:
        head[-1] |= 0x80
        head.append(size & 0x7F)
        size >>= 7
    return bytes(head)


class Bundles:
    """Makes bundles.

    Args:
        reader: Reads snapshots.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def export(self, versions: Sequence[Version]) -> AsyncGenerator[bytes]:
        """Yield a bundle of versions, the oldest first.

        Raises:
            NotFoundError: A snapshot is unknown.
            InvalidInputError: There is no version.
        """
        if not versions:
            raise InvalidInputError("Name at least one version.", reason="VERSIONS_EMPTY")
        listings = [await self._reader.listing(each.snapshot_id) for each in versions]
        contents = _contents(listings)
        names = {entry.digest: blob.name async for entry, blob in self._blobs(contents)}
        history = _history(versions, listings, names)
        pack = _Pack(count=len(contents.entries) + len(history))
        yield f"# v2 git bundle\n{history[-1].name.hex()} {BRANCH}\n\n".encode() + pack.start()
        async for _, blob in self._blobs(contents):
            for chunk in pack.add(blob):
                yield chunk
        for item in history:
            for chunk in pack.add(item):
                yield chunk
        yield pack.end()

    async def _blobs(self, contents: Listing) -> AsyncIterator[tuple[FileEntry, _Object]]:
        async for batch in self._reader.batches(contents):
            for entry, data in batch:
                yield entry, _Object(kind=BLOB, data=data)


class _Pack:
    """Writes a pack piece by piece."""

    def __init__(self, *, count: int) -> None:
        self._count = count
        self._sum = hashlib.sha1(usedforsecurity=False)

    def start(self) -> bytes:
        return self._summed(b"PACK" + struct.pack(">II", 2, self._count))

    def add(self, item: _Object) -> Iterator[bytes]:
        packed = self._summed(item.packed)
        return (packed[at : at + CHUNK_BYTES] for at in range(0, len(packed), CHUNK_BYTES))

    def end(self) -> bytes:
        return self._sum.digest()

    def _summed(self, data: bytes) -> bytes:
        self._sum.update(data)
        return data


def _contents(listings: Iterable[Listing]) -> Listing:
    """List each content once, under its digest."""
    digests = {entry.digest for listing in listings for entry in listing.entries}
    return Listing.of(FileEntry(path=digest.sha256, digest=digest) for digest in digests)


def _history(
    versions: Sequence[Version], listings: Sequence[Listing], names: Mapping[Digest, bytes]
) -> list[_Object]:
    """Return each tree and commit once, the last version's commit last."""
    trees: dict[bytes, _Object] = {}
    commits: list[_Object] = []
    for version, listing in zip(versions, listings, strict=True):
        files = {tuple(entry.path.split("/")): names[entry.digest] for entry in listing.entries}
        root = _add_trees(files, trees)
        parent = commits[-1].name if commits else b""
        commits.append(_commit(version, tree=root, parent=parent))
    return [*trees.values(), *commits]


def _add_trees(files: Mapping[tuple[str, ...], bytes], trees: dict[bytes, _Object]) -> bytes:
    """Add the tree of some files and those below it; returns its name."""
    below: dict[str, dict[tuple[str, ...], bytes]] = {}
    entries: list[tuple[bytes, bytes]] = []
    for (first, *rest), name in files.items():
        if rest:
            below.setdefault(first, {})[tuple(rest)] = name
        else:
            entries.append((first.encode(), FILE_MODE + b" " + first.encode() + b"\0" + name))
    for folder, inner in below.items():
        name = _add_trees(inner, trees)
        line = TREE_MODE + b" " + folder.encode() + b"\0" + name
        entries.append((folder.encode() + b"/", line))  # git sorts folders as if they ended in `/`
    tree = _Object(kind=TREE, data=b"".join(line for _, line in sorted(entries)))
    trees[tree.name] = tree
    return tree.name


def _commit(version: Version, *, tree: bytes, parent: bytes) -> _Object:
    author = "".join(each for each in version.author if each.isprintable() and each not in "<>")
    stamp = f"{author.strip() or 'unknown'} <> {int(version.time.timestamp())} +0000"
    lines = [f"tree {tree.hex()}", *([f"parent {parent.hex()}"] if parent else [])]
    text = "\n".join([*lines, f"author {stamp}", f"committer {stamp}", "", version.message.strip()])
    return _Object(kind=COMMIT, data=f"{text}\n".replace("\0", "").encode())
