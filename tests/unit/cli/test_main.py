"""The command as its users see it: what it prints and what it exits with."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import jwt
import pytest
from starlette.responses import JSONResponse, Response

from cli.__main__ import backsmith, main
from cli.system.folder import DataFolder
from tests.unit.cli.bridge import Bridge, frame, problem, stream
from tests.unit.cli.test_client import archive

STARTED = {"generation_id": "gen_1", "project_name": "blog", "version": 1}
Run = Callable[..., Any]


@pytest.fixture
def call(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a coroutine function that runs the command against the bridge."""
    monkeypatch.setenv("BACKSMITH_SERVER", bridge.url)
    monkeypatch.setenv("BACKSMITH_TOKEN", "t")

    def run(arguments: Sequence[str]) -> int:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return int(ended.value.code or 0)

    async def in_thread(*arguments: str | Path) -> int:
        return await asyncio.to_thread(run, [str(each) for each in arguments])

    return in_thread


@pytest.fixture(autouse=True)
def no_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave signals alone: these tests run the command outside the main thread."""
    monkeypatch.setattr(asyncio.AbstractEventLoop, "add_signal_handler", lambda *_: None)
    loop_class = asyncio.SelectorEventLoop
    monkeypatch.setattr(loop_class, "add_signal_handler", lambda *_: None)


def generating(bridge: Bridge, **last: Any) -> None:
    """Let the bridge run a generation that ends as told."""
    bridge.on("/generations/plan", lambda _: JSONResponse({"unresolved": []}))
    bridge.on("/generations/generate", lambda _: JSONResponse(STARTED, 201))
    bridge.on(
        "/generations/gen_1/stream",
        stream(
            frame(1, stage="queued", progress=0.0, status="pending", message="Waiting"),
            frame(2, stage="phase_1_complete", progress=0.2, message="Phase 1 complete"),
            frame(3, **{"stage": "completed", "progress": 1.0, "status": "completed", **last}),
        ),
    )
    bridge.on("/generations/gen_1/download", lambda _: Response(archive(a="1")))
    bridge.on("/generations/gen_1", lambda _: JSONResponse(STARTED))


async def test_generate_leaves_the_project_in_out(
    bridge: Bridge, call: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Writes the files, shows the phases, and says where everything is."""
    generating(bridge)
    assert await call("generate", "A blog with posts", "--out", tmp_path / "out") == 0
    assert (tmp_path / "out" / "a").read_text() == "1"
    told = capfd.readouterr()
    assert "blog, version 1 (gen_1)" in told.out
    assert "20 % Phase 1 complete" in told.err


async def test_generate_tells_what_it_leaves_out(
    bridge: Bridge, call: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    """Names the words that were not understood, asked of the plan with what decides on it."""
    generating(bridge)
    spans = [{"text": "sparkle"}, {"text": "[as] binary"}]
    bridge.on("/generations/plan", lambda _: JSONResponse({"unresolved": spans}))
    prompt = "A blog with posts. Make it sparkle."
    assert await call("generate", prompt, "--tech-stack", "fastapi_sqlite", "--mode", "auto") == 0
    assert "Not understood, and left out: 'sparkle', '[as] binary'" in capfd.readouterr().err
    asked = json.loads(bridge.bodies[0])
    assert asked == {"prompt": prompt, "tech_stack": "fastapi_sqlite"}


async def test_json_prints_one_event_a_line(
    bridge: Bridge, call: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    """Prints nothing but events on standard output."""
    generating(bridge)
    assert await call("generate", "A blog with posts", "--json") == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["stage"] for line in lines] == ["queued", "phase_1_complete", "completed"]


async def test_iterate_changes_a_parent(
    bridge: Bridge, call: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Sends the parent and the change, and brings the new version home."""
    generating(bridge)
    bridge.on("/generations/iterate", lambda _: JSONResponse({**STARTED, "version": 2}, 201))
    out = tmp_path / "out"
    change = ["Add a title to posts", "--parent", "gen_0", "--confirm-destructive"]
    assert await call("iterate", *change, "--out", out) == 0
    assert json.loads(bridge.bodies[0]) == {
        "parent_generation_id": "gen_0",
        "modification_prompt": "Add a title to posts",
        "confirm_destructive": True,
    }
    assert (out / "a").exists()
    assert "blog, version 2" in capfd.readouterr().out


async def test_a_failed_generation_exits_with_1(
    bridge: Bridge, call: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tells the cause, and writes nothing."""
    generating(bridge, stage="error", status="failed", error="no such engine")
    assert await call("generate", "A blog with posts", "--out", tmp_path / "out") == 1
    assert "no such engine" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


async def test_refused_input_exits_with_3(bridge: Bridge, call: Run) -> None:
    """Exits with 3 when the server refuses the request."""
    bridge.on("/generations/plan", problem(422, "The prompt is too short."))
    assert await call("generate", "short") == 3
    generating(bridge)
    bridge.on("/generations/generate", problem(422, "There is no such engine."))
    assert await call("generate", "A blog with posts", "--engine", "diesel") == 3


async def test_a_taken_place_is_refused_before_anything_starts(
    bridge: Bridge, call: Run, tmp_path: Path
) -> None:
    """Starts no generation whose files could not be kept."""
    generating(bridge)
    (tmp_path / "mine").touch()
    assert await call("generate", "A blog with posts", "--out", tmp_path) == 3
    assert bridge.requests == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate"],
        ["generate", "x", "--no-such-option"],
        ["token"],
        ["nonsense"],
        ["iterate", "--parent", "x"],
    ],
)
async def test_wrong_usage_exits_with_2(call: Run, arguments: list[str]) -> None:
    """Exits with 2 when the command line makes no sense."""
    assert await call(*arguments) == 2


async def test_an_unreachable_server_exits_with_4(call: Run) -> None:
    """Exits with 4 when nobody answers."""
    assert await call("watch", "gen_1", "--server", "http://127.0.0.1:1") == 4


async def test_watch_shows_a_generation_that_has_ended(
    bridge: Bridge, call: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    """Reads the history of a generation to its end."""
    generating(bridge, message="Generation completed successfully with 1 files")
    assert await call("watch", "gen_1") == 0
    assert "completed successfully" in capfd.readouterr().out


async def test_download_writes_a_zip(bridge: Bridge, call: Run, tmp_path: Path) -> None:
    """Keeps the archive as it came when the name ends in .zip."""
    generating(bridge)
    assert await call("download", "gen_1", "--out", tmp_path / "it.zip") == 0
    assert (tmp_path / "it.zip").read_bytes() == archive(a="1")


async def test_plan_prints_json(
    bridge: Bridge, call: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    """Prints the plan as the server answered it."""
    bridge.on("/generations/plan", lambda _: JSONResponse({"spec": {"name": "blog"}}))
    assert await call("plan", "A blog with posts") == 0
    assert json.loads(capfd.readouterr().out) == {"spec": {"name": "blog"}}


async def test_plan_of_a_change_names_its_parent(
    bridge: Bridge, call: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Sends the parent, by its id or by the folder it is in, and prints the patch."""
    generating(bridge)
    out = tmp_path / "out"
    assert await call("generate", "A blog with posts", "--out", out) == 0
    capfd.readouterr()
    bridge.on("/generations/plan", lambda _: JSONResponse({"patch": {"drop": ["Post.title"]}}))
    for parent in ("gen_1", out):
        assert await call("plan", "Remove the title", "--parent", parent) == 0
        assert json.loads(capfd.readouterr().out) == {"patch": {"drop": ["Post.title"]}}
        assert json.loads(bridge.bodies[-1]) == {
            "parent_generation_id": "gen_1",
            "modification_prompt": "Remove the title",
        }


@pytest.mark.parametrize("options", [["--patch", "p.yaml"], ["--parent", "gen_1", "--spec", "s"]])
async def test_a_plan_is_of_a_spec_or_of_a_change(
    call: Run, capfd: pytest.CaptureFixture[str], options: list[str]
) -> None:
    """Takes a patch for a change alone, and a spec for a first version alone."""
    assert await call("plan", "Remove the title", *options) == 2
    assert "--parent" in capfd.readouterr().err


async def test_a_development_server_is_asked_for_a_token(
    bridge: Bridge, call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signs in as the user that was named when no token is given."""
    monkeypatch.delenv("BACKSMITH_TOKEN")
    generating(bridge)
    bridge.on("/auth/dev-token", lambda _: JSONResponse({"access_token": "given"}))
    assert await call("watch", "gen_1", "--user", "ann") == 0
    assert json.loads(bridge.bodies[0]) == {"user": "ann"}
    assert set(bridge.headers("authorization")[1:]) == {"Bearer given"}


async def test_a_production_server_wants_a_token(
    call: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Says how to give a token to a server that hands out none."""
    monkeypatch.delenv("BACKSMITH_TOKEN")
    assert await call("watch", "gen_1") == 3
    assert "--token" in capfd.readouterr().err


async def test_token_prints_what_the_folders_system_accepts(
    call: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Signs with the folder's own secret."""
    assert await call("token", "--user", "ann", "--data", tmp_path) == 0
    secret = DataFolder(tmp_path).secret()
    claims = jwt.decode(
        capfd.readouterr().out.strip(), secret, algorithms=["HS256"], audience="backsmith"
    )
    assert claims["sub"] == "ann"


async def test_doctor_finds_this_machine_well(
    call: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Passes where the tests themselves run."""
    assert await call("doctor", "--data", tmp_path, "--port", "0") == 0, capfd.readouterr().out


async def test_doctor_tells_what_to_do(
    call: Run, tmp_path: Path, bridge: Bridge, capfd: pytest.CaptureFixture[str]
) -> None:
    """Names the remedy for a taken port and a folder that cannot be written."""
    (tmp_path / "file").touch()
    port = bridge.url.rpartition(":")[2]
    assert await call("doctor", "--data", tmp_path / "file" / "data", "--port", port) == 1
    told = capfd.readouterr().out
    assert "--port 0" in told
    assert "BACKSMITH_DATA" in told


def test_every_command_explains_itself() -> None:
    """Gives each command and each of its options a line of help."""
    for command in backsmith.commands.values():
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (command.name, parameter.name)
