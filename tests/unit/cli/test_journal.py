"""What children say."""

from datetime import timedelta
from pathlib import Path

import pytest

from cli.system import journal
from cli.system.journal import Journal, loud_part

NATS = "[42] 2026/11/21 10:23:11.703418 "


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"event": "rpc.failed", "level": "error", "rpc": "X"}', "rpc.failed rpc=X"),
        ('{"event": "health.lost", "level": "warning", "timestamp": "t"}', "health.lost"),
        ('{"event": "process.ready", "level": "info"}', ""),
        (f"{NATS}[INF] Server is ready", ""),
        (f"{NATS}[WRN] Slow consumer", "Slow consumer"),
        (f"{NATS}[FTL] no space left", "no space left"),
        ("I1121 10:57:03.942876    4507 fork_posix.cc:71] Other threads", ""),
        (
            "E1121 10:57:03.942876    4507 x.cc:1] Broken",
            "E1121 10:57:03.942876    4507 x.cc:1] Broken",
        ),
        ("ready 127.0.0.1:4", ""),
        ("bridge: cannot serve", "bridge: cannot serve"),
        ("[1, 2]", "[1, 2]"),
        ("", ""),
    ],
)
def test_only_what_matters_is_shown(line: str, shown: str) -> None:
    """Shows warnings and what is no log line at all, without their decoration."""
    assert loud_part(line) == shown


def test_every_line_is_kept_by_program(tmp_path: Path) -> None:
    """Keeps quiet and loud lines in the program's own file, deaths and returns too."""
    shown: list[str] = []
    listener = Journal(tmp_path, shown.append)
    listener.line("files", '{"event": "quiet", "level": "info"}')
    listener.died("files", "killed by SIGKILL", timedelta(seconds=0.1))
    listener.back("files")
    kept = (tmp_path / "files.log").read_text().splitlines()
    assert len(kept) == 3
    assert shown == [
        "files: supervisor: ended (killed by SIGKILL); starting it again in 0.1 s",
        "files: supervisor: it is ready again",
    ]


def test_logs_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps one full log and the one being written."""
    monkeypatch.setattr(journal, "MAX_LOG_BYTES", 10)
    listener = Journal(tmp_path, print)
    for number in range(5):
        listener.line("nats", f"{NATS}[INF] line {number}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nats.log", "nats.log.1"]
    assert (tmp_path / "nats.log").read_text().endswith("line 4\n")
