"""Contract 2, row by row, over the real processes: what every route answers, and to whom."""

import hashlib
import io
import tarfile
import zipfile
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from tests.e2e.story import CHANGE, EITHER, MISSING, Story, assert_problem, end, iterate
from tests.e2e.support import SPEC, System, start

ROUTES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/generations/generate", {"json": {"spec": SPEC, "project_id": "{p}"}}),
    (
        "POST",
        "/generations/iterate",
        {"json": {"parent_generation_id": "{a}", "modification_prompt": CHANGE}},
    ),
    ("POST", "/generations/generate/{a}/stream-token", {}),
    ("POST", "/generations/{a}/stream-token", {}),
    ("GET", "/generations/generate/{a}/stream", {}),
    ("GET", "/generations/{a}/stream", {}),
    ("GET", "/generations/{a}", {}),
    ("PATCH", "/generations/{a}", {"json": {"title": "x"}}),
    ("DELETE", "/generations/{a}", {}),
    ("POST", "/generations/{a}/cancel", {}),
    ("POST", "/generations/{a}/retry", {}),
    ("GET", "/generations/{a}/files", {}),
    ("GET", "/generations/{a}/files/README.md", {}),
    ("PUT", "/generations/{a}/files/README.md", {"content": b"x"}),
    ("DELETE", "/generations/{a}/files/README.md", {}),
    ("GET", "/generations/{a}/download", {}),
    ("POST", "/generations/{a}/search", {"json": {"query": "x"}}),
    ("GET", "/generations/{a}/review", {}),
    ("GET", "/generations/{a}/iterations", {}),
    ("GET", "/generations/compare/{a}/{b}", {}),
    ("GET", "/generations/projects/{p}/versions", {}),
    ("GET", "/generations/projects/{p}/versions/active", {}),
    ("GET", "/generations/projects/{p}/versions/1", {}),
    ("GET", "/generations/projects/{p}/versions/compare/1/2", {}),
    ("POST", "/generations/projects/{p}/versions/{a}/activate", {}),
    ("GET", "/projects/{p}", {}),
    ("PUT", "/projects/{p}", {"json": {"name": "x"}}),
    ("DELETE", "/projects/{p}", {}),
    ("POST", "/api/events/project.{p}/token", {}),
    ("GET", "/api/events/project.{p}", {}),
    ("POST", "/api/v1/events/project.{p}/token", {}),
    ("GET", "/api/v1/events/project.{p}", {}),
]
OWN = [
    ("GET", "/generations"),
    ("GET", "/generations/active"),
    ("GET", "/generations/recent"),
    ("GET", "/generations/statistics"),
    ("POST", "/generations/plan"),
    ("GET", "/projects"),
    ("POST", "/projects"),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=lambda value: str(value)[:40])
def test_strangers_get_nothing(
    shared: System, story: Story, method: str, path: str, body: dict[str, Any]
) -> None:
    """Answers 401 to nobody, and 404 alike to somebody else and for what is unknown."""
    unknown = {"first": MISSING, "second": MISSING, "project": "prj_x"}
    with httpx.Client(base_url=shared.url, trust_env=False) as nobody:
        refused = nobody.request(method, story.path(path), **filled(story, body))
        assert assert_problem(refused, 401)["reason"] in {"TOKEN_MISSING", "STREAM_TOKEN_MISSING"}
    with shared.client("eve") as eve:
        assert_problem(eve.request(method, story.path(path), **filled(story, body)), 404)
        missing = eve.request(method, story.path(path, **unknown), **filled(story, body))
        assert_problem(missing, 404)


def filled(story: Story, body: dict[str, Any]) -> dict[str, Any]:
    """Fill the ids into a JSON body."""
    fill = {"{a}": story.first["generation_id"], "{p}": story.project_id}
    if "json" not in body:
        return body
    return {"json": {key: fill.get(str(value), value) for key, value in body["json"].items()}}


@pytest.mark.parametrize(("method", "path"), OWN)
def test_lists_need_a_user(shared: System, method: str, path: str) -> None:
    """Answers 401 to nobody where there is no id to hide."""
    assert_problem(httpx.request(method, f"{shared.url}{path}", trust_env=False), 401)


def test_the_filters_of_lists_and_counts(story: Story) -> None:
    """Narrows all four by the same words."""
    first, second = story.first["generation_id"], story.second["generation_id"]
    for path in ("/generations", "/generations/recent"):
        assert story.ids(path) == [second, first]
        assert story.ids(path, is_iteration=True) == [second]
        assert story.ids(path, is_iteration=False) == [first]
        assert story.ids(path, status=["completed", "failed"]) == [second, first]
        assert story.ids(path, status="failed") == []
        assert story.ids(path, project_id="prj_x") == []
        assert story.ids(path, min_quality_score=story.first["quality_score"])[-1] == first
    assert story.ids("/generations/active") == []
    assert story.ids("/generations/active", status="completed") == []
    for query, total in (({}, 2), ({"is_iteration": True}, 1), ({"status": "failed"}, 0)):
        counts = story.client.get("/generations/statistics", params=query).json()
        assert counts["total"] == total, query
    for query in ("status=x", "min_quality_score=1.1", "page_size=0", "page_token=x"):
        problem = assert_problem(story.client.get(f"/generations?{query}"), 422)
        assert problem["errors"][0]["field"].startswith(query.partition("=")[0])


def test_pages(story: Story) -> None:
    """Goes through a list page by page, each time from where the last page ended."""
    page = story.client.get("/generations/recent", params={"page_size": 1}).json()
    rest = story.ids("/generations/recent", page_size=1, page_token=page["next_page_token"])
    assert rest == [story.first["generation_id"]]


def test_changes_answer_the_whole_generation(story: Story) -> None:
    """Changes what is sent, keeps the rest, and answers spec and context as the details do."""
    path = story.path("/generations/{a}")
    story.client.patch(path, json={"title": "Mine", "tags": ["b", "a"]})
    answer = story.client.patch(path, json={"description": "Ours"}).json()
    told = (answer["title"], answer["description"], answer["tags"])
    assert told == ("Mine", "Ours", ["a", "b"])
    assert answer == story.client.get(path).json()
    assert answer["context"] == {"ticket": [1, 2.5, None]}
    assert [each["name"] for each in answer["spec"]["entities"]] == ["Author", "Book"]
    assert_problem(story.client.patch(path, json={"status": "failed"}), 422)


def test_what_has_ended_cannot_be_cancelled_or_retried(story: Story) -> None:
    """Answers 409 to what the state of a completed generation does not allow."""
    for verb in ("cancel", "retry"):
        assert_problem(story.client.post(story.path("/generations/{a}/" + verb)), 409)


def test_while_it_runs(shared: System, client: httpx.Client) -> None:
    """Refuses to delete and to iterate what runs; cancels for good; force deletes."""
    running = start(client, generation_mode="enhanced")
    path = f"/generations/{running['generation_id']}"
    assert_problem(client.delete(path), 409)
    assert_problem(client.delete(f"/projects/{running['project_id']}"), 409)
    assert_problem(iterate(client, running["generation_id"]), 409)
    assert_problem(client.post(f"{path}/retry"), 409)
    cancelled = client.post(f"{path}/cancel").json()
    assert cancelled["status"] == "cancelled"
    assert cancelled["spec"]["name"] == "shop"
    assert end(shared, client, running)["status"] == "cancelled"
    assert_problem(client.post(f"{path}/retry"), 409)
    assert client.delete(path).status_code == 204
    forced = f"/generations/{start(client)['generation_id']}"
    assert client.delete(f"{forced}?force=true").status_code == 204
    assert_problem(client.get(forced), 404)


def test_one_file(story: Story) -> None:
    """Gives a file its digest as `ETag`, answers 304 and ranges, and guards edits with it."""
    path = story.path("/generations/{b}/files/docs/mine.md")
    written = story.client.put(path, content=b"my own words")
    digest = hashlib.sha256(b"my own words").hexdigest()
    assert (written.status_code, written.headers["etag"]) == (201, f'"{digest}"')
    read = story.client.get(path)
    assert (read.content, read.headers["etag"]) == (b"my own words", f'"{digest}"')
    assert story.client.get(path, headers={"If-None-Match": f'"{digest}"'}).status_code == 304
    part = story.client.get(path, headers={"Range": "bytes=3-5"})
    assert (part.status_code, part.content) == (206, b"own")
    assert_problem(story.client.get(path, headers={"Range": "bytes=99-"}), 416)
    stale = {"If-Match": '"0000"'}
    assert_problem(story.client.put(path, content=b"x", headers=stale), 412)
    assert_problem(story.client.delete(path, headers=stale), 412)
    good = {"If-Match": f'"{digest}"'}
    assert story.client.delete(path, headers=good).status_code == 204
    assert_problem(story.client.get(path), 404)


@pytest.mark.parametrize("name", ["..%2fx", "%2fetc%2fpasswd", "CON", "a%00b", "readme.md"])
def test_a_file_stays_inside(story: Story, name: str) -> None:
    """Refuses a path that leaves the root, or would on another machine, naming the path."""
    written = story.client.put(story.path("/generations/{b}/files/" + name), content=b"x")
    assert assert_problem(written, 422)["errors"][0]["field"] == unquote(name)


@EITHER
def test_listings_archives_and_files_agree(story: Story, which: str) -> None:
    """Sends the same bytes each time, as a zip, a tarball and one by one: the listing's files."""
    path = story.path(f"/generations/{{{which}}}")
    listing = story.client.get(f"{path}/files", params={"page_size": 1000}).json()
    listed = {each["path"]: each["digest"] for each in listing["files"]}
    assert (len(listed), "app/models/book.py" in listed) == (listing["file_count"], True)
    for query, read in (("", unzipped), ("?format=tar.gz", untarred)):
        first, again = (story.client.get(f"{path}/download{query}") for _ in range(2))
        assert first.content == again.content
        assert digests(read(first.content)) == listed
        kind = "application/gzip" if query else "application/zip"
        assert first.headers["content-type"] == kind
    single = {name: story.client.get(f"{path}/files/{name}").content for name in listed}
    assert digests(single) == listed


def digests(files: dict[str, bytes]) -> dict[str, str]:
    """Return the digest of each file."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def unzipped(content: bytes) -> dict[str, bytes]:
    """Return the files of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def untarred(content: bytes) -> dict[str, bytes]:
    """Return the files of a tarball, which has nothing else."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as packed:
        members = packed.getmembers()
        assert all(each.isfile() for each in members)
        opened = [(each.name, packed.extractfile(each)) for each in members]
        return {name: file.read() for name, file in opened if file}
