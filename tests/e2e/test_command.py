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


def test_iterate_makes_the_next_version(shared: System, tmp_path: Path) -> None:
    """Brings home a second version with the change, all that was there, and the user's edit."""
    where = ["--data", str(shared.data), "--user", "ann", *CLASSIC]
    old, new = tmp_path / "1", tmp_path / "2"
    first = run("generate", "--spec", spec_file(tmp_path), "--out", str(old), *where)
    assert first.returncode == 0, first.stderr
    readme = old / "README.md"
    readme.write_text(readme.read_text() + "\nMy own words.\n")
    change = ["Add a subtitle to books", "--parent", str(old), "--out", str(new)]
    second = run("iterate", *change, *where)
    assert second.returncode == 0, second.stderr
    assert "your edit of README.md is kept" in second.stderr
    assert "version 2" in second.stdout
    assert tree(old) <= tree(new)
    assert (new / "README.md").read_text().endswith("My own words.\n")
    assert "subtitle" not in (old / "app/models/book.py").read_text()
    assert "subtitle" in (new / "app/models/book.py").read_text()


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
