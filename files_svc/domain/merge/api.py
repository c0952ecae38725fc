"""What a project's API document promises, and what of that a merge would take back."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from files_svc.domain.merge.patch import Patch

DOCUMENT = "openapi.json"
"""Where a project has its API document."""


def lost_promises(before: str, after: str, patch: Patch) -> list[str]:
    """Return the operations and fields that vanished and that no drop named, sorted.

    What a feature brought is named after what it does, so that a drop of one names anything.
    """
    if patch.dropped_paths:
        return []
    gone = set(_promises(before)) - set(_promises(after))
    return sorted(name for name in gone if not patch.may_vanish(name))


def _promises(text: str) -> Iterator[str]:
    document = _read(text)
    for path, methods in _mapping(document, "paths").items():
        yield from (f"{method} {path}" for method in _mapping(methods))
    for name, schema in _mapping(document, "components", "schemas").items():
        yield from (f"{name}.{field}" for field in _mapping(schema, "properties"))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mapping(value: Any, *keys: str) -> Mapping[str, Any]:
    """Return what stands at some keys, or nothing when it is no object."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
