"""The spec as plain values: what the planner makes, the validator checks and the phases render.

The meaning of every element stands in `protos/backsmith/spec/v1/spec.proto`. Values here are
complete: defaults are filled in by whoever reads a document or a message (contract 3.2).
"""

from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """The type of a field's value, by its word in a spec document."""

    STRING = "string"
    TEXT = "text"
    INTEGER = "integer"
    BIGINT = "bigint"
    FLOAT = "float"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    DURATION = "duration"
    UUID = "uuid"
    EMAIL = "email"
    URL = "url"
    SLUG = "slug"
    ENUM = "enum"
    JSON = "json"
    BINARY = "binary"
    ARRAY = "array"


class RelationKind(StrEnum):
    """How many rows stand at either end of a relation."""

    MANY_TO_ONE = "many_to_one"
    ONE_TO_ONE = "one_to_one"
    MANY_TO_MANY = "many_to_many"


class OnDelete(StrEnum):
    """What happens to a row when the row it points to is deleted."""

    CASCADE = "cascade"
    RESTRICT = "restrict"
    SET_NULL = "set_null"


class PrimaryKey(StrEnum):
    """The type of an entity's key, `id`."""

    UUID = "uuid"
    BIGINT = "bigint"


class TechStack(StrEnum):
    """The stacks that can be generated."""

    FASTAPI_SQLITE = "fastapi_sqlite"
    FASTAPI_POSTGRES = "fastapi_postgres"


JsonScalar = str | int | float | bool | None
JsonValue = JsonScalar | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value of an entity."""

    name: str
    type: FieldType
    description: str = ""
    required: bool = False
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    unique: bool = False
    index: bool = False
    has_default: bool = False
    default: JsonValue = None
    values: tuple[str, ...] = ()
    precision: int | None = None
    scale: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    items: FieldType | None = None
    immutable: bool = False
    write_only: bool = False
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A link from one entity to another, or to itself."""

    name: str
    kind: RelationKind
    target: str
    description: str = ""
    back: str = ""
    required: bool = False
    on_delete: OnDelete = OnDelete.SET_NULL
    payload: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityOptions:
    """What every row of an entity has."""

    timestamps: bool = True
    soft_delete: bool = False
    owner: bool = False
    tenant: bool = False
    primary_key: PrimaryKey = PrimaryKey.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The roles that may do what with an entity; none means any signed-in user."""

    create: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A thing the backend stores."""

    name: str
    description: str = ""
    fields: tuple[Field, ...] = ()
    relations: tuple[Relation, ...] = ()
    unique_together: tuple[tuple[str, ...], ...] = ()
    options: EntityOptions = field(default_factory=EntityOptions)
    access: Access = field(default_factory=Access)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a project has besides its entities."""

    auth: bool = False
    roles: tuple[str, ...] = ()
    docker: bool = True
    ci: bool = True
    tests: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSpec:
    """The structured plan of a backend."""

    name: str
    description: str = ""
    entities: tuple[Entity, ...] = ()
    features: Features = field(default_factory=Features)
    tech_stack: TechStack = TechStack.FASTAPI_POSTGRES
