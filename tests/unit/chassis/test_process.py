"""A service's process."""

import gc
import weakref

from chassis.process import spare_collector


class _Kept:
    """Something that a start makes."""


def test_spared_objects_are_no_longer_walked() -> None:
    """Takes what is there out of every later collection, and garbage away before."""
    kept, lost = _Kept(), _Kept()
    lost.itself = lost  # type: ignore[attr-defined]
    gone = weakref.ref(lost)
    del lost
    try:
        spare_collector()
        assert gone() is None
        assert not any(each is kept for each in gc.get_objects())
    finally:
        gc.unfreeze()
