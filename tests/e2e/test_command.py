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


def test_iterate_makes_the_next_version(shared: System, tmp_path: Path) -> None:
    """Brings home a second version that has the change and what was there before."""
    where = ["--data", str(shared.data), "--user", "ann", *CLASSIC]
    first = run(
        "generate", "--spec", spec_file(tmp_path), "--json", "--out", str(tmp_path / "1"), *where
    )
    assert first.returncode == 0, first.stderr
    parent = json.loads(first.stdout.splitlines()[-1])["generation_id"]
    change = ["Add a subtitle to books", "--parent", parent, "--out", str(tmp_path / "2")]
    second = run("iterate", *change, *where)
    assert second.returncode == 0, second.stderr
    assert "version 2" in second.stdout
    old, new = tmp_path / "1", tmp_path / "2"
    before = {path.relative_to(old) for path in old.rglob("*") if path.is_file()}
    after = {path.relative_to(new) for path in new.rglob("*") if path.is_file()}
    assert before <= after
    model = Path("app/models/book.py")
    assert "subtitle" not in (old / model).read_text()
    assert "subtitle" in (new / model).read_text()


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
