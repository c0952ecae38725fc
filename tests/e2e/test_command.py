"""The command as a client: changes, and interruptions."""

import json
import signal
import subprocess
from pathlib import Path

from tests.e2e.support import BACKSMITH, PATIENCE_SECONDS, SPEC, System, alive, children_of, run

CLASSIC = ["--mode", "classic"]


def spec_file(folder: Path) -> str:
    """Write the spec to a file."""
    path = folder / "spec.json"
    path.write_text(json.dumps(SPEC), encoding="utf-8")
    return str(path)


def tree(root: Path) -> set[str]:
    """Return the paths of all files below a folder."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def make_version(shared: System, folder: Path) -> list[str]:
    """Write a first version to `1`; return the arguments that change it into `2`."""
    where = ["--data", str(shared.data), "--user", "ann", *CLASSIC]
    spec = spec_file(folder)
    first = run("generate", "--spec", spec, "--out", str(folder / "1"), *where)
    assert first.returncode == 0, first.stderr
    parent = ["--parent", str(folder / "1"), "--out", str(folder / "2")]
    return ["iterate", "Add a subtitle to books", *parent, *where]


def test_iterate_makes_the_next_version(shared: System, tmp_path: Path) -> None:
    """Brings home a second version that has the change and all that was there."""
    second = run(*make_version(shared, tmp_path))
    assert second.returncode == 0, second.stderr
    assert "version 2" in second.stdout
    assert tree(tmp_path / "1") <= tree(tmp_path / "2")
    assert "subtitle" not in (tmp_path / "1" / "app/models/book.py").read_text()
    assert "subtitle" in (tmp_path / "2" / "app/models/book.py").read_text()


def test_iterate_keeps_what_the_user_edited(shared: System, tmp_path: Path) -> None:
    """Stores the user's edits before it changes anything, and has them in the next version."""
    change = make_version(shared, tmp_path)
    readme = tmp_path / "1" / "README.md"
    readme.write_text(readme.read_text() + "\nMy own words.\n")
    second = run(*change)
    assert second.returncode == 0, second.stderr
    assert "your edit of README.md is kept" in second.stderr
    assert (tmp_path / "2" / "README.md").read_text().endswith("My own words.\n")


def test_an_interrupted_generation_goes_on_later(tmp_path: Path) -> None:
    """Exits with 130, leaves no process and no half project, and loses nothing."""
    data, out = str(tmp_path / "data"), tmp_path / "out"
    command = ["generate", "--spec", spec_file(tmp_path), "--json", "--out", str(out), *CLASSIC]
    with subprocess.Popen(
        [BACKSMITH, *command, "--data", data],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        generation_id = json.loads(process.stdout.readline())["generation_id"]
        children = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 130
    assert f"backsmith watch {generation_id}" in told
    assert not any(alive(pid) for pid in children.values())
    assert not out.exists()
    watched = run("watch", generation_id, "--data", data)
    assert watched.returncode == 0, watched.stderr
    fetched = run("download", generation_id, "--data", data, "--out", str(out))
    assert fetched.returncode == 0, fetched.stderr
    assert (out / "README.md").exists()
