"""What children say: all of it to files in the data folder, warnings to the terminal."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

MAX_LOG_BYTES = 10 * 1024 * 1024
LOUD_LEVELS = frozenset({"warning", "error", "critical"})
NATS_LOUD = re.compile(r"\[(WRN|ERR|FTL)\] (.*)")
GRPC_QUIET = re.compile(r"I\d{4} [\d:.]+ ")
"""What gRPC's C core tells at its level INFO."""

NATS_LINE = re.compile(r"^\[\d+\] ")
QUIET_FIELDS = frozenset({"event", "level", "timestamp", "service", "exception"})


class Journal:
    """A listener that keeps logs, one file for each program, and repeats what matters.

    Args:
        folder: Where the logs go; each is moved to `NAME.log.1` when it is full.
        say: Shows one line to the user.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say

    def line(self, program: str, text: str) -> None:
        """Keep a line, and show it if it is a warning or worse."""
        path = self._folder / f"{program}.log"
        _rotate(path)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
        if loud := loud_part(text):
            self._say(f"{program}: {loud}")

    def died(self, program: str, how: str, pause: timedelta) -> None:
        """Keep and show a death."""
        text = f"ended ({how}); starting it again in {pause.total_seconds():g} s"
        self.line(program, json.dumps({"event": f"supervisor: {text}", "level": "warning"}))

    def back(self, program: str) -> None:
        """Keep and show a return."""
        text = json.dumps({"event": "supervisor: it is ready again", "level": "warning"})
        self.line(program, text)


def loud_part(line: str) -> str:
    """Return what of a log line to show on a terminal; empty when it is nothing to worry about."""
    if GRPC_QUIET.match(line):
        return ""
    if NATS_LINE.match(line):
        found = NATS_LOUD.search(line)
        return found.group(2) if found else ""
    try:
        fields = json.loads(line)
    except ValueError:
        return "" if line.startswith("ready ") else line.strip()
    if not isinstance(fields, dict):
        return line
    return _readable(fields) if fields.get("level") in LOUD_LEVELS else ""


def _readable(fields: Mapping[str, object]) -> str:
    rest = " ".join(f"{key}={value}" for key, value in fields.items() if key not in QUIET_FIELDS)
    return f"{fields.get('event', '')} {rest}".strip()


def _rotate(path: Path) -> None:
    if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
