"""No operation and no field leaves the API document unless a drop named it."""

import json
from typing import Any

import pytest

from files_svc.domain.merge.content import MAX_LENGTH, merge_content
from files_svc.domain.merge.patch import Patch, Rename
from files_svc.domain.merge.result import Merged, Reason

PATHS: dict[str, Any] = {"/posts": {"get": {}, "post": {}}, "/tags": {"get": {}}}
SCHEMAS: dict[str, Any] = {"PostRead": {"properties": {"id": {}, "title": {}, "views": {}}}}


def document(
    paths: dict[str, Any] = PATHS, schemas: dict[str, Any] = SCHEMAS, title: str = "API"
) -> bytes:
    """Return an API document."""
    whole = {"info": {"title": title}, "paths": paths, "components": {"schemas": schemas}}
    return json.dumps(whole, indent=1).encode()


def merge(theirs: bytes, patch: Patch, *, ours: bytes = b"") -> tuple[bytes, Merged]:
    """Merge a new document with one that its user may have changed."""
    return merge_content("openapi.json", document(), ours or document(), theirs, patch=patch)


LOSSES = [
    (document({"/posts": {"get": {}}, "/tags": {"get": {}}}), "post /posts", "Post"),
    (document({"/posts": PATHS["/posts"]}), "get /tags", "Tag"),
    (
        document(schemas={"PostRead": {"properties": {"id": {}, "title": {}}}}),
        "PostRead.views",
        "Post.views",
    ),
    (document(schemas={}), "PostRead.id", "Post"),
]


@pytest.mark.parametrize(("theirs", "lost", "drop"), LOSSES, ids=[each[1] for each in LOSSES])
def test_what_no_drop_named_stays(theirs: bytes, lost: str, drop: str) -> None:
    """Keeps the parent's document and reports what the new one lacks, until a drop names it."""
    content, merged = merge(theirs, Patch(drops=("Comment",)))
    assert content == document()
    assert [(clash.place, clash.reason) for clash in merged.clashes] == [
        (lost, Reason.NOT_RUNNABLE)
    ]
    content, merged = merge(theirs, Patch(drops=(drop,)))
    assert (content, merged.clashes) == (theirs, ())


def test_a_users_own_document_is_held_to_it_too() -> None:
    """Looks at what comes out of a merge of two changes as well."""
    ours, theirs = document(title="Mine"), document({"/posts": PATHS["/posts"]})
    content, merged = merge(theirs, Patch(), ours=ours)
    assert (content, merged.clashes[0].place) == (ours, "get /tags")


def test_what_is_added_or_renamed_is_no_loss() -> None:
    """Takes the new document when it has more, or has it under the name the patch gave it."""
    more = document({**PATHS, "/notes": {"get": {}}})
    assert merge(more, Patch()) == (more, Merged(text=more.decode()))
    schemas: dict[str, Any] = {"PostRead": {"properties": {"id": {}, "headline": {}, "views": {}}}}
    patch = Patch(renames=(Rename(old="Post.title", new="Post.headline"),))
    assert merge(document(schemas=schemas), patch)[0] == document(schemas=schemas)


def test_a_huge_document_is_taken() -> None:
    """Takes the new document of a project with many entities: nothing is merged in it."""
    huge = document(title="x" * (MAX_LENGTH + 1))
    assert merge(huge, Patch())[0] == huge


@pytest.mark.parametrize("strange", [b"[]", b"{", b'{"paths": [], "components": 1}', b"[" * 9999])
def test_what_is_no_document_promises_nothing(strange: bytes) -> None:
    """Takes whatever comes after a document that cannot be read."""
    merged = merge_content("openapi.json", strange, strange, document(), patch=Patch())
    assert merged[0] == document()
