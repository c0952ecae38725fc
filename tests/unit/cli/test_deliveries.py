"""Folders that remember where they come from."""

import hashlib
from pathlib import Path

import pytest
from starlette.responses import JSONResponse

from cli.client import Server, connected
from cli.deliveries import MAX_REMEMBERED, Deliveries, send_edits
from cli.errors import RefusedError
from cli.system.folder import DataFolder
from tests.unit.cli.bridge import Bridge


def test_a_folder_is_known_by_any_of_its_names(tmp_path: Path) -> None:
    """Finds the newest generation of a folder, whichever way it is written."""
    deliveries = Deliveries(DataFolder(tmp_path / "data"))
    out = tmp_path / "out"
    out.mkdir()
    deliveries.remember(out, "gen_1")
    deliveries.remember(out, "gen_2")
    assert deliveries.generation_in(out / ".." / "out") == "gen_2"


def test_a_strange_folder_is_refused(tmp_path: Path) -> None:
    """Asks for an id where it did not write itself."""
    with pytest.raises(RefusedError, match="name the generation's id"):
        Deliveries(DataFolder(tmp_path / "data")).generation_in(tmp_path)


def test_old_notes_are_forgotten(tmp_path: Path) -> None:
    """Keeps a bounded number of notes, the newest ones."""
    deliveries = Deliveries(DataFolder(tmp_path / "data"))
    for number in range(MAX_REMEMBERED + 1):
        deliveries.remember(tmp_path / str(number), f"gen_{number}")
    with pytest.raises(RefusedError):
        deliveries.generation_in(tmp_path / "0")
    assert deliveries.generation_in(tmp_path / "1") == "gen_1"


async def test_only_what_the_user_changed_is_sent(bridge: Bridge, tmp_path: Path) -> None:
    """Sends changed files with the digest they had, and nothing that is not the generation's."""
    for name in ("same", "changed", "own"):
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("own")
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("same", "gone")}
    digests |= {"changed": "0" * 64, "link": "1" * 64}
    files = [{"path": path, "digest": digest} for path, digest in digests.items()]
    pages = [
        {"files": files[:2], "next_page_token": "more"},
        {"files": files[2:], "next_page_token": ""},
    ]
    bridge.on(
        "/generations/gen_1/files", *(lambda _, page=page: JSONResponse(page) for page in pages)
    )
    bridge.on("/generations/gen_1/files/changed", lambda _: JSONResponse({}))
    async with connected(Server(url=bridge.url, token="t")) as client:
        assert [path async for path in send_edits(client, "gen_1", tmp_path)] == ["changed"]
    assert bridge.requests[-1].method == "PUT"
    assert bridge.headers("if-match")[-1] == f'"{"0" * 64}"'
    assert bridge.bodies[-1] == b"changed"
