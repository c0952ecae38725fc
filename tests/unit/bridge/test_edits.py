"""Iterations, a user's own edits, searching and comparing."""

import base64
from typing import Any

import pytest
from backsmith.files.v1 import merge_pb2, snapshot_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.world import World

FILES = "/generations/gen_1/files"
FILE = "/generations/gen_1/files/README.md"


@pytest.fixture
def edited(bridge: World) -> World:
    """A completed generation with files."""
    script = bridge.orchestrator.add()
    script.happen("completed", 1.0, status=COMPLETED)
    script.generation.snapshot_id = "snapshot"
    return bridge


async def test_write_and_delete(edited: World) -> None:
    """Stores a new file with 201, another version with 200, and takes it away with 204."""
    path = "/generations/gen_1/files/notes/todo.txt"
    headers = edited.as_user()
    new = await edited.http.put(path, content=b"one", headers=headers)
    assert (new.status_code, new.json()["size_bytes"]) == (201, 3)
    again = await edited.http.put(path, content=b"two", headers=headers)
    assert again.status_code == 200
    read = await edited.http.get(path, headers=headers)
    assert (read.content, read.headers["etag"]) == (b"two", again.headers["etag"])
    assert (await edited.http.delete(path, headers=headers)).status_code == 204
    assert (await edited.http.get(path, headers=headers)).status_code == 404
    assert (await edited.http.delete(path, headers=headers)).status_code == 404
    assert [change.path for change in edited.orchestrator.changes] == ["notes/todo.txt"] * 3


async def test_many_edits_at_once(edited: World) -> None:
    """Stores and takes away several files in one snapshot, and tells their digests."""
    body = {
        "edits": [
            {"path": "docs/a.md", "text": "one\n", "if_none_match": "*"},
            {"path": "docs/b.bin", "content": base64.b64encode(b"\xff\x00").decode()},
            {"path": "README.md", "delete": True},
        ]
    }
    answer = await edited.http.post(FILES, json=body, headers=edited.as_user())
    assert answer.status_code == 200
    assert [each["path"] for each in answer.json()["files"]] == ["docs/a.md", "docs/b.bin"]
    assert answer.json()["deleted"] == ["README.md"]
    assert edited.files.files["docs/b.bin"] == b"\xff\x00"
    assert "README.md" not in edited.files.files
    assert edited.orchestrator.calls["ReplaceSnapshot"] == 1
    assert len(edited.orchestrator.changes) == 3


@pytest.mark.parametrize(
    ("edits", "status"),
    [
        ([{"path": "README.md", "text": "mine", "if_match": '"other"'}], 412),
        ([{"path": "absent.md", "delete": True}], 404),
        ([{"path": "a", "text": "1"}, {"path": "a", "text": "2"}], 422),
        ([{"path": "a", "text": "1", "delete": True}], 422),
        ([{"path": "a"}], 422),
        ([], 422),
        ([{"path": "a", "text": "x" * (1024 * 1024 + 1)}], 413),
    ],
)
async def test_all_edits_or_none(edited: World, edits: list[dict[str, Any]], status: int) -> None:
    """Makes none of several edits when one cannot be made."""
    before = dict(edited.files.files)
    body = {"edits": [{"path": "fine.md", "text": "fine"}, *edits] if edits else []}
    answer = await edited.http.post(FILES, json=body, headers=edited.as_user())
    assert answer.status_code == status
    assert edited.files.files == before


async def test_conflicts(edited: World) -> None:
    """Lists conflicts, shows their sides, and settles them by a side or a text."""
    digest = snapshot_pb2.Digest(sha256="a" * 64)
    edited.orchestrator.conflicts = [
        merge_pb2.Conflict(
            path=path,
            place="Post.title",
            reason=merge_pb2.CONFLICT_REASON_BOTH_CHANGED,
            ours=digest,
        )
        for path in ("a.py", "b.py", "c.py")
    ]
    edited.files.files["theirs/a.py"] = b"theirs = 1\n"
    path, headers = "/generations/gen_1/conflicts", edited.as_user()
    told = (await edited.http.get(path, headers=headers)).json()["conflicts"]
    assert told[0] == {
        "path": "a.py",
        "place": "Post.title",
        "reason": "both_changed",
        "base": None,
        "ours": "a" * 64,
        "theirs": None,
    }
    side = await edited.http.get(f"{path}/theirs/a.py", headers=headers)
    assert (side.status_code, side.content) == (200, b"theirs = 1\n")
    assert (await edited.http.get(f"{path}/theirs/z.py", headers=headers)).status_code == 404
    for body, status in (
        ({"path": "a.py", "take": "ours"}, 200),
        ({"path": "b.py", "take": "theirs"}, 200),
        ({"path": "c.py", "take": "text", "text": "both = 2\n"}, 200),
        ({"path": "c.py", "take": "ours"}, 404),
        ({"path": "c.py", "take": "text"}, 422),
        ({"path": "c.py", "take": "ours", "text": "x"}, 422),
    ):
        answer = await edited.http.post(f"{path}/resolve", json=body, headers=headers)
        assert answer.status_code == status
    sides = [each.side for each in edited.orchestrator.resolutions]
    assert sides == [pb.CONFLICT_SIDE_OURS, pb.CONFLICT_SIDE_THEIRS, 0]
    assert edited.orchestrator.resolutions[-1].text == "both = 2\n"


async def test_roll_back(edited: World) -> None:
    """Starts a version made of an older one, with a token for its stream."""
    path = "/generations/projects/prj_1/versions/gen_1/rollback"
    answer = await edited.http.post(path, headers=edited.as_user())
    assert (answer.status_code, answer.json()["parent_generation_id"]) == (201, "gen_1")
    async with edited.stream(answer.json()["event_source_url"]) as stream:
        assert stream.status == 200
    foreign = await edited.http.post(path, headers=edited.as_user("eve"))
    assert foreign.status_code == 404


async def test_a_bundle_of_all_versions(edited: World) -> None:
    """Exports every completed version, the oldest first, as one git bundle."""
    for number in (1, 2):
        generation = edited.orchestrator.add(f"gen_{number}").generation
        generation.status, generation.snapshot_id, generation.version = COMPLETED, "s", 3 - number
    answer = await edited.http.get("/generations/projects/prj_1/bundle", headers=edited.as_user())
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith('.bundle"')
    assert answer.text.startswith("Version 1")
    assert "Version 2" in answer.text


async def test_lost_updates_are_refused(edited: World) -> None:
    """Answers 412 when the file is not the one that the edit began from."""
    etag = (await edited.http.get(FILE, headers=edited.as_user())).headers["etag"]
    matching = edited.as_user() | {"if-match": etag}
    assert (await edited.http.put(FILE, content=b"mine", headers=matching)).status_code == 200
    lost = await edited.http.put(FILE, content=b"theirs", headers=matching)
    assert (lost.status_code, lost.json()["reason"]) == (412, "PRECONDITION_FAILED")
    assert edited.files.files["README.md"] == b"mine"
    assert (await edited.http.delete(FILE, headers=matching)).status_code == 412
    only_new = edited.as_user() | {"if-none-match": "*"}
    assert (await edited.http.put(FILE, content=b"", headers=only_new)).status_code == 412


async def test_race_with_another_edit(edited: World) -> None:
    """Tries again when another edit was first, and tells why with 409 when that goes on."""
    edited.orchestrator.races = 1
    answer = await edited.http.put(FILE, content=b"mine", headers=edited.as_user())
    assert answer.status_code == 200
    edited.orchestrator.races = 100
    lost = await edited.http.put(FILE, content=b"theirs", headers=edited.as_user())
    assert (lost.status_code, lost.headers["content-type"]) == (409, "application/problem+json")
    told = {key: lost.json()[key] for key in ("status", "title", "reason", "detail", "instance")}
    assert told == {
        "status": 409,
        "title": "Conflict",
        "reason": "SNAPSHOT_CHANGED",
        "detail": "The files have changed meanwhile; read them again.",
        "instance": FILE,
    }
    assert [change.path for change in edited.orchestrator.changes] == ["README.md"]


async def test_too_large_a_file(edited: World) -> None:
    """Refuses a file that the files service would not take."""
    content = b"x" * (1024 * 1024 + 1)
    answer = await edited.http.put(FILE, content=content, headers=edited.as_user())
    assert answer.status_code == 413


async def test_iterate(edited: World) -> None:
    """Starts an iteration, with a token for its stream."""
    body = {"parent_generation_id": "gen_1", "modification_prompt": "Add tags to posts"}
    answer = await edited.http.post("/generations/iterate", json=body, headers=edited.as_user())
    assert answer.status_code == 201
    told = answer.json()
    assert (told["is_iteration"], told["parent_generation_id"]) == (True, "gen_1")
    async with edited.stream(told["event_source_url"]) as stream:
        assert stream.status == 200


async def test_destructive_change(edited: World) -> None:
    """Answers 409 and lists what would be lost, unless that is confirmed, in so many words."""
    body = {"parent_generation_id": "gen_1", "spec_patch": {"drop": ["Post.title"]}}
    answer = await edited.http.post("/generations/iterate", json=body, headers=edited.as_user())
    assert (answer.status_code, answer.json()["reason"]) == (409, "DESTRUCTIVE_CHANGE")
    assert answer.json()["errors"][0]["field"] == "Post.title"
    for word in ("yes", 1, "true"):
        vague = body | {"confirm_destructive": word}
        said = await edited.http.post("/generations/iterate", json=vague, headers=edited.as_user())
        assert said.json()["errors"][0]["field"] == "confirm_destructive"
    body |= {"confirm_destructive": True}
    answer = await edited.http.post("/generations/iterate", json=body, headers=edited.as_user())
    assert answer.status_code == 201


async def test_iterate_refusals(edited: World) -> None:
    """Refuses an iteration of what runs, of nothing, and without words."""
    edited.orchestrator.add("gen_2")
    prompt = {"modification_prompt": "Add tags to posts"}
    for body, status in (
        ({"parent_generation_id": "gen_2", **prompt}, 409),
        ({"parent_generation_id": "gen_3", **prompt}, 404),
        ({"parent_generation_id": "gen_1"}, 422),
        (prompt, 422),
    ):
        answer = await edited.http.post("/generations/iterate", json=body, headers=edited.as_user())
        assert answer.status_code == status


async def test_search(edited: World) -> None:
    """Finds lines, and refuses what is no expression."""
    path = "/generations/gen_1/search"
    found = await edited.http.post(path, json={"query": "# Blog"}, headers=edited.as_user())
    assert [match["path"] for match in found.json()["matches"]] == ["README.md"]
    bad = {"query": "(", "regex": True}
    answer = await edited.http.post(path, json=bad, headers=edited.as_user())
    assert answer.status_code == 422


async def test_compare(edited: World) -> None:
    """Tells what came, went and changed: files, sizes, quality, spec and API."""
    other = edited.orchestrator.add("gen_2")
    path = "/generations/compare/gen_1/gen_2"
    assert (await edited.http.get(path, headers=edited.as_user())).status_code == 404
    other.generation.snapshot_id = "other"
    other.generation.version = 2
    other.generation.quality_score = 0.5
    other.generation.spec.entities.add(name="Post")
    answer = (await edited.http.get(path, headers=edited.as_user())).json()
    assert [each["change"] for each in answer["files"]] == ["added", "removed", "changed"]
    assert answer["files"][0]["diff"].startswith("--- /dev/null\n+++ b/a\n@@")
    assert answer["counts"] == {"added": 1, "removed": 1, "changed": 1, "unchanged": 7}
    assert answer["spec"] == [
        {"path": "Post", "change": "added", "before": None, "after": {"name": "Post"}}
    ]
    assert (answer["before"]["quality_score"], answer["after"]["quality_score"]) == (None, 0.5)
    assert answer["after"]["total_size_bytes"] == 300_007
    assert (answer["breaking"], answer["api_compared"]) == ([], False)
    document = b'{"paths": {"/posts": {"get": {"responses": {}}}}}'
    edited.files.files["openapi.json"] = document
    answer = (await edited.http.get(path, headers=edited.as_user())).json()
    assert (answer["breaking"], answer["api_compared"]) == ([], True)


async def test_life(bridge: World) -> None:
    """Cancels, renames, tags and deletes; what runs is deleted by force only."""
    bridge.orchestrator.add().happen("initializing", 0.01)
    path, headers = "/generations/gen_1", bridge.as_user()
    assert (await bridge.http.delete(path, headers=headers)).status_code == 409
    changed = await bridge.http.patch(
        path, json={"title": "Mine", "tags": ["b", "a"]}, headers=headers
    )
    assert (changed.json()["title"], changed.json()["tags"]) == ("Mine", ["a", "b"])
    for _ in range(2):
        cancelled = await bridge.http.post(f"{path}/cancel", headers=headers)
        assert cancelled.json()["status"] == "cancelled"
    counted = await bridge.http.get("/generations/statistics", headers=headers)
    assert counted.json()["by_status"]["cancelled"] == 1
    assert (await bridge.http.delete(path, headers=headers)).status_code == 204
    assert (await bridge.http.get(path, headers=headers)).status_code == 404


async def test_plan_of_a_change(edited: World) -> None:
    """Tells the patch in the words that a patch is written in, and what it would lose."""
    body = {"parent_generation_id": "gen_1", "prompt": "Drop the title, add an editor to posts"}
    answer = await edited.http.post("/generations/plan", json=body, headers=edited.as_user())
    assert answer.status_code == 200
    told = answer.json()
    assert told["patch"] == {
        "add": [{"entity.relation": "Post.editor", "kind": "many_to_one", "target": "User"}],
        "drop": ["Post.title"],
    }
    lost = {"target": "Post.title", "reason": "DROPPED", "message": "It is lost."}
    assert told["losses"] == [lost]
    assert (told["spec"], told["unresolved"]) == ({"name": "blog"}, [])
    [request] = edited.orchestrator.planned
    assert request.plan.prompt == body["prompt"]


async def test_plan_of_a_change_takes_what_an_iteration_takes(edited: World) -> None:
    """Reads the body of an iteration, too: its prompt and its patch."""
    for body in (
        {"modification_prompt": "Drop the title"},
        {"spec_patch": {"drop": ["Post.title"]}},
    ):
        whole = {"parent_generation_id": "gen_1", **body}
        answer = await edited.http.post("/generations/plan", json=whole, headers=edited.as_user())
        assert answer.status_code == 200
    prompted, patched = (request.plan for request in edited.orchestrator.planned)
    assert prompted.prompt == "Drop the title"
    assert patched.patch_document.content == b'{"drop": ["Post.title"]}'


async def test_plan_refusals(edited: World) -> None:
    """Refuses a change of nothing, without words, and with what is the parent's to say."""
    for body, status in (
        ({"parent_generation_id": "gen_3", "prompt": "Drop the title"}, 404),
        ({"parent_generation_id": "gen_1"}, 422),
        ({"modification_prompt": "Drop the title"}, 422),
        ({"spec_patch": {"drop": ["Post.title"]}}, 422),
        ({"parent_generation_id": "gen_1", "prompt": "Drop the title", "domain": "general"}, 422),
        ({}, 422),
    ):
        answer = await edited.http.post("/generations/plan", json=body, headers=edited.as_user())
        assert answer.status_code == status, body
