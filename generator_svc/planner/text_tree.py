"""Reads JSON and YAML into plain trees: bounded, without tags, every repeated key remembered."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn, cast

import yaml

from chassis.errors import FieldViolation, InvalidInputError
from generator_svc.domain.literals import Literal
from generator_svc.domain.spec import JsonValue

MAX_BYTES = 1 << 20
"""Bytes of a document."""

MAX_DEPTH = 32
"""Levels of a document, aliases followed."""

MAX_NODES = 200_000
"""Values of a document, aliases followed: what keeps a small text from becoming a huge tree."""

_Tagged = yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,30})")
_FLOAT = re.compile(r"[-+]?([0-9]{1,30}\.[0-9]{0,30}|\.[0-9]{1,30})([eE][-+]?[0-9]{1,3})?")


class Table(dict[str, JsonValue]):
    """A mapping that remembers which of its keys were written more than once."""

    def __init__(self) -> None:
        super().__init__()
        self.repeated: list[str] = []

    def put(self, key: str, value: JsonValue) -> None:
        """Add a pair, or remember that its key is there already."""
        if key in self:
            self.repeated.append(key)
        self[key] = value


def read_json(content: bytes) -> JsonValue:
    """Return the tree of a JSON text.

    Raises:
        InvalidInputError: It is no JSON, or too large or too deep.
    """
    text = _decoded(content)
    try:
        tree: JsonValue = json.loads(
            text, object_pairs_hook=_table, parse_constant=_no_constant, parse_float=Literal
        )
    except json.JSONDecodeError as error:
        _refuse(
            "NOT_JSON", f"Line {error.lineno}, column {error.colno}: {error.msg}. Correct it there."
        )
    except (RecursionError, ValueError) as error:
        _refuse("NOT_JSON", f"The text cannot be read as JSON ({error}). Correct it.")
    _check_depth(tree, 0)
    return tree


def read_yaml(content: bytes) -> JsonValue:
    """Return the tree of a YAML text of one document, without tags.

    Raises:
        InvalidInputError: It is no such YAML, or too large or too deep.
    """
    text = _decoded(content)
    try:
        return _Builder(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        _refuse("NOT_YAML", f"{where}{problem}. Correct it there.")


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        _refuse("TOO_LARGE", f"The document has more than {MAX_BYTES} bytes. Split the project.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse("NOT_UTF8", f"Byte {error.start} is not UTF-8. Save the document as UTF-8.")


def _table(pairs: list[tuple[str, JsonValue]]) -> Table:
    table = Table()
    for key, value in pairs:
        table.put(key, value)
    return table


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check_depth(tree: JsonValue, depth: int) -> None:
    if depth > MAX_DEPTH:
        _refuse("TOO_DEEP", f"The document nests deeper than {MAX_DEPTH} levels. Flatten it.")
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for child in children:
        _check_depth(child, depth + 1)


class _Builder:
    """Builds the tree from YAML's events; aliases are built from what their anchor recorded."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchors: dict[str, JsonValue] = {}
        self._sizes: dict[str, int] = {}
        self._nodes = 0

    def document(self) -> JsonValue:
        """Return the tree of the only document."""
        tree: JsonValue = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    _refuse("MANY_DOCUMENTS", "There is more than one document. Send one.")
                tree = self._node(next(self._events), 0)
        return tree

    def _node(self, event: yaml.Event, depth: int) -> JsonValue:
        self._count(event, depth)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        return self._anchored(cast("_Tagged", event), depth)

    def _anchored(self, event: "_Tagged", depth: int) -> JsonValue:
        if event.tag is not None:
            _refuse("TAG", f"{_at(event)}: tags such as {event.tag!r} are not read. Remove it.")
        before = self._nodes
        value = self._value(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
            self._sizes[event.anchor] = self._nodes - before + 1
        return value

    def _value(self, event: yaml.Event, depth: int) -> JsonValue:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(depth)
        return self._mapping(depth)

    def _sequence(self, depth: int) -> JsonValue:
        items: list[JsonValue] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> JsonValue:
        table = Table()
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
                _refuse("BAD_KEY", f"{_at(event)}: a key is a word. Write one.")
            self._nodes += 1
            table.put(event.value, self._node(next(self._events), depth + 1))
        return table

    def _alias(self, event: yaml.AliasEvent, depth: int) -> JsonValue:
        if event.anchor not in self._anchors:
            _refuse("BAD_ALIAS", f"{_at(event)}: there is no anchor &{event.anchor} before it.")
        self._nodes += self._sizes[event.anchor]
        self._count(event, depth)
        value = self._anchors[event.anchor]
        _check_depth(value, depth)
        return value

    def _count(self, event: yaml.Event, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            _refuse("TOO_LARGE", f"{_at(event)}: there are more than {MAX_NODES} values so far.")
        if depth > MAX_DEPTH:
            _refuse("TOO_DEEP", f"{_at(event)}: deeper than {MAX_DEPTH} levels. Flatten it.")


def _scalar(event: yaml.ScalarEvent) -> JsonValue:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text in _NULLS:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    return Literal(text) if _FLOAT.fullmatch(text) else text


def _at(event: yaml.Event) -> str:
    mark = event.start_mark
    return f"Line {mark.line + 1}" if mark else "Somewhere"


def _refuse(reason: str, message: str) -> NoReturn:
    violation = FieldViolation(field="spec_document", reason=reason, message=message)
    raise InvalidInputError(message, violations=[violation], reason="SPEC_INVALID")
