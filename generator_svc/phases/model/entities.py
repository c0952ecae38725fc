"""One entity, resolved: what its model, schemas, repository, routes and tests are made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator_svc.domain import naming
from generator_svc.domain.spec import Entity, Relation, RelationKind
from generator_svc.phases.model import attributes
from generator_svc.phases.model.attributes import Attribute, from_field, from_relation
from generator_svc.phases.model.names import TABLE_MAX, EntityNames
from generator_svc.phases.model.source import literal, sentence
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
    def words(self) -> str:
        """Return its name in sentences."""
        return naming.words(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityModel(EntityNames):
    """Everything about one entity, with all names resolved."""

    attributes: tuple[Attribute, ...]
    model_table: Table
    links: tuple[Link, ...]
    backs: tuple[Back, ...]
    link_ends: tuple[LinkEnd, ...]
    restricted: bool
    """Whether rows of other tables can stand in the way of a delete."""

    @property
    def soft_delete(self) -> bool:
        """Tell whether deleted rows are kept."""
        return self.entity.options.soft_delete

    @property
    def owner(self) -> bool:
        """Tell whether rows belong to who created them."""
        return self.entity.options.owner

    @property
    def tenant(self) -> bool:
        """Tell whether rows belong to a tenant."""
        return self.entity.options.tenant

    @property
    def timestamps(self) -> bool:
        """Tell whether rows know when they were created and changed."""
        return self.entity.options.timestamps

    @property
    def bases(self) -> list[str]:
        """Return the base classes of the model."""
        options = self.entity.options
        mixins = [
            ("BigintKey" if self.bigint else "UuidKey", True),
            ("Timestamped", options.timestamps),
            ("Owned", options.owner),
            ("Tenanted", options.tenant),
            ("SoftDeleted", options.soft_delete),
        ]
        return [f"database.{name}" for name, wanted in (*mixins, ("Base", True)) if wanted]

    @property
    def own_columns(self) -> list[Column]:
        """Return the columns that the model declares itself."""
        return [column for column in self.model_table.columns if not column.mixed_in]

    @property
    def create_fields(self) -> list[str]:
        """Return the declarations in the body of a create."""
        return [each.create_line() for each in self.attributes if not each.read_only]

    @property
    def updatable(self) -> list[Attribute]:
        """Return what an update may change."""
        return [each for each in self.attributes if not (each.read_only or each.immutable)]

    @property
    def readable(self) -> list[Attribute]:
        """Return what an answer tells."""
        return [each for each in self.attributes if not each.write_only]

    @property
    def update_fields(self) -> list[str]:
        """Return the declarations in the body of an update."""
        return [each.update_line() for each in self.updatable]

    @property
    def read_fields(self) -> list[str]:
        """Return the declarations in an answer."""
        moments = ["created_at: types.Instant", "updated_at: types.Instant"]
        return [
            f"id: {self.key_type}",
            *(each.read_line() for each in self.readable),
            *(moments if self.timestamps else []),
        ]

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """Return the keys that a list can be sorted by, each with its attribute."""
        own = [(each.wire, each.attribute) for each in self.attributes if each.sortable]
        moments = [("created_at", "created_at"), ("updated_at", "updated_at")]
        return [*own, *(moments if self.timestamps else [])]

    @property
    def filters(self) -> list[tuple[str, str, str]]:
        """Return the filters: the name in the query, the column, how they are compared."""
        own = [
            (f"{each.filter_attribute if not suffix else each.attribute}{suffix}", each, compare)
            for each in self.attributes
            for suffix, _, compare in each.filters()
        ]
        found = [(name, each.attribute, compare) for name, each, compare in own]
        return [*found, *(_MOMENT_FILTERS if self.timestamps else [])]

    @property
    def query_fields(self) -> list[str]:
        """Return the declarations in a query."""
        lines = [line for each in self.attributes for line in _query_lines(each)]
        if self.timestamps:
            lines.extend(f"{name}: types.Instant | None = None" for name, _, _ in _MOMENT_FILTERS)
        keys = [key for name, _ in self.sorts for key in (name, f"-{name}")]
        if not keys:
            return lines
        choices = ", ".join(map(literal, keys))
        first = '"created_at"' if self.timestamps else "None"
        none = "" if self.timestamps else " | None"
        return [f"sort: Literal[{choices}]{none} = {first}", *lines]

    @property
    def references(self) -> list[tuple[Attribute, EntityNames]]:
        """Return the attributes that point to rows."""
        return [(each, each.target) for each in self.attributes if each.target]

    @property
    def others(self) -> list[EntityNames]:
        """Return the entities, besides itself, that its routes deal with."""
        found = {back.entity.module: back.entity for back in self.backs}
        found |= {end.entity.module: end.entity for end in self.link_ends}
        return [found[module] for module in sorted(found) if module != self.module]

    @property
    def targets(self) -> list[EntityNames]:
        """Return the entities, besides itself, that it points to."""
        found = {target.module: target for _, target in self.references}
        return [found[module] for module in sorted(found) if module != self.module]

    @property
    def create_conflicts(self) -> bool:
        """Tell whether a create can conflict with what is stored."""
        return bool(self.references or self.model_table.uniques)

    @property
    def update_conflicts(self) -> bool:
        """Tell whether an update can conflict with what is stored."""
        changed = {each.column for each in self.updatable}
        uniques = any(changed & set(unique.columns) for unique in self.model_table.uniques)
        return uniques or any(each.target for each in self.updatable)

    @property
    def doc(self) -> str:
        """Return what a row stands for."""
        return sentence(self.entity.description, otherwise=self.a)

    def model_arguments(self, column: Column) -> str:
        """Return the arguments of a column's declaration."""
        return self.model_table.model_arguments(column)


_MOMENT_FILTERS = [
    ("created_at__gte", "created_at", "operator.ge"),
    ("created_at__lte", "created_at", "operator.le"),
]


def _query_lines(each: Attribute) -> Iterator[str]:
    for suffix, annotation, _ in each.filters():
        attribute = f"{each.attribute}{suffix}" if suffix else each.filter_attribute
        wire = f"{each.wire}{suffix}" if suffix else each.filter_wire
        alias = f" = Field(default=None, alias={literal(wire)})" if wire != attribute else " = None"
        yield f"{attribute}: {annotation} | None{alias}"


def attributes_of(entity: Entity, names: Names) -> tuple[Attribute, ...]:
    """Describe the fields of an entity and the keys at its ends of relations."""
    taken = {"id", "created_at", "updated_at", "deleted_at", "owner_id", "tenant_id"}
    taken -= {"created_at", "updated_at"} if not entity.options.timestamps else set()
    fields = [from_field(field, taken) for field in entity.fields]
    relations = [
        from_relation(relation, names[relation.target], taken)
        for relation in entity.relations
        if relation.kind is not RelationKind.MANY_TO_MANY
    ]
    return (*fields, *relations)


def table_of(
    named: EntityNames, described: tuple[Attribute, ...], deferred: frozenset[tuple[str, str]]
) -> Table:
    """Describe the table of an entity."""
    options = named.entity.options
    mixins = tuple(_mixin_columns(named))
    keys = [
        ForeignKey(
            column=each.column,
            target=each.target.table,
            on_delete=attributes.on_delete_action(each.relation),
            deferred=(named.table, each.target.table) in deferred,
        )
        for each in described
        if each.target and each.relation
    ]
    owner = ForeignKey(column="owner_id", target="auth_accounts", on_delete="CASCADE")
    indexes = [each.column for each in described if each.index]
    mixed = [
        name for name, on in (("owner_id", options.owner), ("tenant_id", options.tenant)) if on
    ]
    return Table(
        name=named.table,
        columns=(mixins[0], *(each.to_column() for each in described), *mixins[1:]),
        foreign_keys=(*keys, *([owner] if options.owner else [])),
        uniques=tuple(_uniques(named.entity, described)),
        indexes=(*indexes, *mixed),
    )


def _mixin_columns(named: EntityNames) -> Iterator[Column]:
    options = named.entity.options
    key = "columns.BigId" if named.bigint else "sa.Uuid()"
    yield _mixed("id", key, primary_key=True)
    if options.timestamps:
        yield _mixed("created_at", "columns.Instant()")
        yield _mixed("updated_at", "columns.Instant()")
    if options.owner:
        yield _mixed("owner_id", "sa.Uuid()")
    if options.tenant:
        yield _mixed("tenant_id", "sa.Uuid()")
    if options.soft_delete:
        yield _mixed("deleted_at", "columns.Instant()", nullable=True)


def _mixed(name: str, kind: str, *, nullable: bool = False, primary_key: bool = False) -> Column:
    return Column(
        attribute=name,
        name=name,
        type=kind,
        annotation="",
        nullable=nullable,
        primary_key=primary_key,
        mixed_in=True,
    )


def _uniques(entity: Entity, described: tuple[Attribute, ...]) -> Iterator[Unique]:
    tenant = ("tenant_id",) if entity.options.tenant else ()
    live = entity.options.soft_delete
    for each in described:
        if each.unique:
            yield Unique(columns=(*tenant, each.column), live=live)
    columns = {each.field.name: each.column for each in described if each.field}
    columns |= {each.relation.name: each.column for each in described if each.relation}
    columns |= {each.wire: each.column for each in described}
    seen = {each.column for each in described if each.unique}
    for group in entity.unique_together:
        found = tuple(columns[name] for name in group)
        if len(found) > 1 or found[0] not in seen:
            yield Unique(columns=(*tenant, *found), live=live)


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
            foreign_keys=tuple(
                ForeignKey(column=column, target=entity.table, on_delete="CASCADE")
                for column, entity in ends
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
