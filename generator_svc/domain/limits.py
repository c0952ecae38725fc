"""How large a spec may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds that every spec is held to."""

    name_length: int = 63
    """Characters of a name; PostgreSQL keeps no longer identifier whole."""

    description_length: int = 2_000
    """Characters of a description."""

    entities: int = 100
    """Entities of a project."""

    fields: int = 100
    """Fields of an entity."""

    relations: int = 40
    """Relations of an entity."""

    total_fields: int = 2_000
    """Fields of all entities together."""

    payload_fields: int = 20
    """Fields of one many-to-many link."""

    values: int = 200
    """Values of an enum."""

    groups: int = 16
    """Unique groups of an entity."""

    roles: int = 32
    """Roles of a project."""

    string_length: int = 65_535
    """Characters of a string; longer text is of type text."""

    text_length: int = 10_000_000
    """Characters of a text, bytes of a binary."""

    array_length: int = 10_000
    """Items of an array."""

    pattern_length: int = 500
    """Characters of a pattern."""

    literal_length: int = 4_096
    """Characters of a default, a bound or an enum value, as JSON."""

    precision: int = 38
    """Digits of a decimal."""

    indexed_length: int = 640
    """Characters of an indexed string: four bytes each must fit a B-tree entry of 2,704 bytes."""

    violations: int = 50
    """Violations that one refusal tells."""


DEFAULT_LIMITS = Limits()
