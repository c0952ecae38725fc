"""Archives: complete, fixed to the byte, and never whole in memory."""

import io
import os
import tarfile
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Sequence

import pytest

from files_svc.archive import ArchiveFormat, File, pack

FILES: list[File] = [
    (".gitignore", b""),
    ("README.md", b"# Hello\n" * 1000),
    ("app/main.py", b"print('hi')\n"),
    ("deep/" * 14 + "x.py", b"x"),
    ("docs/" + "long" * 28 + ".md", b"long"),
    ("docs/\u00dcbersicht.md", b"\x00\xff"),
    ("run.sh", b"echo\n"),
    ("tool", b"#!/usr/bin/env python3\n"),
]


async def batched(files: Sequence[File], size: int = 3) -> AsyncIterator[Sequence[File]]:
    """Yield files in batches."""
    for start in range(0, len(files), size):
        yield files[start : start + size]


async def packed(files: Sequence[File], archive_format: ArchiveFormat, size: int = 3) -> bytes:
    """Return a whole archive."""
    return b"".join([chunk async for chunk in pack(batched(files, size), archive_format)])


def unpacked(data: bytes, archive_format: ArchiveFormat) -> dict[str, tuple[bytes, int]]:
    """Return what an archive holds: content and mode by path."""
    if archive_format is ArchiveFormat.ZIP:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            return {
                info.filename: (archive.read(info), info.external_attr >> 16 & 0o777)
                for info in archive.infolist()
            }
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = {member.name: member for member in tar}
        return {
            name: (opened.read(), member.mode)
            for name, member in members.items()
            if (opened := tar.extractfile(member))
        }


@pytest.mark.parametrize("archive_format", ArchiveFormat)
async def test_holds_every_file(archive_format: ArchiveFormat) -> None:
    """Packs each file whole, in order, scripts executable."""
    found = unpacked(await packed(FILES, archive_format), archive_format)
    assert list(found) == [path for path, _ in FILES]
    assert {path: content for path, (content, _) in found.items()} == dict(FILES)
    assert {path for path, (_, mode) in found.items() if mode == 0o755} == {"run.sh", "tool"}


@pytest.mark.parametrize("archive_format", ArchiveFormat)
async def test_gives_the_same_bytes_each_time(archive_format: ArchiveFormat) -> None:
    """Gives the same bytes for the same files, however they are batched."""
    archives = {await packed(FILES, archive_format, size) for size in (1, 2, 100)}
    assert len(archives) == 1


@pytest.mark.parametrize("archive_format", ArchiveFormat)
async def test_packs_nothing(archive_format: ArchiveFormat) -> None:
    """Gives a valid archive without files."""
    assert unpacked(await packed([], archive_format), archive_format) == {}


@pytest.mark.parametrize("archive_format", ArchiveFormat)
async def test_keeps_little_in_memory(archive_format: ArchiveFormat) -> None:
    """Needs memory for a batch, not for the archive: 32 MiB go through less than 8."""

    async def files() -> AsyncIterator[Sequence[File]]:
        for number in range(32):
            yield [(f"file {number}", os.urandom(1024 * 1024))]

    tracemalloc.start()
    total = 0
    async for chunk in pack(files(), archive_format):
        total += len(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 32 * 1024 * 1024
    assert peak < 8 * 1024 * 1024
