"""Listings and their ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_svc.domain.digest import Digest
from files_svc.domain.snapshot import EMPTY, FileEntry, Listing, ListingError, parse_listing

ENTRIES = st.builds(
    lambda path, content: FileEntry(path=path, digest=Digest.of(content)),
    st.text(alphabet="ab/ é計.", min_size=1, max_size=8),
    st.binary(max_size=4),
)


def entry(path: str, content: bytes = b"") -> FileEntry:
    """Return an entry."""
    return FileEntry(path=path, digest=Digest.of(content))


def test_the_id_is_the_digest_of_the_sorted_listing() -> None:
    """Gives the same files the same id, in whatever order they come."""
    forth, back = Listing.of([entry("a"), entry("b")]), Listing.of([entry("b"), entry("a")])
    assert forth.snapshot_id == back.snapshot_id == Digest.of(forth.canonical).sha256
    assert forth.canonical.decode().splitlines()[0].endswith(" 0 a")


def test_the_id_depends_on_everything() -> None:
    """Gives other content, another path or one file more another id."""
    listings = [[], [entry("a")], [entry("b")], [entry("a", b"x")], [entry("a"), entry("b")]]
    assert len({Listing.of(entries).snapshot_id for entries in listings}) == len(listings)


def test_changes_a_listing() -> None:
    """Adds, replaces and removes; an added path wins over its removal."""
    base = Listing.of([entry("keep"), entry("replace", b"old"), entry("drop"), entry("both")])
    changed = base.changed(
        add=[entry("replace", b"new"), entry("new"), entry("both", b"won")],
        remove=["drop", "absent", "both"],
    )
    assert [found.path for found in changed.entries] == ["both", "keep", "new", "replace"]
    assert changed.by_path["replace"].digest == Digest.of(b"new")
    assert changed.total_size_bytes == 6


@given(st.lists(ENTRIES, max_size=6))
def test_reads_what_it_wrote(entries: list[FileEntry]) -> None:
    """Reads every canonical listing back as it was."""
    listing = Listing.of(entries)
    assert parse_listing(listing.canonical) == listing


@pytest.mark.parametrize(
    "damaged",
    [
        b"x",
        b"\xff\n",
        b"0 1 a\n",
        EMPTY.canonical + b"\n",
        Listing.of([entry("a")]).canonical[:-1],
        Listing.of([entry("b")]).canonical + Listing.of([entry("a")]).canonical,
        Listing.of([entry("a")]).canonical * 2,
        Listing.of([entry("a")]).canonical.replace(b" 0 ", b" 00 "),
    ],
)
def test_refuses_what_is_no_listing(damaged: bytes) -> None:
    """Refuses bytes that no listing would be written as, however close."""
    with pytest.raises(ListingError):
        parse_listing(damaged)
