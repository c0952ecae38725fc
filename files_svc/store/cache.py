"""A bounded memory of what was used last."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Keeps values up to a total weight, the least recently used leaving first.

    Args:
        capacity: The most that the values may weigh together.
        weigh: What a value weighs; one heavier than the capacity is not kept at all.
    """

    def __init__(self, capacity: int, *, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._capacity = capacity
        self._weigh = weigh
        self._values: OrderedDict[K, V] = OrderedDict()
        self._weight = 0

    def get(self, key: K) -> V | None:
        """Return a value, now the most recently used, or None."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        self.drop(key)
        if self._weigh(value) > self._capacity:
            return
        self._values[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._capacity:
            _, oldest = self._values.popitem(last=False)
            self._weight -= self._weigh(oldest)

    def drop(self, key: K) -> None:
        """Forget a value, if it is kept."""
        if key in self._values:
            self._weight -= self._weigh(self._values.pop(key))
