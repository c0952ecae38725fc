"""Remembers which generation a folder on disk came from, and sends the user's edits of it back."""

import hashlib
import json
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from cli.client import Client
from cli.errors import RefusedError
from cli.system.folder import DataFolder

MAX_REMEMBERED = 1000


class Deliveries:
    """The folders that generations were written to, by this machine's user.

    Args:
        folder: The data folder; the notes are kept in `deliveries.json`.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._path = folder.root / "deliveries.json"

    def remember(self, out: Path, generation_id: str) -> None:
        """Note that a folder holds a generation; the oldest notes are forgotten."""
        notes = self._notes()
        key = str(out.resolve())
        notes.pop(key, None)
        notes[key] = generation_id
        newest = dict(list(notes.items())[-MAX_REMEMBERED:])
        self._folder.prepare()
        descriptor, fresh = tempfile.mkstemp(dir=self._folder.root)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(newest, file, indent=1)
        Path(fresh).replace(self._path)

    def generation_in(self, out: Path) -> str:
        """Return the generation that a folder holds.

        Raises:
            RefusedError: The folder was not written by this command.
        """
        found = self._notes().get(str(out.resolve()))
        if found is None:
            raise RefusedError(
                f"{str(out)!r} was not written by `backsmith generate` with this data folder; "
                "name the generation's id instead."
            )
        return found

    def _notes(self) -> dict[str, str]:
        try:
            notes: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return {}
        return notes


async def send_edits(client: Client, generation_id: str, folder: Path) -> AsyncIterator[str]:
    """Store what the user changed in a generation's files; yield each path.

    Only files that the generation has are looked at: what else stands in the folder, such as a
    virtual environment, is the user's own business.

    Raises:
        RefusedError: A link stands in the way of one of them; nothing is sent then.
    """
    entries = [entry async for entry in client.files(generation_id)]
    places = [_place(folder, str(entry["path"])) for entry in entries]
    for entry, place in zip(entries, places, strict=True):
        if not place.is_file():
            continue
        path, digest, content = str(entry["path"]), str(entry["digest"]), place.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            await client.put_file(generation_id, path, content, if_match=digest)
            yield path


def _place(folder: Path, path: str) -> Path:
    """Return where a file stands; never through a link, which could lead anywhere.

    Raises:
        RefusedError: The file, or a folder on the way to it, is a link.
    """
    root = folder.resolve()
    place = root / path
    if place.resolve() != place:
        raise RefusedError(
            f"{path!r} is a symbolic link, or stands behind one; put the file itself there, "
            "or name the generation's id instead of the folder."
        )
    return place
