"""Prints digests of renderings and of their archives: `python -m …digests NAME…`."""

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence

from files_svc.archive import ArchiveFormat, File, pack
from tests.corpus.loading import load
from tests.corpus.rendering import render


def rendering_digest(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of all paths and contents, in their order."""
    digest = hashlib.sha256()
    for path, content in files.items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


async def archive_digest(files: Mapping[str, bytes], archive_format: ArchiveFormat) -> str:
    """Return the SHA-256 of an archive, packed as downloads are."""

    async def batches() -> AsyncIterator[Sequence[File]]:
        yield list(files.items())

    digest = hashlib.sha256()
    async for chunk in pack(batches(), archive_format):
        digest.update(chunk)
    return digest.hexdigest()


def digests(name: str) -> dict[str, str]:
    """Return the digests of one project of the corpus."""
    files = render(load(name))
    archives = {each.value: asyncio.run(archive_digest(files, each)) for each in ArchiveFormat}
    return {"files": rendering_digest(files), **archives}


if __name__ == "__main__":
    print(json.dumps({name: digests(name) for name in sys.argv[1:]}))  # noqa: T201 - for the test
