"""Merges what is looked up by keys: nested mappings and lists, key by key.

The merge changes OURS in place, so that its comments and its order stay; a document type
(`documents`) brings the parser and the printer.
"""

import re
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from files_svc.domain.merge.result import Clash, Reason

ABSENT: Any = object()
REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(\[[^\]]*\])?\s*(?:[<>=!~@;].*)?")
IDENTITY = ("name", "id", "repo", "path", "key")
"""The keys by which two mappings in lists are taken for the same thing."""


def merge_mappings(
    base: Mapping[str, Any], ours: MutableMapping[str, Any], theirs: Mapping[str, Any], at: str = ""
) -> list[Clash]:
    """Change OURS as THEIRS changed BASE; return where OURS was kept against it."""
    clashes: list[Clash] = []
    for key in (*theirs, *(key for key in base if key not in theirs)):
        values = (base.get(key, ABSENT), ours.get(key, ABSENT), theirs.get(key, ABSENT))
        clashes += _merge_value(
            *values, at=f"{at}.{key}" if at else str(key), put=_putter(ours, key)
        )
    return clashes


def _putter(target: MutableMapping[str, Any], key: str) -> Callable[[Any], None]:
    def put(value: Any) -> None:
        if value is ABSENT:
            target.pop(key, None)
        else:
            target[key] = value

    return put


def _merge_value(
    base: Any, ours: Any, theirs: Any, *, at: str, put: Callable[[Any], None]
) -> list[Clash]:
    if _equal(ours, theirs) or _equal(base, theirs):
        return []
    if _equal(base, ours):
        put(theirs)
        return []
    if isinstance(ours, MutableMapping) and isinstance(theirs, Mapping):
        return merge_mappings(base if isinstance(base, Mapping) else {}, ours, theirs, at)
    if isinstance(ours, MutableSequence) and isinstance(theirs, Sequence):
        return _merge_lists(base if isinstance(base, Sequence) else [], ours, theirs, at)
    return [Clash(place=at, reason=_reason(base, ours))]


def _equal(one: Any, other: Any) -> bool:
    return one is other or (one is not ABSENT and other is not ABSENT and bool(one == other))


def _reason(base: Any, ours: Any) -> Reason:
    if base is ABSENT:
        return Reason.BOTH_ADDED
    return Reason.DELETED_AND_CHANGED if ours is ABSENT else Reason.BOTH_CHANGED


def _merge_lists(
    base: Sequence[Any], ours: MutableSequence[Any], theirs: Sequence[Any], at: str
) -> list[Clash]:
    """Merge lists as sets of items with identities; new items follow those they followed."""
    if not all(map(_distinct, (base, ours, theirs))):
        return [Clash(place=at, reason=Reason.BOTH_CHANGED)]
    before, now, after = (_by_identity(items) for items in (base, ours, theirs))
    clashes: list[Clash] = []
    for identity in (*after, *(each for each in before if each not in after)):
        values = (
            before.get(identity, ABSENT),
            now.get(identity, ABSENT),
            after.get(identity, ABSENT),
        )
        put = _list_putter(ours, identity, list(after))
        clashes += _merge_value(*values, at=f"{at}[{identity}]", put=put)
    return clashes


def _list_putter(
    items: MutableSequence[Any], identity: str, order: Sequence[str]
) -> Callable[[Any], None]:
    def put(value: Any) -> None:
        places = {each: place for place, each in enumerate(map(identity_of, items))}
        if value is ABSENT:
            del items[places[identity]]
        elif identity in places:
            items[places[identity]] = value
        else:
            items.insert(_place_after(identity, order, places), value)

    return put


def _place_after(identity: str, order: Sequence[str], places: Mapping[str, int]) -> int:
    earlier = order[: order.index(identity)]
    return next((places[each] + 1 for each in reversed(earlier) if each in places), 0)


def _distinct(items: Sequence[Any]) -> bool:
    return len(_by_identity(items)) == len(items)


def _by_identity(items: Sequence[Any]) -> dict[str, Any]:
    return {identity_of(item): item for item in items}


def identity_of(item: Any) -> str:
    """Return by what an item of a list is known: its name, its package, or itself."""
    if isinstance(item, Mapping):
        for key in IDENTITY:
            if isinstance(item.get(key), str):
                return f"{key}={item[key]}"
    if isinstance(item, str) and (match := REQUIREMENT.fullmatch(item)):
        return package_key(match[1])
    return str(item)


def package_key(name: str) -> str:
    """Return a package's normalised name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
