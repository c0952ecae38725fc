"""What an iteration starts from, as far as its phases need to know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from generator_svc.domain.patch import Rename
from generator_svc.domain.spec import ProjectSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What the manifest of a rendered project tells."""

    renderer: str = ""
    """What rendered it; the same renderer makes the same files of the same spec."""

    digests: Mapping[str, str] = field(default_factory=dict)
    """The SHA-256 of each file by its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The version that an iteration changes."""

    spec: ProjectSpec
    """The parent's spec."""

    version: int
    """The number of the version to be made."""

    renames: tuple[Rename, ...] = ()
    """The renames of the patch."""

    migrations: Mapping[str, bytes] = field(default_factory=dict)
    """The parent's files below `migrations/versions/`, by path."""

    rendering: Rendering = Rendering()
    """What is known of the parent's rendering."""
