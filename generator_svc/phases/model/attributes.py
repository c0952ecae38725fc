"""The attributes of an entity: how each is declared in models, bodies, queries and answers."""

from collections.abc import Iterator
from dataclasses import dataclass

from generator_svc.domain import naming
from generator_svc.domain.literals import BOUNDED
from generator_svc.domain.spec import Field, FieldType, OnDelete, Relation, RelationKind
from generator_svc.phases.model import values
from generator_svc.phases.model.literals import python_literal
from generator_svc.phases.model.names import EntityNames
from generator_svc.phases.model.source import literal
from generator_svc.phases.model.tables import Column

_CONTROL = frozenset({"limit", "offset", "sort"})
_EMPTY = {"[]": "list", "{}": "dict"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A value of an entity: one of its fields, or the key at the end of a relation."""

    wire: str
    attribute: str
    column: str
    description: str
    column_type: str
    python_type: str
    input_type: str
    query_type: str
    output_type: str
    default: str
    """The value when a create leaves it out, as Python source; empty when there is none."""

    mutable_default: bool
    required: bool
    immutable: bool
    write_only: bool
    read_only: bool
    unique: bool
    index: bool
    field: Field | None = None
    relation: Relation | None = None
    target: EntityNames | None = None

    @property
    def nullable(self) -> bool:
        """Tell whether the value may be null."""
        return not self.default and (self.read_only or not self.required)

    @property
    def must_be_sent(self) -> bool:
        """Tell whether a create has to send it."""
        return self.required and not self.default and not self.read_only

    @property
    def aliased(self) -> bool:
        """Tell whether its annotation is long enough to be given a name."""
        return "[" in self.input_type and self.target is None

    @property
    def input_name(self) -> str:
        """Return what bodies call its annotation."""
        return f"{naming.pascal_case(self.attribute)}Input" if self.aliased else self.input_type

    def create_line(self) -> str:
        """Return its declaration in the body of a create."""
        arguments, kind = self._alias("alias"), self.input_name
        if self.must_be_sent:
            return self._declare(kind, arguments)
        if not self.default:
            return self._declare(f"{kind} | None", ["default=None", *arguments], "None")
        if self.mutable_default:
            return self._declare(
                kind, [f"default_factory=schemas.copies({self.default})", *arguments]
            )
        return self._declare(kind, [f"default={self.default}", *arguments], self.default)

    def update_line(self) -> str:
        """Return its declaration in the body of an update."""
        arguments = self._alias("alias")
        if self.nullable:
            return self._declare(f"{self.input_name} | None", ["default=None", *arguments], "None")
        return self._declare(self.input_name, ["default_factory=schemas.absent", *arguments])

    def read_line(self) -> str:
        """Return its declaration in an answer."""
        none = " | None" if self.nullable else ""
        return self._declare(f"{self.output_type}{none}", self._alias("serialization_alias"))

    def _alias(self, keyword: str) -> list[str]:
        alias = [f"{keyword}={literal(self.wire)}"] if self.wire != self.attribute else []
        told = [f"description={literal(self.description)}"] if self.description else []
        return [*alias, *told]

    def _declare(self, annotation: str, arguments: list[str], plain: str = "") -> str:
        if plain and len(arguments) == 1:
            return f"{self.attribute}: {annotation} = {plain}"
        value = f" = Field({', '.join(arguments)})" if arguments else ""
        return f"{self.attribute}: {annotation}{value}"

    def to_column(self) -> Column:
        """Return its column."""
        return Column(
            attribute=self.attribute,
            name=self.column,
            type=self.column_type,
            annotation=f"{self.python_type} | None" if self.nullable else self.python_type,
            nullable=self.nullable,
            default=self._column_default() if self.read_only else "",
        )

    def _column_default(self) -> str:
        if not self.mutable_default:
            return self.default
        return _EMPTY.get(self.default, f"lambda: {self.default}")

    @property
    def sortable(self) -> bool:
        """Tell whether lists can be sorted by it."""
        return (
            self.field is not None
            and not self.write_only
            and self.field.type not in values.UNSORTED
        )

    def filters(self) -> Iterator[tuple[str, str, str]]:
        """Yield its filters: what follows the name, the annotation, and how it is compared."""
        if self.write_only:
            return
        kind = self.field.type if self.field else FieldType.UUID
        if kind not in values.UNFILTERED and self._askable:
            same = self.query_type == self.input_type
            yield "", self.input_name if same else self.query_type, ""
        if kind in {FieldType.STRING, FieldType.TEXT}:
            yield (
                "__contains",
                "Annotated[str, Field(min_length=1, max_length=100), types.CLEAN]",
                "repository.contains",
            )
        if self.field is not None and kind in BOUNDED and kind not in _CLOCKS:
            plain = values.query_type(_unbounded(self.field))
            yield "__gte", plain, "operator.ge"
            yield "__lte", plain, "operator.le"

    @property
    def _askable(self) -> bool:
        """Tell whether its values are short enough to be asked for."""
        return self.field is None or (self.field.min_length or 0) <= values.QUERY_MAX

    @property
    def filter_wire(self) -> str:
        """Return its name in queries, apart from the words that steer the list."""
        return f"{self.wire}__eq" if self.wire in _CONTROL else self.wire

    @property
    def filter_attribute(self) -> str:
        """Return its attribute in queries."""
        return f"{self.attribute}__eq" if self.attribute in _CONTROL else self.attribute


_CLOCKS = frozenset({FieldType.TIME, FieldType.DURATION})


def _unbounded(field: Field) -> Field:
    return Field(name=field.name, type=field.type, precision=field.precision, scale=field.scale)


def from_field(field: Field, taken: set[str]) -> Attribute:
    """Describe a field."""
    free = naming.attribute(field.name) not in taken
    attribute = _claim(naming.attribute(field.name), taken)
    has_default = field.has_default and field.default is not None
    return Attribute(
        wire=field.name,
        attribute=attribute,
        column=naming.column(field.name if free else attribute),
        description=field.description,
        column_type=values.column_type(field),
        python_type=values.python_type(field),
        input_type=values.input_type(field),
        query_type=values.query_type(field),
        output_type=values.output_type(field),
        default=python_literal(field, field.default) if has_default else "",
        mutable_default=isinstance(field.default, list | dict),
        required=field.required,
        immutable=field.immutable,
        write_only=field.write_only,
        read_only=field.read_only,
        unique=field.unique,
        index=field.index and not field.unique,
        field=field,
    )


def from_relation(relation: Relation, target: EntityNames, taken: set[str]) -> Attribute:
    """Describe the key at this end of a relation."""
    wire = f"{relation.name}_id"
    single = relation.kind is RelationKind.ONE_TO_ONE
    return Attribute(
        wire=wire,
        attribute=_claim(naming.attribute(wire), taken),
        column=naming.column(wire),
        description=relation.description,
        column_type=target.key_column,
        python_type=target.key_type,
        input_type=target.key_body,
        query_type=target.key_input,
        output_type=target.key_type,
        default="",
        mutable_default=False,
        required=relation.required,
        immutable=False,
        write_only=False,
        read_only=False,
        unique=single,
        index=not single,
        relation=relation,
        target=target,
    )


def on_delete_action(relation: Relation) -> str:
    """Return what the foreign key to the target of a relation does on a delete."""
    if relation.kind is RelationKind.MANY_TO_MANY and relation.on_delete is OnDelete.SET_NULL:
        return "CASCADE"  # without its end there is no link
    if relation.on_delete is OnDelete.SET_NULL and relation.required:
        return "RESTRICT"
    return relation.on_delete.value.replace("_", " ").upper()


def _claim(name: str, taken: set[str]) -> str:
    free = naming.unused(name, taken)
    taken.add(free)
    return free
