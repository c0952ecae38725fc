"""What a row of an entity is made of: its attributes, and the table that keeps them."""

from collections.abc import Iterator

from generator_svc.domain.spec import Entity, RelationKind
from generator_svc.phases.model.attributes import (
    Attribute,
    from_field,
    from_relation,
    on_delete_action,
)
from generator_svc.phases.model.names import EntityNames
from generator_svc.phases.model.relations import Names
from generator_svc.phases.model.tables import Column, ForeignKey, Table, Unique


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
            on_delete=on_delete_action(each.relation),
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
