"""What every bus promises about the things it opens by name."""

from datetime import timedelta

import pytest

from chassis.bus.interface import Bus
from chassis.errors import InvalidInputError

HOUR = timedelta(hours=1)


async def test_ping_returns_when_the_bus_answers(bus: Bus) -> None:
    """Tells a probe that all is well."""
    await bus.ping()


async def test_name_opens_the_same_thing_twice(bus: Bus, name: str) -> None:
    """Shares logs, queues and stores among those who open them by one name."""
    for number in range(2):
        log = await bus.event_log(name, subjects=(f"{name}.>",), retention=HOUR)
        place = await log.append(f"{name}.a", b"x", message_id=str(number))
        assert place.sequence == number + 1
    await (await bus.work_queue(f"{name}q", acknowledge_within=HOUR, max_deliveries=1)).put(
        b"x", message_id="1"
    )
    queue = await bus.work_queue(f"{name}q", acknowledge_within=HOUR, max_deliveries=1)
    assert await queue.get(wait=HOUR) is not None
    assert await (await bus.key_value(f"{name}k")).create("k", b"v", ttl=HOUR)
    assert await (await bus.key_value(f"{name}k")).get("k") == b"v"


@pytest.mark.parametrize("bad", ["", "a.b", "a b", "*", "a/b"])
async def test_bad_name_is_refused(bus: Bus, bad: str) -> None:
    """Refuses a name that a server could not keep."""
    with pytest.raises(InvalidInputError):
        await bus.event_log(bad, subjects=("a.>",), retention=HOUR)
    with pytest.raises(InvalidInputError):
        await bus.work_queue(bad, acknowledge_within=HOUR, max_deliveries=1)
    with pytest.raises(InvalidInputError):
        await bus.key_value(bad)


async def test_bad_subjects_are_refused(bus: Bus, name: str) -> None:
    """Refuses patterns that match nothing."""
    with pytest.raises(InvalidInputError):
        await bus.event_log(name, subjects=("a..b",), retention=HOUR)
