"""Writing a project to disk."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.errors import RefusedError
from cli.output import refuse_taken, write_file, write_project

FILES = {"README.md": b"hello", "app/core/config.py": b"x = 1\n"}


def tree(root: Path) -> dict[str, bytes]:
    """Return all files below a folder."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_a_project_is_written_whole(tmp_path: Path) -> None:
    """Writes every file, and leaves nothing else beside."""
    assert write_project(FILES, tmp_path / "out", force=False) is None
    assert tree(tmp_path) == {f"out/{path}": content for path, content in FILES.items()}


def test_an_empty_folder_is_filled_in_place(tmp_path: Path) -> None:
    """Keeps an empty folder that is there, so that a shell inside it still sees it."""
    inode = tmp_path.stat().st_ino
    write_project(FILES, tmp_path, force=False)
    assert tmp_path.stat().st_ino == inode
    assert tree(tmp_path) == FILES


def test_somebodys_work_is_not_overwritten(tmp_path: Path) -> None:
    """Refuses a folder with anything in it, and changes nothing."""
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(RefusedError, match="not empty"):
        write_project(FILES, tmp_path, force=False)
    assert tree(tmp_path) == {"mine": b"mine"}


def test_force_moves_aside_and_deletes_nothing(tmp_path: Path) -> None:
    """Keeps each former content beside the new one, under a name that tells."""
    out = tmp_path / "out"
    for number in range(3):
        aside = write_project({"n": str(number).encode()}, out, force=True)
        assert aside == (out.with_name(f"out.old-{number}") if number else None)
    assert tree(tmp_path) == {"out/n": b"2", "out.old-1/n": b"0", "out.old-2/n": b"1"}


@pytest.mark.parametrize(
    "path", ["../evil", "/etc/evil", "a/../../evil", "", ".", "..", "a\\..\\evil", "a\0b"]
)
def test_a_path_that_leaves_the_root_is_refused(tmp_path: Path, path: str) -> None:
    """Writes nothing at all when one path leaves the root."""
    with pytest.raises(RefusedError, match="leaves the project's folder"):
        write_project({"a": b"", path: b"evil"}, tmp_path / "out", force=False)
    assert tree(tmp_path) == {}


@given(parts=st.lists(st.sampled_from(["..", ".", "a", "/", "//", "\\", "~"]), max_size=6))
def test_no_path_escapes(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    """Keeps whatever it accepts below the root."""
    root = tmp_path_factory.mktemp("root")
    try:
        write_project({"/".join(parts): b"x"}, root / "out", force=False)
    except RefusedError:
        assert tree(root) == {}
    else:
        assert all(path.startswith("out/") for path in tree(root))


def test_links_inside_the_old_content_are_never_followed(tmp_path: Path) -> None:
    """Leaves alone what a link in the old content points to."""
    victim = tmp_path / "victim"
    victim.mkdir()
    out = tmp_path / "out"
    out.mkdir()
    (out / "app").symlink_to(victim)
    write_project({"app/x": b"new"}, out, force=True)
    assert not list(victim.iterdir())
    assert (out / "app" / "x").read_bytes() == b"new"


def test_a_dangling_link_is_in_the_way(tmp_path: Path) -> None:
    """Does not write through a link to nowhere."""
    out = tmp_path / "out"
    out.symlink_to(tmp_path / "nowhere")
    with pytest.raises(RefusedError, match="not empty"):
        write_project(FILES, out, force=False)


def test_two_paths_that_clash_leave_nothing_behind(tmp_path: Path) -> None:
    """Writes nothing when one file would have to be the folder of another."""
    with pytest.raises(RefusedError, match="Cannot write"):
        write_project({"a": b"", "a/b": b""}, tmp_path / "out", force=False)
    assert tree(tmp_path) == {}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Says why nothing can be written there."""
    (tmp_path / "file").touch()
    with pytest.raises(RefusedError, match="Cannot write beside"):
        write_project(FILES, tmp_path / "file" / "out", force=False)


def test_a_zip_replaces_nothing_unasked(tmp_path: Path) -> None:
    """Writes one file, and refuses or moves aside a former one."""
    out = tmp_path / "it.zip"
    assert write_file(b"one", out, force=False) is None
    with pytest.raises(RefusedError):
        write_file(b"two", out, force=False)
    assert write_file(b"two", out, force=True) == tmp_path / "it.zip.old-1"
    assert tree(tmp_path) == {"it.zip": b"two", "it.zip.old-1": b"one"}


def test_the_check_can_be_made_beforehand(tmp_path: Path) -> None:
    """Refuses a taken place before any work is done for it."""
    (tmp_path / "mine").touch()
    with pytest.raises(RefusedError, match="--force"):
        refuse_taken(tmp_path, force=False)
    refuse_taken(tmp_path, force=True)
    refuse_taken(tmp_path / "new", force=False)
