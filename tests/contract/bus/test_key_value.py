"""What every key-value store promises: one creator, one taker, and an end."""

import asyncio
from datetime import timedelta

import pytest

from chassis.bus.interface import Bus, KeyValue
from chassis.errors import InvalidInputError

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
async def store(bus: Bus, name: str) -> KeyValue:
    """An empty store."""
    return await bus.key_value(name)


@pytest.fixture
async def other_store(backend: object, store: KeyValue, name: str) -> KeyValue:
    """The same store, as another replica sees it."""
    other: Bus = backend.other  # type: ignore[attr-defined]
    return await other.key_value(name)


async def test_value_is_seen_by_every_replica(store: KeyValue, other_store: KeyValue) -> None:
    """Finds at one replica what another one stored."""
    assert await store.create("k", b"\x00v", ttl=MINUTE)
    assert await other_store.get("k") == b"\x00v"
    assert await store.get("unknown") is None


async def test_key_is_created_once(store: KeyValue, other_store: KeyValue) -> None:
    """Keeps the first value of a key."""
    assert await store.create("k", b"1", ttl=MINUTE)
    assert not await other_store.create("k", b"2", ttl=MINUTE)
    assert await store.get("k") == b"1"


async def test_taken_value_is_gone(store: KeyValue, other_store: KeyValue) -> None:
    """Gives a value away once; the key is free again."""
    await store.create("k", b"1", ttl=MINUTE)
    assert await other_store.take("k") == b"1"
    assert await store.take("k") is None
    assert await store.get("k") is None
    assert await store.create("k", b"2", ttl=MINUTE)
    assert await other_store.take("k") == b"2"


async def test_one_of_many_takers_wins(store: KeyValue, other_store: KeyValue) -> None:
    """Gives a value to exactly one of 200 that race for it."""
    await store.create("k", b"1", ttl=MINUTE)
    takers = [(store, other_store)[index % 2].take("k") for index in range(200)]
    taken = await asyncio.gather(*takers)
    assert sorted(taken, key=bool) == [None] * 199 + [b"1"]


async def test_one_of_many_creators_wins(store: KeyValue, other_store: KeyValue) -> None:
    """Lets exactly one of 200 that race create a key."""
    creators = [
        (store, other_store)[index % 2].create("k", str(index).encode(), ttl=MINUTE)
        for index in range(200)
    ]
    created = await asyncio.gather(*creators)
    assert created.count(True) == 1
    assert await store.get("k") == str(created.index(True)).encode()


async def test_expired_value_is_gone(backend: object, store: KeyValue) -> None:
    """Forgets a value at its time, for readers and takers, and frees its key."""
    await store.create("short", b"1", ttl=SECOND)
    await store.create("long", b"2", ttl=MINUTE)
    assert await store.get("short") == b"1"
    await backend.elapse(SECOND * 2.5)  # type: ignore[attr-defined]
    assert await store.get("short") is None
    assert await store.take("short") is None
    assert await store.get("long") == b"2"
    assert await store.create("short", b"3", ttl=MINUTE)


async def test_empty_value_is_a_value(store: KeyValue) -> None:
    """Tells an empty value from none."""
    await store.create("k", b"", ttl=MINUTE)
    assert await store.get("k") == b""
    assert await store.take("k") == b""


@pytest.mark.parametrize("key", ["", ".a", "a.", "a..b", "a b", "a*", ">", "ä", "a\r\nb"])
async def test_key_is_checked(store: KeyValue, key: str) -> None:
    """Refuses a key that would be another subject or break the protocol."""
    for call in (store.get(key), store.take(key), store.create(key, b"", ttl=MINUTE)):
        with pytest.raises(InvalidInputError):
            await call
