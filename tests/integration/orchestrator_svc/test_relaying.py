"""A relay carries many watches of many users over one stream."""

from typing import Any

import grpc
import pytest
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.progress.v1 import progress_pb2

from chassis.errors import (
    InvalidInputError,
    PermissionDeniedError,
)
from chassis.status import rpc_errors
from tests.integration.orchestrator_svc.conftest import Client
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator

COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED


async def relayed(stub: Any, *subscriptions: pb.RelaySubscribe) -> dict[str, list[pb.RelayItem]]:
    """Return what a relay says of each watch until all are over."""
    call = stub.RelayGenerations()
    for subscription in subscriptions:
        await call.write(pb.RelayGenerationsRequest(subscribe=subscription))
    items: dict[str, list[pb.RelayItem]] = {each.watch_id: [] for each in subscriptions}
    open_watches = set(items)
    while open_watches:
        response = await call.read()
        for item in response.items:
            items[item.watch_id].append(item)
            if item.ended:
                open_watches.discard(item.watch_id)
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    return items


async def test_a_relay_carries_many_watches_of_many_users(client: Client) -> None:
    """Gives each watch what a stream of its own would give, and says when it is over."""
    users = ["ada", "eve", "ada", "bob"]
    started = [await client.start(user_id=user) for user in users]
    stub = await client.stub("", service="bridge")
    items = await relayed(
        stub,
        *(
            pb.RelaySubscribe(
                watch_id=f"w{n}", generation_id=each.generation_id, user_id=each.user_id
            )
            for n, each in enumerate(started)
        ),
    )

    for n, each in enumerate(started):
        of_watch = items[f"w{n}"]
        events = [event.event for item in of_watch for event in item.events]
        assert events == await client.story(each.generation_id, user_id=each.user_id)
        assert [item.ended for item in of_watch].count(True) == 1
        assert [item.caught_up for item in of_watch].count(True) == 1


async def test_a_watch_that_fails_leaves_the_others_alone(client: Client) -> None:
    """Tells the failure in the watch's own item."""
    mine = await client.start()
    stub = await client.stub("", service="bridge")
    items = await relayed(
        stub,
        pb.RelaySubscribe(watch_id="a", generation_id=mine.generation_id, user_id="eve"),
        pb.RelaySubscribe(
            watch_id="b", generation_id=mine.generation_id, user_id="ada", after_cursor="x"
        ),
        pb.RelaySubscribe(watch_id="c", generation_id=mine.generation_id, user_id="ada"),
    )

    assert (items["a"][-1].error.code, items["a"][-1].error.reason) == (5, "GENERATION_UNKNOWN")
    assert (items["b"][-1].error.code, items["b"][-1].error.reason) == (11, "CURSOR_UNKNOWN")
    assert not items["c"][-1].HasField("error")


async def test_a_relay_drops_what_is_unsubscribed(client: Client, generator: FakeGenerator) -> None:
    """Says nothing more of a watch that was given up, and takes its name again."""
    hold = generator.hold(1)
    started = await client.start()
    await hold.reached.wait()
    stub = await client.stub("", service="bridge")
    call = stub.RelayGenerations()
    subscribe = pb.RelaySubscribe(watch_id="w", generation_id=started.generation_id, user_id="ada")
    await call.write(pb.RelayGenerationsRequest(subscribe=subscribe))
    await call.read()
    await call.write(pb.RelayGenerationsRequest(unsubscribe=pb.RelayUnsubscribe(watch_id="w")))
    await call.write(pb.RelayGenerationsRequest(subscribe=subscribe))
    first = await call.read()
    hold.release.set()
    await call.done_writing()
    rest = [item async for response in call for item in response.items]

    assert first.items[0].events[0].event.stage == "queued"
    assert rest[-1].ended


async def test_a_relay_is_for_services_and_refuses_a_name_in_use(
    client: Client, generator: FakeGenerator
) -> None:
    """Refuses users, and two watches of one name."""
    users = (await client.stub()).RelayGenerations()
    with pytest.raises(PermissionDeniedError), rpc_errors():
        await users.read()
    hold = generator.hold(1)
    started = await client.start()
    stub = await client.stub("", service="bridge")
    call = stub.RelayGenerations()
    subscribe = pb.RelaySubscribe(watch_id="w", generation_id=started.generation_id, user_id="ada")
    for _ in range(2):
        await call.write(pb.RelayGenerationsRequest(subscribe=subscribe))
    with pytest.raises(InvalidInputError), rpc_errors():
        await drained(call)
    hold.release.set()


async def drained(call: Any) -> None:
    """Read a stream to its end."""
    async for _ in call:
        pass
