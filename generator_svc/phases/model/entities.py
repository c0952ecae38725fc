"""One entity, resolved: what its model, schemas, repository, routes and tests are made of."""

from collections.abc import Iterator
from dataclasses import dataclass

from generator_svc.phases.model.attributes import Attribute
from generator_svc.phases.model.names import EntityNames
from generator_svc.phases.model.relations import Back, Link, LinkEnd
from generator_svc.phases.model.source import literal, sentence
from generator_svc.phases.model.tables import Column, Table


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
