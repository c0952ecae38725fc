"""Shows a generation's progress: a live bar on a terminal, lines elsewhere, JSON for scripts."""

import json
import re
import sys
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from cli.client import Json

PHASE_COMPLETE = re.compile(r"phase_\d_complete")
LINE_STAGES = frozenset({"queued", "initializing", "schema_extraction", "quality_assessment"})
BAR_WIDTH = 28


class View(AbstractContextManager["View"], Protocol):
    """Shows events, inside a `with` block."""

    def show(self, event: Json) -> None:
        """Show one event."""
        ...


class _Block:
    """The `with` block of a view that has nothing to begin or end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class JsonView(_Block):
    """One event a line, on standard output."""

    def show(self, event: Json) -> None:
        """Print the event as it came."""
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
        sys.stdout.flush()


class LineView(_Block):
    """A line for each step that matters, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, event: Json) -> None:
        """Print a line, unless the event is one of many."""
        stage = str(event.get("stage", ""))
        if stage in LINE_STAGES or PHASE_COMPLETE.fullmatch(stage):
            percent = round(100 * float(event.get("progress", 0)))
            self._console.print(f"{percent:>3} % {escape(str(event.get('message', '')))}")


class LiveView:
    """A bar with the current file below the phases that are done, for terminals."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.percentage:>3.0f} %"),
            BarColumn(bar_width=BAR_WIDTH),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=1.0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, event: Json) -> None:
        """Move the bar; a phase that is done stays on the screen."""
        message = str(event.get("message", ""))
        if PHASE_COMPLETE.fullmatch(str(event.get("stage", ""))):
            self._progress.console.print(f"[green]✓[/green] {escape(message)}", highlight=False)
        self._progress.update(
            self._task,
            completed=float(event.get("progress", 0)),
            description=str(event.get("current_file") or message),
        )


def view_for(console: Console, *, as_json: bool) -> View:
    """Return the view that suits where the output goes."""
    if as_json:
        return JsonView()
    return LiveView(console) if console.is_terminal else LineView(console)
