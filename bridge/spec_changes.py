"""How two specs differ, in the words of their document form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecChange:
    """One thing that differs."""

    path: str
    """Entities, fields and relations by name: `Post.title.unique`."""

    before: Any
    after: Any

    @property
    def change(self) -> Literal["added", "removed", "changed"]:
        """What became of it."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def spec_changes(before: Any, after: Any, path: str = "") -> Iterator[SpecChange]:
    """Yield what differs between two documents, the deepest place that tells it."""
    old, new = _by_name(before), _by_name(after)
    if old is None or new is None:
        if before != after:
            yield SpecChange(path=path, before=before, after=after)
        return
    for key in [*old, *(key for key in new if key not in old)]:
        below = f"{path}.{key}" if path and key not in _LISTS else path or key
        if key in _LISTS:
            yield from spec_changes(old.get(key, []), new.get(key, []), path)
        else:
            yield from spec_changes(old.get(key), new.get(key), below)


_LISTS = frozenset({"entities", "fields", "relations"})
"""What is named by what is in it: `Post.title`, not `entities.Post.fields.title`."""


def _by_name(value: Any) -> Mapping[str, Any] | None:
    """Return what a document holds by name; None when it is a value of its own."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and all(isinstance(each, dict) and "name" in each for each in value):
        return {each["name"]: each for each in value}
    return None
