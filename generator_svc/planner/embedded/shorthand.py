"""Reads shorthand: Rails' `Post title:string` and `Post(title, status: draft|published)`."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from lark import Lark, Token, Tree, UnexpectedInput

from generator_svc.domain.naming import snake_case
from generator_svc.domain.spec import Field, FieldType, RelationKind
from generator_svc.planner.embedded.models import Link, Model
from generator_svc.planner.field_types import type_word
from generator_svc.planner.fields import UnclearError, apply, field_named
from generator_svc.planner.nouns import is_plural, singular
from generator_svc.planner.resources import grammar
from generator_svc.planner.syntax import Qualifier

_CANDIDATE = re.compile(
    r"(?:(?:bin/)?rails[ \t]+)?(?:g(?:enerate)?[ \t]+)?(?:(?:model|scaffold|resource)[ \t]+)?"
    r"\b(?P<model>[A-Z]\w*(?:(?:[ \t]+\w+:\w[\w{},:!|.-]*)+|\((?:[^()]|\([^()]*\))*\)))"
)
_TO_ONE = frozenset({"references", "belongs_to", "reference"})
_INDEX = {"uniq": "unique", "unique": "unique", "index": "indexed"}
_FLAGS = frozenset({"unique", "required", "optional", "indexed", "immutable"})


def find_shorthand(text: str) -> Iterator[tuple[int, int, Model]]:
    """Return the models in shorthand, each with the span it takes up."""
    found = [(match, _parsed(match)) for match in _CANDIDATE.finditer(text)]
    names = {singular(str(tree.children[0])) for _, tree in found if tree is not None}
    for match, tree in found:
        model = _model(tree, match, names) if tree is not None else None
        if model is not None:
            yield match.start(), match.end(), model


def _parsed(match: "re.Match[str]") -> Tree[Token] | None:
    try:
        return _parser().parse(match["model"])
    except UnexpectedInput:
        return None


@cache
def _parser() -> Lark:
    return Lark(grammar("embedded", "shorthand.lark"), parser="earley", maybe_placeholders=False)


def _model(tree: Tree[Token], match: "re.Match[str]", names: set[str]) -> Model | None:
    start, end = match.span("model")
    model = Model(name=str(tree.children[0]), start=start, end=end)
    try:
        for member in tree.children[1:]:
            if isinstance(member, Tree):
                _add(model, member, names)
    except UnclearError:
        return None
    return model if model.fields or model.links else None


def _add(model: Model, member: Tree[Token], names: set[str]) -> None:
    name = str(member.children[0])
    parts = _parts(member)
    link = _link(name, parts, names)
    if link is not None:
        model.links.append(link)
        return
    field, rule = _field(name, parts)
    model.fields.append((field, rule))


def _parts(member: Tree[Token]) -> dict[str, Any]:
    """Return what stands behind a member's name."""
    parts: dict[str, Any] = {"words": [], "values": [], "size": ()}
    for child in member.children[1:]:
        if isinstance(child, Token):
            parts["words"].append("optional" if child.type == "OPTIONAL" else "required")
        elif child.data == "value":
            parts["values"].append(str(child.children[0]).strip("\"'"))
        elif child.data == "default":
            parts["default"] = _default(child)
        elif child.data in {"type", "list_type"}:
            _take_type(parts, child)
        else:
            parts["words"].append(str(child.children[0]))
    return parts


def _default(child: Tree[Token]) -> str:
    return str(next(child.scan_values(lambda _: True))).strip("\"'")


def _take_type(parts: dict[str, Any], child: Tree[Token]) -> None:
    parts["type"] = str(child.children[0])
    parts["many"] = child.data == "list_type"
    for each in child.children[1:]:
        if isinstance(each, Tree):
            parts["size"] = tuple(int(float(str(number))) for number in each.children)
        elif each.type == "MANY":
            parts["many"] = True
        elif each.type == "BANG":
            parts["words"].append("required")


def _link(name: str, parts: dict[str, Any], names: set[str]) -> Link | None:
    kind = parts.get("type", "")
    required = "required" in parts["words"]
    if kind in _TO_ONE:
        return Link(name=snake_case(name), target=name, required=required)
    known = singular(kind) if kind else ""
    if known in names and kind[:1].isupper():
        many = RelationKind.MANY_TO_MANY if parts["many"] else RelationKind.MANY_TO_ONE
        return Link(name=snake_case(name), target=kind, kind=many, required=required)
    if not kind and not parts["values"] and singular(name) in names:
        return Link(name=snake_case(name), target=name, many=is_plural(name), required=required)
    return None


def _field(name: str, parts: dict[str, Any]) -> tuple[Field, str]:
    qualifiers = list(_qualifiers(parts))
    field, rule = field_named(snake_case(name))
    if "type" in parts or parts["values"]:
        field = replace(field, required=False)
    field, rule = apply(field, rule, tuple(qualifiers))
    if parts.get("many") and "type" in parts:
        field = _listed(field)
    return _sized(replace(field, name=name), parts["size"]), rule


def _qualifiers(parts: dict[str, Any]) -> Iterator[Qualifier]:
    if parts["values"]:
        yield Qualifier(kind="values", values=tuple(parts["values"]))
    if "type" in parts:
        yield Qualifier(kind="type", values=(parts["type"],))
    for word in parts["words"]:
        flag = _INDEX.get(word, word)
        if flag in _FLAGS:
            yield Qualifier(kind="flag", values=(flag,))
        elif type_word(word) is not None and "type" not in parts:
            yield Qualifier(kind="type", values=(word,))
        else:
            raise UnclearError
    if "default" in parts:
        yield Qualifier(kind="default", values=(parts["default"],))


def _listed(field: Field) -> Field:
    return Field(name=field.name, type=FieldType.ARRAY, items=field.type, required=field.required)


def _sized(field: Field, size: tuple[int, ...]) -> Field:
    if not size:
        return field
    if field.type is FieldType.DECIMAL:
        return replace(field, precision=size[0], scale=size[1] if len(size) > 1 else 0)
    if field.type in {FieldType.STRING, FieldType.TEXT}:
        return replace(field, max_length=size[0])
    return field
