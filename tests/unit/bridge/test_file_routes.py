"""The routes of files: lists, single files, ranges and the archive."""

import pytest

from tests.unit.bridge.world import World


async def test_files(bridge: World) -> None:
    """Lists files in pages, and answers each with its digest as `ETag`."""
    script = bridge.orchestrator.add()
    empty = await bridge.http.get("/generations/gen_1/files", headers=bridge.as_user())
    assert empty.json()["files"] == []
    script.generation.snapshot_id = "snapshot"
    first = await bridge.http.get("/generations/gen_1/files?page_size=1", headers=bridge.as_user())
    assert [file["path"] for file in first.json()["files"]] == ["README.md"]
    path = f"/generations/gen_1/files?page_size=1&page_token={first.json()['next_page_token']}"
    second = await bridge.http.get(path, headers=bridge.as_user())
    assert [file["path"] for file in second.json()["files"]] == ["app/main.py"]
    path = "/generations/gen_1/files/app/main.py"
    whole = await bridge.http.get(path, headers=bridge.as_user())
    assert whole.content == bridge.files.files["app/main.py"]
    assert whole.headers["content-length"] == "300000"
    assert whole.headers["etag"] == f'"{second.json()["files"][0]["digest"]}"'
    seen = bridge.as_user() | {"if-none-match": f'"other", {whole.headers["etag"]}'}
    assert (await bridge.http.get(path, headers=seen)).status_code == 304
    for missing in ("nothing.py", "../README.md", "%00", "app"):
        answer = await bridge.http.get(
            f"/generations/gen_1/files/{missing}", headers=bridge.as_user()
        )
        assert answer.status_code == 404


RANGES = [
    ("bytes=0-1", 206, b"# "),
    ("bytes=2-", 206, b"Blog\n"),
    ("bytes=-3", 206, b"og\n"),
    ("bytes=0-999", 206, b"# Blog\n"),
    ("bytes=5-1", 200, b"# Blog\n"),
    ("lines=1-2", 200, b"# Blog\n"),
    ("bytes=0-1,3-4", 200, b"# Blog\n"),
    ("bytes=7-", 416, None),
    ("bytes=-0", 416, None),
]


@pytest.mark.parametrize(("header", "status", "content"), RANGES)
async def test_ranges(bridge: World, header: str, status: int, content: bytes | None) -> None:
    """Answers one range, ignores what is none, refuses what lies outside."""
    bridge.orchestrator.add().generation.snapshot_id = "snapshot"
    headers = bridge.as_user() | {"range": header}
    answer = await bridge.http.get("/generations/gen_1/files/README.md", headers=headers)
    assert answer.status_code == status
    if content is not None:
        assert answer.content == content
        assert answer.headers["content-length"] == str(len(content))
    else:
        assert answer.headers["content-range"] == "bytes */7"


async def test_download(bridge: World) -> None:
    """Answers the zip; a snapshot that is gone is a 404 and no broken 200."""
    script = bridge.orchestrator.add()
    path = "/generations/gen_1/download"
    assert (await bridge.http.get(path, headers=bridge.as_user())).status_code == 404
    script.generation.snapshot_id = "snapshot"
    answer = await bridge.http.get(path, headers=bridge.as_user())
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="blog-v1.zip"'
    assert answer.content.startswith(b"PK")
    seen = bridge.as_user() | {"if-none-match": answer.headers["etag"]}
    assert (await bridge.http.get(path, headers=seen)).status_code == 304
    script.generation.snapshot_id = "gone"
    answer = await bridge.http.get(path, headers=bridge.as_user())
    assert answer.status_code == 404
