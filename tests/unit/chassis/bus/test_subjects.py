"""Patterns of subjects, and the index that finds who reads a subject."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.bus.subjects import (
    SubjectIndex,
    check_key,
    check_name,
    check_pattern,
    check_subject,
    is_exact,
    matches,
)
from chassis.errors import InvalidInputError

TOKENS = st.sampled_from(["a", "b", "c"])
SUBJECTS = st.lists(TOKENS, min_size=1, max_size=4).map(".".join)
PATTERNS = st.builds(
    lambda tokens, tail: ".".join([*tokens, *tail]),
    st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=3),
    st.sampled_from([[], [">"]]),
) | st.just(">")


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.b", "a.b.c", False),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.*", "a.b.c", False),
        ("*.b", "a.b", True),
        ("a.>", "a.b", True),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("*.>", "a.b", True),
        (">", "a", True),
    ],
)
def test_matches(pattern: str, subject: str, *, expected: bool) -> None:
    """Stands `*` for one token, and a last `>` for one or more."""
    assert matches(pattern, subject) is expected


@given(st.lists(st.tuples(PATTERNS | SUBJECTS, st.integers(0, 5)), max_size=12), SUBJECTS)
def test_index_finds_exactly_the_readers_whose_pattern_matches(
    readers: list[tuple[str, int]], subject: str
) -> None:
    """Agrees with matching every pattern in turn."""
    index: SubjectIndex[int] = SubjectIndex()
    for pattern, reader in readers:
        index.add(pattern, reader)
    expected = {reader for pattern, reader in readers if matches(pattern, subject)}
    assert set(index.find(subject)) == expected


@given(st.lists(st.tuples(PATTERNS | SUBJECTS, st.integers(0, 5)), max_size=12), SUBJECTS)
def test_index_forgets_what_is_removed(readers: list[tuple[str, int]], subject: str) -> None:
    """Is empty again when everybody has left, and keeps those who stay."""
    index: SubjectIndex[int] = SubjectIndex()
    for pattern, reader in readers:
        index.add(pattern, reader)
    kept = [entry for entry in readers if entry[1] == 0]
    for pattern, reader in readers:
        if reader != 0:
            index.remove(pattern, reader)
    assert set(index.find(subject)) == {0 for pattern, _ in kept if matches(pattern, subject)}
    for pattern, reader in kept:
        index.remove(pattern, reader)
    assert not index
    assert not list(index.find(subject))


def test_removing_a_stranger_changes_nothing() -> None:
    """Takes no notice of a reader, or a pattern, that was never added."""
    index: SubjectIndex[str] = SubjectIndex()
    index.add("a.*", "reader")
    for pattern in ("a.*", "a.b", "b.*", "a.*.c", ">"):
        index.remove(pattern, "stranger")
    assert list(index.find("a.b")) == ["reader"]


@pytest.mark.parametrize("subject", ["a", "a.b", "usr_1.prj-2", "ä.ö", "$KV.x"])
def test_subject_is_accepted(subject: str) -> None:
    """Accepts plain tokens joined by dots."""
    check_subject(subject)
    check_pattern(subject)
    assert is_exact(subject)


@pytest.mark.parametrize(
    "subject", ["", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\x00", "a\n", "a\x7f", "a*b", "a>b"]
)
def test_nonsense_is_refused(subject: str) -> None:
    """Refuses empty tokens, blanks, control characters and wildcards inside a token."""
    with pytest.raises(InvalidInputError):
        check_subject(subject)
    with pytest.raises(InvalidInputError):
        check_pattern(subject)


@pytest.mark.parametrize("pattern", ["*", ">", "a.*", "a.*.b", "a.>", "*.>"])
def test_pattern_is_no_subject(pattern: str) -> None:
    """Accepts wildcards to read, and refuses them to write."""
    check_pattern(pattern)
    assert not is_exact(pattern)
    with pytest.raises(InvalidInputError):
        check_subject(pattern)


@pytest.mark.parametrize("pattern", [">.a", "a.>.b", "a.**", "a.>>"])
def test_misplaced_wildcard_is_refused(pattern: str) -> None:
    """Refuses `>` before the end, and wildcards that are not a token of their own."""
    with pytest.raises(InvalidInputError):
        check_pattern(pattern)


@pytest.mark.parametrize("name", ["", "a.b", "a b", "a*", "a>", "a/b", "x" * 101, "ä"])
def test_name_is_checked(name: str) -> None:
    """Refuses what a server would take for a path or a subject."""
    with pytest.raises(InvalidInputError):
        check_name(name)


def test_key_error_does_not_repeat_the_key() -> None:
    """Keeps a key, which may be derived from a secret, out of the message."""
    with pytest.raises(InvalidInputError) as caught:
        check_key("secret key")
    assert "secret" not in caught.value.message
