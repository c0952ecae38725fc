"""Files made to hurt: a merge ends soon, and loses nothing."""

import pytest

from files_svc.domain.merge.content import merge_content
from files_svc.domain.merge.patch import Patch
from files_svc.domain.merge.result import Merged

DEEP = 5_000
CHAIN = 3_000
BLOCKS = "".join(f"{' ' * depth}if 1:\n" for depth in range(90)) + " " * 90 + "pass"


def merge(path: str, base: str, ours: str, theirs: str) -> Merged:
    """Merge three texts."""
    return merge_content(path, base.encode(), ours.encode(), theirs.encode(), patch=Patch())[1]


def around(middle: str) -> tuple[str, str, str]:
    """Return a text, one changed before its middle, and one changed behind it."""
    base = f"a = 1\nb = 2\nc = 3\n{middle}\nx = 1\ny = 2\nz = 3\n"
    return base, base.replace("a = 1", "a = 10"), base.replace("z = 3", "z = 30")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("path", "middle"),
    [
        pytest.param("a.py", "n = " + "(" * DEEP + ")" * DEEP, id="deep parentheses"),
        pytest.param("a.py", "n = " + "(" * 199 + "1" + ")" * 199, id="many parentheses"),
        pytest.param("a.py", "n = " + "not " * DEEP + "1", id="deep negations"),
        pytest.param("a.py", BLOCKS, id="deep blocks"),
        pytest.param("a.py", "n = " + "-" * DEEP + "1", id="deep signs"),
        pytest.param("a.py", "n = " + " + ".join(["1"] * CHAIN), id="long sum"),
        pytest.param("a.py", "n = 1" + ".a()" * CHAIN, id="long chain"),
        pytest.param("a.toml", "n = " + "[" * DEEP + "]" * DEEP, id="deep lists"),
    ],
)
def test_deep_nesting_is_merged_by_lines(path: str, middle: str) -> None:
    """Falls back to lines where a parser would run out of stack."""
    base, ours, theirs = around(middle)
    merged = merge(path, base, ours, theirs)
    assert merged.clashes == ()
    assert merged.text == ours.replace("z = 3", "z = 30")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "nested", ['{"n": ' * DEEP + "1" + "}" * DEEP, "{n: " * DEEP + "1" + "}" * DEEP]
)
@pytest.mark.parametrize("path", ["a.json", "a.yaml"])
def test_deep_documents_stay(path: str, nested: str) -> None:
    """Keeps OURS of what nobody can read."""
    merged = merge(path, nested, nested.replace("1", "2"), nested.replace("1", "3"))
    assert merged.text == nested.replace("1", "2")
    assert merged.clashes


@pytest.mark.timeout(20)
def test_aliases_that_multiply_are_merged_by_lines() -> None:
    """Does not follow aliases of aliases of aliases."""
    levels = [f"l{at}: &l{at} [{', '.join([f'*l{at - 1}'] * 9)}]" for at in range(1, 12)]
    base = "\n".join(["first: 1", "second: 2", "l0: &l0 [x]", *levels, "last: 1", "end: 2"]) + "\n"
    ours, theirs = base.replace("first: 1", "first: 9"), base.replace("end: 2", "end: 9")
    merged = merge("a.yaml", base, ours, theirs)
    assert merged.clashes == ()
    assert merged.text == ours.replace("end: 2", "end: 9")


@pytest.mark.timeout(20)
def test_a_huge_text_stays() -> None:
    """Keeps OURS of a text that would take minutes, and says so."""
    huge = "x = 1\n" * 300_000
    merged = merge_content(
        "a.py", huge.encode(), f"{huge}#\n".encode(), f"#\n{huge}".encode(), patch=Patch()
    )
    assert merged[0] == f"{huge}#\n".encode()
    assert merged[1].clashes


@pytest.mark.timeout(20)
def test_many_equal_lines_stay() -> None:
    """Does not compare every line with every other one for minutes."""
    base = "same\n" * 20_000
    ours, theirs = base.replace("same\n", "mine\nsame\n"), "new\nsame\n" * 20_000
    merged = merge("a.md", base, ours, theirs)
    assert merged.text == ours
    assert merged.clashes


def test_a_list_that_both_empty_stays_python() -> None:
    """Makes no `{}` out of a set whose elements are gone."""
    base, ours, theirs = "x = {1, 2}\n", "x = {1}\n", "x = {2}\n"
    merged = merge("a.py", base, ours, theirs)
    assert merged.text == ours
    assert merged.clashes
