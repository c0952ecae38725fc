"""Settings are read once from the environment, whole or not at all."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

import pytest

from chassis.settings import SettingsError, read, variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A part with a prefix of its own."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_INNER"

    wait: timedelta = timedelta(seconds=5)
    """How long to wait, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """A service's settings."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_OUTER"

    inner: Inner
    """The part."""

    size: int
    """The size, in bytes."""

    mode: Literal["a", "b"] = "a"
    """Which way."""

    origins: tuple[str, ...] = ()
    """Who may ask."""

    client_secret: int = 0
    """Never shown."""


def test_reads_values_by_prefix_and_type() -> None:
    """Each field comes from its own variable and has its own type."""
    settings = read(
        Outer,
        {
            "BACKSMITH_OUTER_SIZE": "12",
            "BACKSMITH_OUTER_MODE": "b",
            "BACKSMITH_OUTER_ORIGINS": "http://a, http://b",
            "BACKSMITH_INNER_WAIT": "2.5",
        },
    )
    assert settings == Outer(
        inner=Inner(wait=timedelta(seconds=2.5)),
        size=12,
        mode="b",
        origins=("http://a", "http://b"),
    )


def test_takes_defaults() -> None:
    """What the environment leaves out has its documented default."""
    assert read(Outer, {"BACKSMITH_OUTER_SIZE": "1"}).inner.wait == timedelta(seconds=5)


def test_names_every_problem_at_once() -> None:
    """All that is wrong is told in one go, with what stood there."""
    with pytest.raises(SettingsError) as caught:
        read(Outer, {"BACKSMITH_OUTER_MODE": "c", "BACKSMITH_INNER_WAIT": "soon"})
    message = str(caught.value)
    assert "BACKSMITH_OUTER_SIZE is not set" in message
    assert "BACKSMITH_OUTER_MODE: 'c' does not fit" in message
    assert "BACKSMITH_INNER_WAIT: 'soon' does not fit" in message


def test_never_shows_a_secret() -> None:
    """A secret that does not fit is named, not told."""
    with pytest.raises(SettingsError) as caught:
        read(Outer, {"BACKSMITH_OUTER_SIZE": "1", "BACKSMITH_OUTER_CLIENT_SECRET": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_documents_every_variable() -> None:
    """Each variable comes with its default and the docstring under its field."""
    found = {variable.name: variable for variable in variables(Outer)}
    assert found["BACKSMITH_OUTER_SIZE"].default == "(required)"
    assert found["BACKSMITH_INNER_WAIT"].meaning == "How long to wait, in seconds."
