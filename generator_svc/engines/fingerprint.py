"""What renders: a digest of all that decides which bytes come out of a spec."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable

PACKAGES = ("domain", "engines", "phases", "templates")
"""The parts of the generator that rendering uses."""

LIBRARIES = ("fastapi", "jinja2", "pydantic", "ruff")
"""The libraries whose version shows in what is rendered."""


@cache
def fingerprint() -> str:
    """Return the SHA-256 of the templates, of the code around them, and of what they run on."""
    digest = hashlib.sha256()
    for library in LIBRARIES:
        digest.update(f"{library}=={metadata.version(library)}\n".encode())
    root = resources.files("generator_svc")
    for package in PACKAGES:
        for path, file in _files(root.joinpath(package), package):
            content = file.read_bytes()
            digest.update(f"{path} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    """Yield the source files below a folder, sorted, with their paths."""
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        below = f"{path}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry, below)
        elif entry.is_file():
            yield below, entry
