"""Makes docs/configuration.md from the settings classes: `--check` fails when it differs."""

import sys
from dataclasses import dataclass
from pathlib import Path

from bridge.settings import BridgeSettings
from chassis.settings import SettingsClass, Variable, variables
from chassis.telemetry import TelemetrySettings
from files_svc.settings import FilesSettings
from generator_svc.settings import GeneratorSettings
from orchestrator_svc.settings import OrchestratorSettings

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
INTRODUCTION = """\
# Configuration

Every process reads its settings from the environment, once, when it starts; a value that does not
fit, or a required one that is missing, stops it with exit code 2 and a line for each. Durations
are in seconds. Lists are separated by commas.

`backsmith up` sets the addresses, the secret and the development mode by itself, and hands every
other `BACKSMITH_…` variable on to the processes that it starts.

This page is made from the code: `make gen` writes it, `make check` fails if it is out of date.

## The command

| variable | default | meaning |
|---|---|---|
| `BACKSMITH_SERVER` | | The server to talk to; without it, one on this machine is used. |
| `BACKSMITH_TOKEN` | | The bearer token to show it. |
| `BACKSMITH_USER` | `developer` | Who to be on a development server. |
| `BACKSMITH_DATA` | `~/.local/share/backsmith` | The folder that keeps everything. |
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process and what it reads."""

    name: str
    settings: tuple[type[SettingsClass], ...]


PROCESSES = (
    Process(name="the bridge", settings=(BridgeSettings,)),
    Process(name="the orchestrator", settings=(OrchestratorSettings,)),
    Process(name="the generator", settings=(GeneratorSettings,)),
    Process(name="the files service", settings=(FilesSettings,)),
)


def page() -> str:
    """Return the whole page."""
    readers: dict[Variable, list[str]] = {}
    for process in PROCESSES:
        for variable in _variables(process):
            readers.setdefault(variable, []).append(process.name)
    everywhere = [each for each, names in readers.items() if len(names) == len(PROCESSES)]
    sections = [_section("Every process", [*everywhere, *variables(TelemetrySettings)])]
    groups = {tuple(names): None for names in readers.values() if len(names) < len(PROCESSES)}
    for group in sorted(groups, key=lambda names: (-len(names), names)):
        rows = [each for each, names in readers.items() if tuple(names) == group]
        sections.append(_section(_title(group), rows))
    return "\n".join([INTRODUCTION, *sections])


def _title(names: tuple[str, ...]) -> str:
    *others, last = names
    title = f"{', '.join(others)} and {last}" if others else last
    return title[0].upper() + title[1:]


def _variables(process: Process) -> list[Variable]:
    return [each for settings in process.settings for each in variables(settings)]


def _section(title: str, rows: list[Variable]) -> str:
    lines = [f"## {title}", "", "| variable | default | meaning |", "|---|---|---|"]
    for row in rows:
        default = f"`{row.default}`" if row.default else ""
        meaning = row.meaning.replace("|", r"\|")
        lines.append(f"| `{row.name}` | {default} | {meaning} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Write the page, or compare it."""
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/configuration.md differs from the settings: run `make gen`")


if __name__ == "__main__":
    main()
