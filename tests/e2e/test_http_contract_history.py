"""Contract 2, the rows about what came before: versions, comparisons, projects, repeats, modes."""

from typing import Any

import httpx
import pytest

from tests.e2e.story import CHANGE, EITHER, Story, assert_problem, end, iterate
from tests.e2e.support import BODY, SPEC, System, start

SEARCHES: list[tuple[dict[str, Any], str]] = [
    ({"query": "(a)\\1", "regex": True}, "query"),
    ({"query": "(", "regex": True}, "query"),
    ({"query": ""}, "query"),
    ({"query": "x", "max_results": 1001}, "max_results"),
    ({"query": "x", "lines": 3}, "lines"),
]


@EITHER
def test_search(story: Story, which: str) -> None:
    """Finds text and expressions, no more than asked for, in the files of one generation."""
    path = story.path(f"/generations/{{{which}}}/search")
    found = story.client.post(path, json={"query": "^class Book\\b", "regex": True}).json()
    assert "app/models/book.py" in {each["path"] for each in found["matches"]}
    match = found["matches"][0]
    assert match["text"][match["start"] : match["end"]] == "class Book"
    bounded = story.client.post(path, json={"query": "import", "max_results": 2}).json()
    assert (len(bounded["matches"]), bounded["truncated"]) == (2, True)
    new = story.client.post(path, json={"query": "subtitle", "path_prefix": "app/models/"}).json()
    assert bool(new["matches"]) is (which == "b")
    backtracking = {"query": "(a+)+$", "regex": True, "path_prefix": "app/"}
    assert story.client.post(path, json=backtracking).status_code == 200


@pytest.mark.parametrize(("body", "field"), SEARCHES, ids=range(len(SEARCHES)))
def test_search_refuses_by_field(story: Story, body: dict[str, Any], field: str) -> None:
    """Names the field of a search that is no expression, too much, or unknown."""
    problem = assert_problem(
        story.client.post(story.path("/generations/{a}/search"), json=body), 422
    )
    assert [each["field"] for each in problem["errors"]] == [field]


@EITHER
def test_review_has_one_scale(story: Story, which: str) -> None:
    """Tells the score that the details tell, from 0.0 to 1.0, and every gate's outcome."""
    path = story.path(f"/generations/{{{which}}}")
    review = story.client.get(f"{path}/review").json()
    assert review["score"] == story.client.get(path).json()["quality_score"]
    assert 0.0 <= review["score"] <= 1.0
    assert {each["outcome"] for each in review["gates"]} <= {"passed", "failed", "skipped"}


def test_versions_and_comparisons(story: Story) -> None:
    """Numbers versions from 1, finds each, and shows what changed between any two."""
    versions = story.path("/generations/projects/{p}/versions")
    first, second = story.first["generation_id"], story.second["generation_id"]
    assert (story.first["version"], story.second["version"]) == (1, 2)
    assert story.ids(versions) == [second, first]
    assert story.ids(f"/generations/{first}/iterations") == [second]
    assert story.ids(f"/generations/{second}/iterations") == []
    by_number = story.client.get(f"{versions}/compare/1/2").json()
    assert by_number == story.client.get(f"/generations/compare/{first}/{second}").json()
    diff = next(each for each in by_number["files"] if each["path"] == "app/models/book.py")
    assert diff["change"] == "changed"
    assert diff["diff"].startswith("--- a/app/models/book.py\n+++ b/app/models/book.py\n@@")
    assert "\n+" in diff["diff"]
    assert story.client.get(f"{versions}/1").json()["generation_id"] == first
    for missing in ("3", "compare/1/3"):
        assert_problem(story.client.get(f"{versions}/{missing}"), 404)
    assert_problem(story.client.get(f"{versions}/0"), 422)


def test_activation(story: Story) -> None:
    """Makes the newest completed version the active one, and any other when asked."""
    active = story.path("/generations/projects/{p}/versions/active")
    activate = "/generations/projects/{p}/versions/{%s}/activate"
    assert story.client.get(active).json()["generation_id"] == story.second["generation_id"]
    answer = story.client.post(story.path(activate % "a"))
    assert answer.json()["active_generation_id"] == story.first["generation_id"]
    assert story.client.get(active).json()["version"] == 1
    story.client.post(story.path(activate % "b")).raise_for_status()


def test_children_outlive_their_parent(shared: System, client: httpx.Client) -> None:
    """Keeps the files of an iteration when what it came from is deleted, and changes it further."""
    parent = end(shared, client, start(client))
    child = end(shared, client, iterate(client, parent["generation_id"]).json())
    path = f"/generations/{child['generation_id']}"
    before = client.get(f"{path}/download").content
    assert client.delete(f"/generations/{parent['generation_id']}").status_code == 204
    assert client.get(f"{path}/download").content == before
    rating = {"modification_prompt": "Add a rating to books"}
    grandchild = end(shared, client, iterate(client, child["generation_id"], **rating).json())
    assert (grandchild["status"], grandchild["version"]) == ("completed", 3)


def test_a_loss_is_confirmed(client: httpx.Client, shared: System) -> None:
    """Answers 409 and names what would be lost, until that is confirmed."""
    parent = end(shared, client, start(client))["generation_id"]
    change = {"modification_prompt": "Remove the price from books"}
    problem = assert_problem(iterate(client, parent, **change), 409)
    assert problem["reason"] == "DESTRUCTIVE_CHANGE"
    assert [each["field"] for each in problem["errors"]] == ["Book.price"]
    assert iterate(client, parent, confirm_destructive=True, **change).status_code == 201


def test_projects(client: httpx.Client) -> None:
    """Makes, finds, renames, describes and forgets a project."""
    made = client.post("/projects", json={"name": "Ours", "description": "For us"})
    path = made.headers["location"]
    project = made.json()
    assert made.status_code == 201
    assert project["project_id"] == path.rpartition("/")[2]
    assert (project["latest_version"], project["active_generation_id"]) == (0, None)
    renamed = client.put(path, json={"name": "Theirs"}).json()
    assert (renamed["name"], renamed["description"]) == ("Theirs", "For us")
    assert client.get(path).json() == renamed
    assert renamed in client.get("/projects").json()["projects"]
    started = start(client, project_id=project["project_id"])
    assert (started["version"], started["auto_created_project"]) == (1, False)
    assert client.delete(f"{path}?force=true").status_code == 204
    assert_problem(client.get(path), 404)


def test_a_project_is_named_from_its_prompt(client: httpx.Client) -> None:
    """Makes a project for a generation that names none, called alike for the same prompt."""
    body = {"prompt": "A shop with products and orders", "generation_mode": "classic"}
    first, second = (client.post("/generations/generate", json=body).json() for _ in range(2))
    assert first["project_name"] == second["project_name"] == "shop"
    assert first["auto_created_project"]
    assert first["project_id"] != second["project_id"]
    for each in (first, second):
        client.post(f"/generations/{each['generation_id']}/cancel")


def test_repeats_answer_alike(client: httpx.Client, shared: System) -> None:
    """Answers each creating call's repeat with the first answer, and another body with 409."""
    ended = end(shared, client, start(client))
    parent = ended["generation_id"]
    change = {"parent_generation_id": parent, "modification_prompt": CHANGE}
    for path, body, key in (
        ("/generations/generate", BODY, "generation_id"),
        ("/generations/iterate", change, "generation_id"),
        ("/projects", {"name": "Mine"}, "project_id"),
    ):
        headers = {"Idempotency-Key": f"repeat-{key}-{path}"}
        first, again = (client.post(path, json=body, headers=headers) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201), again.text
        assert first.json()[key] == again.json()[key]
        assert first.headers["location"] == again.headers["location"]
        other = body | ({"name": "Other"} if path == "/projects" else {"context": {"other": 1}})
        assert_problem(client.post(path, json=other, headers=headers), 409)
    versions = f"/generations/projects/{ended['project_id']}/versions"
    headers = {"Idempotency-Key": "repeat-rollback"}
    first, again = (client.post(f"{versions}/{parent}/rollback", headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert first.json()["generation_id"] == again.json()["generation_id"]
    assert first.headers["location"] == again.headers["location"]
    assert_problem(client.post(f"{versions}/gen_other/rollback", headers=headers), 409)


def test_modes(shared: System) -> None:
    """Puts a user always into the same group when the mode is `auto`, and says what it adds."""
    with shared.client("carol") as carol:
        started = [start(carol, generation_mode=mode) for mode in ("auto", "auto", "classic")]
        for each in started:
            carol.post(f"/generations/{each['generation_id']}/cancel")
    assert started[0]["ab_group"]
    assert started[0]["ab_group"] == started[1]["ab_group"]
    assert started[2]["ab_group"] is None
    for each in started:
        enhanced = each["generation_mode"] == "enhanced"
        assert bool(each["enhanced_features"]) is enhanced
    assert started[2]["generation_mode"] == "classic"


def test_mongo_is_not_offered(client: httpx.Client) -> None:
    """Says so, in the body and in a spec, and what is offered instead."""
    for body in (
        {"prompt": "A blog with posts", "tech_stack": "fastapi_mongo"},
        {"spec": SPEC | {"tech_stack": "fastapi_mongo"}},
    ):
        problem = assert_problem(client.post("/generations/generate", json=body), 422)
        assert [each["field"] for each in problem["errors"]] == ["tech_stack"]
        assert "fastapi_mongo" in problem["detail"]
        assert "fastapi_postgres" in problem["detail"]
