"""Showing progress."""

import io

import pytest
from rich.console import Console

from cli.progress import JsonView, LineView, LiveView, view_for

PHASE = {"stage": "phase_1_complete", "progress": 0.2, "message": "Phase 1 complete: [3] files"}
FILE = {"stage": "generating_file", "progress": 0.3, "current_file": "app/[x].py", "message": "m"}


def console(*, terminal: bool) -> Console:
    """Return a console that writes to memory."""
    return Console(file=io.StringIO(), force_terminal=terminal, width=100)


def shown(on: Console) -> str:
    """Return what a console was given."""
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def test_lines_tell_only_the_steps() -> None:
    """Prints a line for a phase, its brackets untouched, and none for each file."""
    to = console(terminal=False)
    with LineView(to) as view:
        view.show(FILE)
        view.show(PHASE)
    assert shown(to) == " 20 % Phase 1 complete: [3] files\n"


def test_a_terminal_sees_phases_and_files() -> None:
    """Keeps finished phases on the screen and shows the file at work."""
    to = console(terminal=True)
    with LiveView(to) as view:
        view.show(PHASE)
        view.show(FILE)
        view._progress.refresh()
    assert "Phase 1 complete: [3] files" in shown(to)
    assert "app/[x].py" in shown(to)


def test_an_event_without_any_field_is_no_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    """Shows what a newer server may leave out."""
    for view in (LineView(console(terminal=False)), LiveView(console(terminal=True)), JsonView()):
        with view as open_view:
            open_view.show({})
    assert capsys.readouterr().out == "{}\n"


def test_the_view_suits_the_output() -> None:
    """Chooses JSON when asked, a bar on terminals, lines elsewhere."""
    assert isinstance(view_for(console(terminal=True), as_json=True), JsonView)
    assert isinstance(view_for(console(terminal=True), as_json=False), LiveView)
    assert isinstance(view_for(console(terminal=False), as_json=False), LineView)
