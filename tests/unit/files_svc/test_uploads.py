"""Uploads: however they are cut, what arrives is what was sent, or nothing is taken."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInputError
from files_svc.domain.digest import Digest
from files_svc.domain.snapshot import FileEntry
from files_svc.settings import LimitSettings, StoreSettings
from files_svc.store.connect import open_store
from files_svc.uploads import Piece, Uploads

LIMITS = LimitSettings(upload_buffer_bytes=10)
FILES = st.dictionaries(st.sampled_from(["a", "b/c", "d.py"]), st.binary(max_size=20), max_size=3)


def entry_of(path: str, content: bytes) -> FileEntry:
    """Return a file's entry."""
    return FileEntry(path=path, digest=Digest.of(content))


def cut(files: dict[str, bytes], size: int) -> list[Piece]:
    """Cut files into pieces."""
    pieces: list[Piece] = []
    for path, content in files.items():
        pieces.append(Piece(header=entry_of(path, content), data=content[:size]))
        rest = range(size, len(content), size)
        pieces += [Piece(header=None, data=content[at : at + size]) for at in rest]
    return pieces


def receive(pieces: Sequence[Piece]) -> dict[str, bytes]:
    """Upload pieces into an empty store, and read back what its entries name."""

    async def run() -> dict[str, bytes]:
        store = open_store(StoreSettings(url="memory:", cache_bytes=0))
        entries = await Uploads(store, LIMITS).receive(stream(pieces))
        return {entry.path: await store.read_blob(entry.digest) for entry in entries}

    return asyncio.run(run())


async def stream(pieces: Sequence[Piece]) -> AsyncIterator[Piece]:
    """Yield pieces as they would arrive."""
    for piece in pieces:
        yield piece


@given(FILES, st.integers(1, 7))
def test_joins_pieces_of_any_size(files: dict[str, bytes], size: int) -> None:
    """Stores each file whole, however it was cut."""
    assert receive(cut(files, size)) == files


@given(FILES, st.integers(1, 7), st.data())
def test_refuses_an_upload_with_any_piece_changed(
    files: dict[str, bytes], size: int, data: st.DataObject
) -> None:
    """Refuses a file of which a piece is missing, longer or different; names its path."""
    pieces = cut(files, size)
    full = [place for place, piece in enumerate(pieces) if piece.data]
    if not full:
        return
    place = data.draw(st.sampled_from(full))
    old = pieces[place].data
    new = data.draw(st.sampled_from([b"", old + b"!", bytes([old[0] ^ 1]) + old[1:]]))
    pieces[place] = replace(pieces[place], data=new)
    with pytest.raises(InvalidInputError) as refusal:
        receive(pieces)
    assert refusal.value.reason == "DIGEST_MISMATCH"
    assert refusal.value.metadata["path"] in files
