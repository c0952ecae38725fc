"""How long a store trusts what it has seen."""

from datetime import UTC, datetime, timedelta

from files_svc.store.cache import LruCache
from files_svc.store.lease import Lease

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        """Return where the hands are."""
        return self.time


def test_trusts_for_a_quarter_of_the_lease() -> None:
    """Believes that an object is there for a quarter, then asks again."""
    hands = Hands()
    lease = Lease(4 * HOUR, now=hands.now)
    assert not lease.trusts("a")
    lease.trust("a")
    hands.time = NOON + HOUR - timedelta(seconds=1)
    assert lease.trusts("a")
    hands.time = NOON + HOUR
    assert not lease.trusts("a")


def test_forgets_what_was_deleted() -> None:
    """Asks again about what was deleted."""
    lease = Lease(4 * HOUR, now=Hands().now)
    lease.trust("a")
    lease.forget("a")
    assert not lease.trusts("a")


def test_renews_after_half_the_lease() -> None:
    """Renews an object before the collector may take it, with a quarter to spare."""
    lease = Lease(4 * HOUR, now=Hands().now)
    assert not lease.due(NOON - 2 * HOUR)
    assert lease.due(NOON - 2 * HOUR - timedelta(seconds=1))


def test_the_cache_forgets_the_least_recently_used() -> None:
    """Keeps what was used last, up to its capacity."""
    cache: LruCache[str, bytes] = LruCache(10, weigh=len)
    for key in "abc":
        cache.put(key, b"1234")
        cache.get("a")
    assert [cache.get(key) for key in "abc"] == [b"1234", None, b"1234"]


def test_the_cache_never_exceeds_its_capacity() -> None:
    """Takes no value that is heavier than all it may hold, and drops the one it replaces."""
    cache: LruCache[str, bytes] = LruCache(10, weigh=len)
    cache.put("a", b"1")
    cache.put("a", bytes(11))
    assert cache.get("a") is None
