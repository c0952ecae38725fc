"""A new migration follows the last of those that are there."""

import pytest

from chassis.errors import InvalidInputError
from generator_svc.phases.migrating.history import read_history


def migration(revision: str, follows: str) -> bytes:
    """Return a migration as Alembic writes it."""
    return f'revision: str = "{revision}"\ndown_revision: str | None = {follows}\n'.encode()


def files(**migrations: str) -> dict[str, bytes]:
    """Return migrations by path."""
    return {
        f"migrations/versions/{revision}_x.py": migration(revision, follows)
        for revision, follows in migrations.items()
    }


def test_there_may_be_none() -> None:
    """Has no last migration when there is none."""
    assert read_history({}).head is None


def test_the_last_is_what_nothing_follows() -> None:
    """Goes by what each says it follows, not by names."""
    history = read_history(files(b="None", a="'b'", c="'a'"))
    assert history.head == "c"
    assert history.revisions == {"a", "b", "c"}


def test_merged_lines_are_one() -> None:
    """Follows what merges two lines, written as a tuple and without annotations."""
    merge = {"migrations/versions/m.py": b"revision = 'm'\ndown_revision = ('a', 'b')\n"}
    assert read_history(files(z="None", a="'z'", b="'z'") | merge).head == "m"


def test_other_files_are_passed_over() -> None:
    """Reads modules that name a revision, and nothing else."""
    others = {"migrations/versions/notes.txt": b"(", "migrations/versions/help.py": b"x = 1"}
    assert read_history(files(a="None") | others | {"app/main.py": b"("}).head == "a"


@pytest.mark.parametrize(
    "migrations",
    [
        files(a="None", b="'a'", c="'a'"),
        files(a="'b'", b="'a'"),
        {"migrations/versions/a.py": b"def"},
        {"migrations/versions/a.py": b"\0"},
    ],
    ids=["two lines", "a circle", "not Python", "a NUL"],
)
def test_what_does_not_form_one_line_is_refused(migrations: dict[str, bytes]) -> None:
    """Refuses what a migration cannot follow, and says so."""
    with pytest.raises(InvalidInputError) as caught:
        read_history(migrations)
    assert caught.value.reason == "MIGRATIONS_INVALID"
