"""What becomes of a path in three trees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_svc.domain.digest import Digest
from files_svc.domain.merge.patch import Patch, Rename
from files_svc.domain.merge.result import Reason
from files_svc.domain.merge.tree import Action, Decision, decide
from files_svc.domain.snapshot import FileEntry, Listing

Tree = dict[str, str]


def listing(tree: Tree) -> Listing:
    """Return the listing of a tree of texts."""
    return Listing.of(
        FileEntry(path=path, digest=Digest.of(text.encode())) for path, text in tree.items()
    )


def decisions(base: Tree, ours: Tree, theirs: Tree, patch: Patch | None = None) -> list[Decision]:
    """Decide three trees."""
    return list(decide(listing(base), listing(ours), listing(theirs), patch or Patch()))


def one(base: str, ours: str, theirs: str, patch: Patch | None = None) -> Decision:
    """Decide one file, `-` standing for its absence."""
    trees = [{} if text == "-" else {"app/post.py": text} for text in (base, ours, theirs)]
    return decisions(trees[0], trees[1], trees[2], patch)[0]


DROP = Patch(drops=("Post",))


@pytest.mark.parametrize(
    ("sides", "patch", "action", "reason"),
    [
        ("aaa", None, Action.UNCHANGED, None),
        ("aab", None, Action.UPDATED, None),
        ("aba", None, Action.KEPT, None),
        ("abb", None, Action.UNCHANGED, None),
        ("abc", None, Action.MERGED, None),
        ("--a", None, Action.ADDED, None),
        ("-a-", None, Action.KEPT, None),
        ("-aa", None, Action.UNCHANGED, None),
        ("-ab", None, Action.CONFLICT, Reason.BOTH_ADDED),
        ("a--", None, Action.UNCHANGED, None),
        ("a-a", None, Action.KEPT, None),
        ("a-b", None, Action.CONFLICT, Reason.DELETED_AND_CHANGED),
        ("aa-", None, Action.KEPT, None),
        ("ab-", None, Action.KEPT, None),
        ("aa-", DROP, Action.DELETED, None),
        ("ab-", DROP, Action.CONFLICT, Reason.CHANGED_AND_DROPPED),
        ("aa-", Patch(dropped_paths=frozenset({"app/post.py"})), Action.DELETED, None),
        ("aa-", Patch(drops=("Poster",)), Action.KEPT, None),
    ],
)
def test_the_table(sides: str, patch: Patch | None, action: Action, reason: Reason | None) -> None:
    """Follows the merge table, row by row."""
    base, ours, theirs = sides
    decision = one(base, ours, theirs, patch)
    assert (decision.action, decision.reason) == (action, reason)
    kept = {Action.UPDATED: theirs, Action.ADDED: theirs, Action.DELETED: "-"}.get(action, ours)
    if reason is Reason.CHANGED_AND_DROPPED:
        kept = "-"
    if not decision.needs_content:
        held = decision.entry.digest if decision.entry else None
        assert held == (None if kept == "-" else Digest.of(kept.encode()))


def test_says_what_was_kept_against_the_rendering() -> None:
    """Marks a file that the new rendering lacks and no drop named."""
    assert one("a", "a", "-").retained
    assert not one("-", "a", "-").retained
    assert not one("a", "a", "-", DROP).retained


def test_the_generators_records_are_its_own() -> None:
    """Takes `.backsmith/` from the new rendering, whatever stands there."""
    path = ".backsmith/manifest.json"
    found = decisions({path: "a"}, {path: "b"}, {path: "c"})[0]
    assert found.entry == listing({path: "c"}).entries[0]


def test_an_edit_follows_a_renamed_file() -> None:
    """Moves what the user edited to where the new rendering puts it."""
    patch = Patch(renames=(Rename(old="Post", new="Article"),))
    found = decisions(
        {"app/post.py": "a", "app/posts.py": "b", "app/poster.py": "c"},
        {"app/post.py": "mine", "app/posts.py": "b", "app/poster.py": "c"},
        {"app/article.py": "d", "app/articles.py": "e", "app/poster.py": "c"},
        patch,
    )
    actions = {decision.path: (decision.action, decision.old_path) for decision in found}
    assert actions == {
        "app/article.py": (Action.MERGED, "app/post.py"),
        "app/articles.py": (Action.UPDATED, "app/posts.py"),
        "app/poster.py": (Action.UNCHANGED, ""),
    }


TREES = st.dictionaries(st.sampled_from(["a", "b/c", "b/d", "post.py"]), st.sampled_from("xyz"))


@given(TREES, TREES, TREES)
def test_no_file_of_the_user_is_lost(base: Tree, ours: Tree, theirs: Tree) -> None:
    """Keeps every path of OURS when nothing is dropped."""
    kept = {
        found.path for found in decisions(base, ours, theirs) if found.entry or found.needs_content
    }
    assert kept >= set(ours)


@given(TREES, TREES, TREES)
def test_no_edit_is_lost_in_silence(base: Tree, ours: Tree, theirs: Tree) -> None:
    """Keeps the content of an edited file, merges it, or reports it; also when it is dropped."""
    for found in decisions(base, ours, theirs, Patch(drops=("post",))):
        mine = ours.get(found.path)
        if mine is None or mine == base.get(found.path) or found.needs_content:
            continue
        held = found.entry and found.entry.digest == Digest.of(mine.encode())
        assert held or found.action is Action.CONFLICT


@given(TREES, TREES)
def test_without_edits_the_rendering_is_taken(base: Tree, theirs: Tree) -> None:
    """Gives exactly THEIRS, and what no drop named, when the user changed nothing."""
    found = {each.path: each.entry for each in decisions(base, base, theirs) if each.entry}
    assert found == {**listing(base).by_path, **listing(theirs).by_path}


@given(TREES, TREES)
def test_without_changes_ours_is_kept(base: Tree, ours: Tree) -> None:
    """Gives exactly OURS when the rendering changed nothing."""
    found = {each.path: each.entry for each in decisions(base, ours, base) if each.entry}
    assert found == listing(ours).by_path
