"""What an engine is: it turns one phase of a spec into files, and tells what it is doing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from generator_svc.domain.iteration import Base
from generator_svc.domain.spec import ProjectSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityStarted:
    """Work on an entity begins."""

    name: str
    """The entity's name as the user wrote it."""

    index: int
    """Its place among the entities, from 1."""

    count: int
    """How many entities there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityCompleted:
    """Work on an entity is done."""

    name: str
    """The entity's name as the user wrote it."""

    index: int
    """Its place among the entities, from 1."""

    count: int
    """How many entities there are."""

    files_generated: int
    """How many core files it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedFile:
    """A whole file."""

    path: str
    """Where it belongs, relative to the project's root, with `/`."""

    content: bytes
    """Its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCompleted:
    """The phase is done; nothing follows."""

    files_generated: int
    """How many files the phase made."""

    kept_paths: tuple[str, ...] = ()
    """The files of a phase that an iteration does not touch: all as the parent has them."""


Step = EntityStarted | EntityCompleted | GeneratedFile | PhaseCompleted


class Engine(Protocol):
    """Turns one phase of a checked spec into files."""

    def generate(
        self, spec: ProjectSpec, phase: int, *, base: Base | None = None
    ) -> Iterator[Step]:
        """Yield what happens, each file as it is rendered, and a `PhaseCompleted` at the end.

        Args:
            spec: A spec that passed the validator.
            phase: 1 to 6.
            base: What the version starts from, if it is an iteration's.

        Raises:
            ValueError: There is no such phase.
            InvalidInputError: The base's migrations do not form one line.
        """
        ...
