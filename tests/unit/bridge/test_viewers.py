"""The bridge tells who watches, and takes what is to happen when nobody does."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from chassis.bus import memory
from tests.unit.bridge.orchestrator import FakeOrchestrator
from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.world import World, services, settings, world
from tests.unit.bridge.world import bridge as run_bridge

QUICK = {"stream_report_delay": timedelta(milliseconds=10)}


async def reported(
    orchestrator: FakeOrchestrator, condition: Callable[[list[set[str]]], bool]
) -> list[set[str]]:
    """Wait until what was reported fulfils a condition; return it."""
    async with asyncio.timeout(5):
        while True:
            told = [set(each.generation_ids) for each in orchestrator.reports]
            if condition(told):
                return told
            await asyncio.sleep(0.005)


def last_is(*expected: str) -> Callable[[list[set[str]]], bool]:
    """Tell whether the newest report names these."""
    return lambda told: bool(told) and told[-1] == set(expected)


async def test_first_and_last_viewers_are_reported() -> None:
    """Reports when a generation gets its first viewer or loses its last, and not in between."""
    async with world(**QUICK) as running:
        for number in (1, 2):
            running.orchestrator.add(f"gen_{number}").happen("initializing", 0.01)
        async with running.watch() as first:
            await first.until("initializing")
            await reported(running.orchestrator, last_is("gen_1"))
            async with running.watch() as second, running.watch("gen_2") as other:
                await second.until("initializing")
                await other.until("initializing")
                await reported(running.orchestrator, last_is("gen_1", "gen_2"))
            told = await reported(running.orchestrator, last_is("gen_1"))
        await reported(running.orchestrator, last_is())
    assert told == [{"gen_1"}, {"gen_1", "gen_2"}, {"gen_1"}]
    assert len({each.bridge_id for each in running.orchestrator.reports}) == 1


async def test_reports_are_repeated_and_hold_longer_than_that() -> None:
    """Repeats its report now and then, each good until several would have followed."""
    interval = timedelta(milliseconds=50)
    async with world(stream_report_interval=interval, **QUICK) as running:
        running.orchestrator.add().happen("initializing", 0.01)
        async with running.watch() as stream:
            await stream.until("initializing")
            told = await reported(running.orchestrator, lambda told: len(told) >= 4)
        assert told[:4] == [{"gen_1"}] * 4
        assert running.orchestrator.reports[0].hold.ToTimedelta() == 4 * interval


async def test_reports_survive_an_orchestrator_that_is_away() -> None:
    """Tells it all again when the orchestrator is back."""
    async with world(stream_report_interval=timedelta(milliseconds=50), **QUICK) as running:
        running.orchestrator.add().happen("initializing", 0.01)
        async with running.watch() as stream:
            await stream.until("initializing")
            running.orchestrator.away = True
            await reported(running.orchestrator, lambda _: True)
            running.orchestrator.reports.clear()
            running.orchestrator.away = False
            await reported(running.orchestrator, last_is("gen_1"))


async def test_handed_over_viewers_are_not_gone() -> None:
    """Says of those it hands over that they are there, for as long as they need to come back."""
    async with services() as (orchestrator, files, target), memory.connect() as bus:
        orchestrator.add().happen("initializing", 0.01)
        configured = settings(**QUICK)
        async with AsyncExitStack() as of_bridge:
            running = await of_bridge.enter_async_context(
                run_bridge(configured, orchestrator, files, target, bus)
            )
            async with running.watch() as stream:
                await stream.until("initializing")
                await reported(orchestrator, last_is("gen_1"))
                stopping = asyncio.create_task(of_bridge.aclose())
                assert (await stream.rest())[-1].stage == "handover"
            await stopping
        last = orchestrator.reports[-1]
        assert list(last.generation_ids) == ["gen_1"]
        assert last.hold.ToTimedelta() >= 4 * configured.stream.report_interval + configured.drain


async def test_channels_are_not_viewers_of_generations() -> None:
    """Reports nothing of channels."""
    async with world(**QUICK) as running:
        answer = await running.http.post(
            "/api/events/project.prj_1/token", headers=running.as_user()
        )
        path = f"/api/events/project.prj_1?token={answer.json()['sse_token']}"
        async with running.stream(path) as channel:
            await channel.frame()
            running.orchestrator.add().happen("initializing", 0.01)
            async with running.watch() as stream:
                await stream.until("initializing")
                assert await reported(running.orchestrator, bool) == [{"gen_1"}]


@pytest.mark.parametrize("path", ["/generations/gen_1", "/generations/generate/gen_1"])
async def test_token_request_decides(bridge: World, path: str) -> None:
    """Takes `cancel_after` with a token request, takes it back with null, else leaves it."""
    bridge.orchestrator.add()
    told = []
    for body in (None, {"cancel_after": 30}, {}, None, {"cancel_after": None}):
        answer = await bridge.http.post(
            f"{path}/stream-token",
            headers=bridge.as_user(),
            **({} if body is None else {"json": body}),
        )
        assert answer.status_code == 200
        got = await bridge.http.get("/generations/gen_1", headers=bridge.as_user())
        told.append(got.json()["cancel_after"])
    assert told == [None, 30, 30, 30, None]


async def test_start_decides(bridge: World) -> None:
    """Takes `cancel_after` with a start and with an iteration, and goes on without."""
    bridge.orchestrator.add("gen_0").happen("completed", 1.0, status=COMPLETED)
    first = {"prompt": "A blog with posts"}
    change = {"parent_generation_id": "gen_0", "modification_prompt": "Add a page"}
    told = []
    for path, body in (("generate", first), ("iterate", change)):
        for more in ({"cancel_after": 45}, {}):
            answer = await bridge.http.post(
                f"/generations/{path}", json=body | more, headers=bridge.as_user()
            )
            assert answer.status_code == 201
            told.append(answer.json()["cancel_after"])
    assert told == [45, None, 45, None]


@pytest.mark.parametrize("value", [0, 4, -1, 86_401, 7.5, "30", [], True])
async def test_strange_times(bridge: World, value: object) -> None:
    """Refuses a time that is none, naming the field."""
    bridge.orchestrator.add().happen("completed", 1.0, status=COMPLETED)
    for path, rest in (
        ("/generations/gen_1/stream-token", {}),
        ("/generations/generate", {"prompt": "A blog with posts"}),
        (
            "/generations/iterate",
            {"parent_generation_id": "gen_1", "modification_prompt": "x" * 10},
        ),
    ):
        answer = await bridge.http.post(
            path, json={**rest, "cancel_after": value}, headers=bridge.as_user()
        )
        assert answer.status_code == 422, path
        assert [error["field"] for error in answer.json()["errors"]] == ["cancel_after"]


async def test_strangers_decide_nothing(bridge: World) -> None:
    """Tells nobody whether somebody else's generation exists, and changes nothing of it."""
    script = bridge.orchestrator.add(user_id="bob")
    answer = await bridge.http.post(
        "/generations/gen_1/stream-token", json={"cancel_after": 5}, headers=bridge.as_user("alice")
    )
    assert answer.status_code == 404
    assert not script.generation.HasField("cancel_after")
