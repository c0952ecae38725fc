"""Columns, constraints and indexes: one description for models and migrations alike."""

from dataclasses import dataclass, field

from generator_svc.domain import naming
from generator_svc.phases.model.source import literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A column that points to the key of a table."""

    column: str
    target: str
    on_delete: str
    deferred: bool = False
    """Whether the target is created later, so that the constraint has to be added after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    attribute: str
    name: str
    type: str
    annotation: str
    nullable: bool
    default: str = ""
    unique: bool = False
    index: bool = False
    primary_key: bool = False
    mixed_in: bool = False
    """Whether a base class of the model brings it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """Columns whose values together are unique, among the rows that are not deleted."""

    columns: tuple[str, ...]
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, as models and migrations describe it."""

    name: str
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    uniques: tuple[Unique, ...] = ()
    indexes: tuple[str, ...] = field(default=())

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Return the columns of the key."""
        return tuple(column.name for column in self.columns if column.primary_key)

    def constraint(self, kind: str, *columns: str) -> str:
        """Return the name of a constraint or an index."""
        return naming.bounded(self._conventional(kind, *columns))

    def _conventional(self, kind: str, *columns: str) -> str:
        return "_".join((kind, self.name, *columns))

    def _name_argument(self, kind: str, *columns: str) -> str:
        """Return the name as an argument where the naming convention would not find it."""
        conventional = self._conventional(kind, *columns)
        name = self.constraint(kind, *columns)
        return "" if name == conventional else f", name={literal(name)}"

    def model_arguments(self, column: Column) -> str:
        """Return the arguments of `mapped_column`."""
        parts = [literal(column.name)] if column.attribute != column.name else []
        parts.append(column.type)
        parts.extend(self._key_argument(key) for key in self._keys(column))
        if column.primary_key:
            parts.append("primary_key=True")
        if column.name in self._inline_uniques:
            parts.append("unique=True")
        if column.name in self._inline_indexes:
            parts.append("index=True")
        if column.default:
            parts.append(f"default={column.default}")
        return ", ".join(parts)

    def _keys(self, column: Column) -> list[ForeignKey]:
        return [key for key in self.foreign_keys if key.column == column.name]

    def _key_argument(self, key: ForeignKey) -> str:
        name = self._name_argument("fk", key.column)
        later = ", use_alter=True" if key.deferred else ""
        return (
            f"sa.ForeignKey({literal(f'{key.target}.id')}, "
            f"ondelete={literal(key.on_delete)}{name}{later})"
        )

    @property
    def _inline_uniques(self) -> set[str]:
        return {
            unique.columns[0]
            for unique in self.uniques
            if len(unique.columns) == 1
            and not unique.live
            and not self._name_argument("uq", *unique.columns)
        }

    @property
    def _inline_indexes(self) -> set[str]:
        return {column for column in self.indexes if not self._name_argument("ix", column)}

    def table_args(self) -> list[str]:
        """Return what stands in `__table_args__`."""
        inline = self._inline_uniques
        uniques = [
            self._unique_argument(unique)
            for unique in self.uniques
            if not (len(unique.columns) == 1 and unique.columns[0] in inline)
        ]
        indexes = [
            f"sa.Index({literal(self.constraint('ix', column))}, {literal(column)})"
            for column in self.indexes
            if column not in self._inline_indexes
        ]
        return [*uniques, *indexes]

    def _unique_argument(self, unique: Unique) -> str:
        columns = ", ".join(map(literal, unique.columns))
        if not unique.live:
            return f"sa.UniqueConstraint({columns}{self._name_argument('uq', *unique.columns)})"
        name = literal(self.constraint("uq", *unique.columns))
        where = 'sa.text("deleted_at IS NULL")'
        return (
            f"sa.Index({name}, {columns}, unique=True, "
            f"sqlite_where={where}, postgresql_where={where})"
        )

    def migration_columns(self) -> list[str]:
        """Return what stands in `op.create_table`."""
        columns = [
            f"sa.Column({literal(each.name)}, {each.type}, nullable={each.nullable})"
            for each in self.columns
        ]
        keys = [self._key_constraint(key) for key in self.foreign_keys if not key.deferred]
        names = ", ".join(map(literal, self.primary_key))
        primary = f"sa.PrimaryKeyConstraint({names}, name=op.f({literal(f'pk_{self.name}')}))"
        uniques = [self._unique_constraint(unique) for unique in self.uniques if not unique.live]
        return [*columns, *keys, primary, *uniques]

    def _key_constraint(self, key: ForeignKey) -> str:
        return (
            f"sa.ForeignKeyConstraint([{literal(key.column)}], [{literal(f'{key.target}.id')}], "
            f"name=op.f({literal(self.constraint('fk', key.column))}), "
            f"ondelete={literal(key.on_delete)})"
        )

    def _unique_constraint(self, unique: Unique) -> str:
        columns = ", ".join(map(literal, unique.columns))
        name = literal(self.constraint("uq", *unique.columns))
        return f"sa.UniqueConstraint({columns}, name=op.f({name}))"

    def migration_indexes(self) -> list[tuple[str, str]]:
        """Return each index: its name and the arguments that create it."""
        plain = [
            (name, f"op.f({literal(name)}), {literal(self.name)}, [{literal(column)}]")
            for column in self.indexes
            if (name := self.constraint("ix", column))
        ]
        return [*plain, *(self._live_index(unique) for unique in self.uniques if unique.live)]

    def _live_index(self, unique: Unique) -> tuple[str, str]:
        name = self.constraint("uq", *unique.columns)
        columns = ", ".join(map(literal, unique.columns))
        where = 'sa.text("deleted_at IS NULL")'
        return name, (
            f"op.f({literal(name)}), {literal(self.name)}, [{columns}], unique=True, "
            f"sqlite_where={where}, postgresql_where={where}"
        )
