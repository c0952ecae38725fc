"""What a user wrote and a change that does not go with it: never `completed` as if it did."""

from typing import Any

import httpx
import pytest

from tests.e2e.story import end, iterate
from tests.e2e.support import System, start

RULES = "app/services/book.py"
OTHERS = "app/services/author.py"
CALL = "    await repository.delete(row)\n"
DROP = {"modification_prompt": "Remove the price from books", "confirm_destructive": True}


@pytest.fixture
def parent(shared: System, client: httpx.Client) -> dict[str, Any]:
    """Return a first version."""
    return end(shared, client, start(client))


def put(client: httpx.Client, generation: dict[str, Any], path: str, old: str, new: str) -> str:
    """Replace a text in a file; return what the file holds then."""
    url = f"/generations/{generation['generation_id']}/files/{path}"
    before = client.get(url).text
    assert old in before
    after = before.replace(old, new)
    client.put(url, content=after.encode()).raise_for_status()
    return after


def test_an_edit_that_needs_what_is_dropped(
    shared: System, client: httpx.Client, parent: dict[str, Any]
) -> None:
    """Fails, names the line that needs it, and goes through once the edit no longer does."""
    needs = f"    if row.price:\n        return\n{CALL}"
    edited = put(client, parent, RULES, CALL, needs)
    failed = end(shared, client, iterate(client, parent["generation_id"], **DROP).json())

    assert (failed["status"], failed["version"]) == ("failed", 2)
    assert "'types'" in failed["error"]
    assert f"{RULES}:" in failed["error"]
    assert '"price"' in failed["error"]
    review = client.get(f"/generations/{failed['generation_id']}/review").json()
    assert "types" in {each["name"] for each in review["gates"] if each["outcome"] == "failed"}
    kept = client.get(f"/generations/{parent['generation_id']}/files/{RULES}")
    assert kept.text == edited

    put(client, parent, RULES, "row.price", "row.title")
    mended = end(shared, client, iterate(client, parent["generation_id"], **DROP).json())
    assert (mended["status"], mended["version"]) == ("completed", 3)


def test_an_edit_that_was_broken_before(
    shared: System, client: httpx.Client, parent: dict[str, Any]
) -> None:
    """Goes through when the user's own code failed the same gate without the change."""
    put(client, parent, OTHERS, CALL, f"    row.no_such_thing()\n{CALL}")
    ended = end(shared, client, iterate(client, parent["generation_id"]).json())
    assert ended["status"] == "completed"
    review = client.get(f"/generations/{ended['generation_id']}/review").json()
    assert "types" in {each["name"] for each in review["gates"] if each["outcome"] == "failed"}
