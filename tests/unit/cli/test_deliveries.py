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
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("same", "gone")}
    digests |= {"changed": "0" * 64}
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


@pytest.mark.parametrize("path", ["app/main.py", "main.py"], ids=["folder", "file"])
@pytest.mark.parametrize("target", ["outside", "inside"])
async def test_links_are_refused(bridge: Bridge, tmp_path: Path, path: str, target: str) -> None:
    """Says which file is a link or behind one, and reads and sends nothing, not even others."""
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    for each in (outside, folder, folder / "inside"):
        each.mkdir()
        (each / "main.py").write_text("secret")
    (folder / "a.py").write_text("changed")
    (folder / "main.py").unlink()
    place = folder / Path(path).parts[0]
    leads_to = outside if target == "outside" else folder / "inside"
    place.symlink_to(leads_to / "main.py" if path == "main.py" else leads_to)
    entries = [{"path": each, "digest": "0" * 64} for each in ("a.py", path)]
    page = {"files": entries, "next_page_token": ""}
    bridge.on("/generations/gen_1/files", lambda _: JSONResponse(page))
    async with connected(Server(url=bridge.url, token="t")) as client:
        with pytest.raises(RefusedError, match=path):
            [each async for each in send_edits(client, "gen_1", folder)]
    assert {request.method for request in bridge.requests} == {"GET"}


async def test_a_folder_may_be_named_by_a_link(bridge: Bridge, tmp_path: Path) -> None:
    """Takes the folder itself by a link: that one the user has named."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.py").write_text("changed")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    page = {"files": [{"path": "a.py", "digest": "0" * 64}], "next_page_token": ""}
    bridge.on("/generations/gen_1/files", lambda _: JSONResponse(page))
    bridge.on("/generations/gen_1/files/a.py", lambda _: JSONResponse({}))
    async with connected(Server(url=bridge.url, token="t")) as client:
        sent = [path async for path in send_edits(client, "gen_1", tmp_path / "link")]
    assert sent == ["a.py"]
