"""One mapping of a document, read key by key; what is wrong is recorded under its path."""

from dataclasses import fields
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from generator_svc.domain.literals import number_text
from generator_svc.domain.refusal import Findings
from generator_svc.domain.spec import JsonValue
from generator_svc.planner.text_tree import Table

E = TypeVar("E", bound=StrEnum)

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a mapping"),
)

_NOT_KEYS = frozenset({"has_default"})


def keys_of(kind: Any) -> tuple[str, ...]:
    """Return the keys that a document may use for a dataclass of the spec."""
    return tuple(each.name for each in fields(kind) if each.name not in _NOT_KEYS)


class Node:
    """A mapping of a document and its path.

    Args:
        value: What stands there; anything but a mapping is recorded as wrong.
        path: Where it stands; empty for the document itself.
        findings: Where to record what is wrong.
        keys: The keys it may have.
    """

    def __init__(
        self, value: JsonValue, *, path: str, findings: Findings, keys: tuple[str, ...]
    ) -> None:
        self._path = path
        self._findings = findings
        self._table = self._mapping(value)
        self._check_keys(keys)

    def has(self, key: str) -> bool:
        """Tell whether a key was written."""
        return key in self._table

    def value(self, key: str) -> JsonValue:
        """Return what stands under a key, or None."""
        return self._table.get(key)

    def text(self, key: str) -> str:
        """Return the text under a key, or an empty one."""
        value = self._table.get(key, "")
        if isinstance(value, str):
            return value
        self._wrong(key, value, "text; put quotes around it")
        return ""

    def required_text(self, key: str) -> str:
        """Return the text under a key that must be there."""
        if not self.has(key):
            self._add(key, "KEY_MISSING", f"{key} is missing. Add it.")
            return "missing"
        return self.text(key)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return the truth under a key."""
        value = self._table.get(key, default)
        if isinstance(value, bool):
            return value
        self._wrong(key, value, "true or false")
        return default

    def count(self, key: str) -> int | None:
        """Return the whole number under a key, or None."""
        value = self._table.get(key)
        if value is None and not self.has(key):
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._wrong(key, value, "a whole number")
        return None

    def literal(self, key: str) -> str | None:
        """Return the literal under a key as text, or None; numbers may stand unquoted."""
        value = self._table.get(key)
        if value is None and not self.has(key):
            return None
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return number_text(value)
        self._wrong(key, value, "a literal of the field's type")
        return None

    def words(self, key: str) -> tuple[str, ...]:
        """Return the list of texts under a key; whole numbers may stand unquoted."""
        return self._texts(key, self._table.get(key, []))

    def groups(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Return the list of lists of texts under a key."""
        return tuple(
            self._texts(f"{key}[{index}]", group)
            for index, group in enumerate(self._list(key, self._table.get(key, [])))
        )

    def choice(self, key: str, kind: type[E], default: E | None) -> E:
        """Return the word under a key that is one of an enumeration."""
        if not self.has(key) and default is not None:
            return default
        value = self._table.get(key)
        if isinstance(value, str) and value in kind.__members__.values():
            return kind(value)
        allowed = ", ".join(kind)
        if not self.has(key):
            self._add(key, "KEY_MISSING", f"{key} is missing. Use one of {allowed}.")
        elif isinstance(value, str):
            hint = _did_you_mean(value, [each.value for each in kind])
            self._add(
                key, "UNKNOWN_WORD", f"There is no {key} {value!r}.{hint} Use one of {allowed}."
            )
        else:
            self._wrong(key, value, f"one of {allowed}")
        return default or next(iter(kind))

    def node(self, key: str, keys: tuple[str, ...]) -> "Node":
        """Return the mapping under a key, or an empty one."""
        return Node(
            self._table.get(key, {}), path=self._at(key), findings=self._findings, keys=keys
        )

    def nodes(self, key: str, keys: tuple[str, ...]) -> list["Node"]:
        """Return the mappings in the list under a key."""
        return [
            Node(value, path=self._at(f"{key}[{index}]"), findings=self._findings, keys=keys)
            for index, value in enumerate(self._list(key, self._table.get(key, [])))
        ]

    def _mapping(self, value: JsonValue) -> dict[str, JsonValue]:
        if isinstance(value, dict):
            return value
        path = self._path or "spec_document"
        expected = "expected a mapping (key: value)"
        self._findings.add(path, "WRONG_TYPE", f"{expected}, found {_kind(value)}. Write one.")
        return {}

    def _check_keys(self, keys: tuple[str, ...]) -> None:
        for key in self._table.repeated if isinstance(self._table, Table) else ():
            self._add(key, "DUPLICATE_KEY", f"The key {key!r} stands here twice. Remove one.")
        for key in self._table:
            if key not in keys:
                hint = _did_you_mean(key, list(keys))
                self._add(
                    key, "UNKNOWN_KEY", f"There is no key {key!r}.{hint} Use {', '.join(keys)}."
                )

    def _texts(self, key: str, value: JsonValue) -> tuple[str, ...]:
        texts: list[str] = []
        for index, item in enumerate(self._list(key, value)):
            if isinstance(item, str):
                texts.append(item)
            elif isinstance(item, int) and not isinstance(item, bool):
                texts.append(str(item))
            else:
                self._wrong(f"{key}[{index}]", item, "text; put quotes around it")
        return tuple(texts)

    def _list(self, key: str, value: JsonValue) -> list[JsonValue]:
        if isinstance(value, list):
            return value
        self._wrong(key, value, "a list")
        return []

    def _wrong(self, key: str, value: JsonValue, expected: str) -> None:
        self._add(key, "WRONG_TYPE", f"Found {_kind(value)}, expected {expected}.")

    def _add(self, key: str, reason: str, message: str) -> None:
        self._findings.add(self._at(key), reason, message)

    def _at(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def _kind(value: JsonValue) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "nothing")


def _did_you_mean(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
