"""Reads JHipster's domain language."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from lark import Lark, Token, Tree, UnexpectedInput

from generator_svc.domain.naming import snake_case
from generator_svc.domain.spec import Field, FieldType, RelationKind
from generator_svc.planner.embedded.models import Link, Model
from generator_svc.planner.resources import grammar

_TYPES: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "String": {"type": FieldType.STRING},
        "Integer": {"type": FieldType.INTEGER},
        "Long": {"type": FieldType.BIGINT},
        "BigDecimal": {"type": FieldType.DECIMAL, "precision": 21, "scale": 2},
        "Float": {"type": FieldType.FLOAT},
        "Double": {"type": FieldType.FLOAT},
        "Boolean": {"type": FieldType.BOOLEAN},
        "LocalDate": {"type": FieldType.DATE},
        "LocalTime": {"type": FieldType.TIME},
        "ZonedDateTime": {"type": FieldType.DATETIME},
        "Instant": {"type": FieldType.DATETIME},
        "Duration": {"type": FieldType.DURATION},
        "UUID": {"type": FieldType.UUID},
        "Blob": {"type": FieldType.BINARY},
        "AnyBlob": {"type": FieldType.BINARY},
        "ImageBlob": {"type": FieldType.BINARY},
        "TextBlob": {"type": FieldType.TEXT},
    }
)
_LENGTHS = MappingProxyType(
    {
        "minlength": "min_length",
        "maxlength": "max_length",
        "minbytes": "min_length",
        "maxbytes": "max_length",
    }
)
_BOUNDS = MappingProxyType({"min": "minimum", "max": "maximum"})


def read_jdl(text: str, offset: int) -> list[Model] | None:
    """Return the models of a text in JDL; None if it is none.

    Args:
        text: The text.
        offset: Where it stands in the prompt.
    """
    try:
        tree = _parser().parse(text)
    except UnexpectedInput:
        return None
    enums = {
        str(each.children[0]): tuple(
            str(value.children[0]) for value in each.find_data("enum_value")
        )
        for each in tree.find_data("enum")
    }
    models: dict[str, Model] = {}
    for each in tree.children:
        if isinstance(each, Tree) and each.data == "entity":
            model = _model(each, enums, offset)
            if model is None:
                return None
            models[model.name] = model
    for each in tree.find_data("relationship"):
        for link in each.children[1:]:
            if isinstance(link, Tree):
                _link(str(each.children[0]), link, models)
    return list(models.values())


@cache
def _parser() -> Lark:
    return Lark(
        grammar("embedded", "jdl.lark"),
        parser="lalr",
        maybe_placeholders=False,
        propagate_positions=True,
    )


def _model(tree: Tree[Token], enums: Mapping[str, tuple[str, ...]], offset: int) -> Model | None:
    start, end = tree.meta.start_pos + offset, tree.meta.end_pos + offset
    model = Model(name=str(tree.children[0]), start=start, end=end)
    for child in tree.children[1:]:
        if isinstance(child, Tree):
            field = _field(child, enums)
            if field is None:
                return None
            model.fields.append((field, ""))
    return model


def _field(tree: Tree[Token], enums: Mapping[str, tuple[str, ...]]) -> Field | None:
    name, kind = str(tree.children[0]), str(tree.children[1])
    keys: dict[str, Any] = dict(_TYPES.get(kind, {}))
    if kind in enums:
        keys = {"type": FieldType.ENUM, "values": enums[kind]}
    if not keys:
        return None
    for check in tree.children[2:]:
        if isinstance(check, Tree):
            _take_check(keys, check)
    return Field(name=name, **keys)


def _take_check(keys: dict[str, Any], check: Tree[Token]) -> None:
    word = str(check.children[0])
    value = str(check.children[1]) if len(check.children) > 1 else ""
    if word in {"required", "unique"}:
        keys[word] = True
    elif word in _LENGTHS and value.isdecimal():
        keys[_LENGTHS[word]] = int(value)
    elif word in _BOUNDS:
        keys[_BOUNDS[word]] = value
    elif word == "pattern":
        keys["pattern"] = value.strip('"').removeprefix("/").removesuffix("/")


def _link(kind: str, tree: Tree[Token], models: Mapping[str, Model]) -> None:
    ends = [child for child in tree.children if isinstance(child, Tree)]
    (one, one_name, one_required), (other, other_name, other_required) = map(_end, ends)
    if kind == "OneToMany":
        own = other_name or snake_case(one)
        link = Link(name=own, target=one, back=one_name, required=other_required)
        _add(models, other, link)
        return
    kinds = {
        "ManyToOne": RelationKind.MANY_TO_ONE,
        "OneToOne": RelationKind.ONE_TO_ONE,
        "ManyToMany": RelationKind.MANY_TO_MANY,
    }
    if kind in kinds:
        many = kind == "ManyToMany"
        own = one_name or ("" if many else snake_case(other))
        link = Link(
            name=own,
            target=other,
            kind=kinds[kind],
            back=other_name or None,
            required=one_required and not many,
        )
        _add(models, one, link)


def _add(models: Mapping[str, Model], owner: str, link: Link) -> None:
    if owner in models:
        models[owner].links.append(link)


def _end(tree: Tree[Token]) -> tuple[str, str, bool]:
    tokens = [token for token in tree.children if isinstance(token, Token)]
    names = [snake_case(str(token)) for token in tokens[1:] if token.type == "NAME"]
    required = any(token.type == "REQUIRED" for token in tokens)
    return str(tokens[0]), names[0] if names else "", required
