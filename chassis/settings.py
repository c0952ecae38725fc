"""Settings: frozen dataclasses, read once from the environment.

A settings class names its `ENV_PREFIX`; a field `max_size` of a class with the prefix
`BACKSMITH_FILES` is read from `BACKSMITH_FILES_MAX_SIZE`. A field that is itself a settings class
is read by its own prefix. The docstring under a field tells its meaning and unit;
`docs/configuration.md` is made from them.
"""

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Protocol, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError


class SettingsClass(Protocol):
    """A frozen dataclass that names its environment prefix."""

    ENV_PREFIX: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


S = TypeVar("S", bound=SettingsClass)


class SettingsError(Exception):
    """The environment holds a setting that cannot be used, or lacks one that is needed."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable, for the documentation."""

    name: str
    type: str
    default: str
    meaning: str


def read(cls: type[S], environ: Mapping[str, str]) -> S:
    """Build settings from an environment.

    Raises:
        SettingsError: A value does not fit, or one without a default is missing; names each.
    """
    problems: list[str] = []
    settings = _read(cls, environ, problems)
    if problems or settings is None:
        raise SettingsError("\n".join(problems))
    return settings


def _read(cls: type[S], environ: Mapping[str, str], problems: list[str]) -> S | None:
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    before = len(problems)
    for field in dataclasses.fields(cls):
        name = variable_name(cls, field.name)
        if dataclasses.is_dataclass(hints[field.name]):
            values[field.name] = _read(hints[field.name], environ, problems)
        elif name in environ:
            values[field.name] = _parse(hints[field.name], name, environ[name], problems)
        elif _required(field):
            problems.append(f"{name} is not set and has no default")
    return cls(**values) if len(problems) == before else None


def _parse(hint: Any, name: str, text: str, problems: list[str]) -> Any:
    try:
        return TypeAdapter(hint).validate_python(_raw(hint, text))
    except ValidationError as error:
        shown = "a value" if "secret" in name.lower() else repr(text)
        problems.append(f"{name}: {shown} does not fit: {error.errors()[0]['msg']}")
        return None


def _raw(hint: Any, text: str) -> Any:
    if hint == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if hint is timedelta:
        return _seconds(text)
    return text


def _seconds(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def variable_name(cls: type[SettingsClass], field: str) -> str:
    """Return the environment variable that a field is read from."""
    return f"{cls.ENV_PREFIX}_{field}".upper()


def variables(cls: type[SettingsClass]) -> Iterator[Variable]:
    """Yield what a settings class reads from the environment, nested classes included."""
    hints = get_type_hints(cls)
    meanings = _field_docstrings(cls)
    for field in dataclasses.fields(cls):
        hint = hints[field.name]
        if dataclasses.is_dataclass(hint):
            yield from variables(hint)  # type: ignore[arg-type]
        else:
            yield Variable(
                name=variable_name(cls, field.name),
                type=getattr(hint, "__name__", str(hint)) if isinstance(hint, type) else str(hint),
                default="(required)" if _required(field) else _shown(_default(field)),
                meaning=meanings.get(field.name, ""),
            )


def _required(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    assert field.default_factory is not dataclasses.MISSING  # noqa: S101 - _required was asked first
    return field.default_factory()


def _shown(value: Any) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _field_docstrings(cls: type[SettingsClass]) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(tree, ast.ClassDef)  # noqa: S101 - the source of a class is a class
    found = {}
    for statement, following in zip(tree.body, tree.body[1:], strict=False):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
    return found
