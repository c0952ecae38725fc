"""Both ends of relations: link tables, and lists of the rows that point to one."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator_svc.domain import naming
from generator_svc.domain.spec import Relation, RelationKind
from generator_svc.phases.model.attributes import Attribute, from_field, on_delete_action
from generator_svc.phases.model.names import TABLE_MAX, EntityNames
from generator_svc.phases.model.source import sentence
from generator_svc.phases.model.tables import Column, ForeignKey, Table, Unique

Names = Mapping[str, EntityNames]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link table of a many-to-many relation."""

    class_name: str
    relation: Relation
    source: EntityNames
    target: EntityNames
    near: str
    """The column that points to the source."""

    far: str
    """The column that points to the target."""

    table: Table
    payload: tuple[Attribute, ...]

    @property
    def doc(self) -> str:
        """Return what a row stands for."""
        return sentence(
            self.relation.description,
            otherwise=f"Links {self.source.a} to {self.target.a}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """The far end of a relation whose key stands in another table."""

    relation: Relation
    entity: EntityNames
    attribute: str
    wire: str
    many: bool
    module: str
    """What stands before `models` and `schemas` of that entity; empty for the entity itself."""

    @property
    def path(self) -> str:
        """Return its segment in paths."""
        return naming.kebab_case(self.relation.back)

    @property
    def function(self) -> str:
        """Return its name inside of functions."""
        return naming.bounded(naming.snake_case(self.relation.back))

    @property
    def words(self) -> str:
        """Return its name in sentences."""
        return naming.words(self.relation.back)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEnd:
    """A link table, seen from one of its ends."""

    link: Link
    name: str
    entity: EntityNames
    near: str
    far: str
    module: str
    """What stands before `models` and `schemas` of the far entity; empty for the entity itself."""

    link_module: str
    """What stands before `models` and `schemas` of the entity that declares the link."""

    @property
    def path(self) -> str:
        """Return its segment in paths."""
        return naming.kebab_case(self.name)

    @property
    def function(self) -> str:
        """Return its name inside of functions."""
        return naming.bounded(naming.snake_case(self.name))

    @property
    def constant(self) -> str:
        """Return the constant that describes it."""
        return self.function.upper()

    @property
    def holds(self) -> bool:
        """Tell whether a linked row at the other end cannot be deleted."""
        return self.far == self.link.far and on_delete_action(self.link.relation) == "RESTRICT"

    @property
    def words(self) -> str:
        """Return its name in sentences."""
        return naming.words(self.name)


def links_of(named: EntityNames, names: Names, tables: set[str]) -> tuple[Link, ...]:
    """Describe the link tables that an entity declares."""
    return tuple(
        _link(named, names[relation.target], relation, tables)
        for relation in named.entity.relations
        if relation.kind is RelationKind.MANY_TO_MANY
    )


def _link(source: EntityNames, target: EntityNames, relation: Relation, tables: set[str]) -> Link:
    near, far = source.id_name, target.id_name
    if near == far:
        far = f"related_{far}"
    taken = {near, far}
    payload = tuple(from_field(field, taken) for field in relation.payload)
    name = naming.unused(
        naming.bounded(f"{source.module_words}_{naming.snake_case(relation.name)}", TABLE_MAX),
        tables,
    )
    tables.add(name)
    ends = ((near, source), (far, target))
    return Link(
        class_name=f"{source.class_name}{naming.pascal_case(relation.name)}Link",
        relation=relation,
        source=source,
        target=target,
        near=near,
        far=far,
        payload=payload,
        table=Table(
            name=name,
            columns=(*(_end(*end) for end in ends), *(each.to_column() for each in payload)),
            foreign_keys=(
                ForeignKey(column=near, target=source.table, on_delete="CASCADE"),
                ForeignKey(column=far, target=target.table, on_delete=on_delete_action(relation)),
            ),
            indexes=(far,),
            uniques=tuple(Unique(columns=(each.column,)) for each in payload if each.unique),
        ),
    )


def _end(column: str, entity: EntityNames) -> Column:
    return Column(
        attribute=column,
        name=column,
        type=entity.key_column,
        annotation=entity.key_type,
        nullable=False,
        primary_key=True,
    )
