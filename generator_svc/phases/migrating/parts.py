"""Constraints and indexes of a table, comparable across versions by name and content."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from generator_svc.phases.model.source import literal
from generator_svc.phases.model.tables import Table

_LIVE = 'sa.text("deleted_at IS NULL")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A constraint or an index."""

    name: str
    kind: str
    """`ix`, `uq` or `fk`."""

    columns: tuple[str, ...]
    target: str = ""
    """With `fk`: the table that it points to."""

    on_delete: str = ""
    live: bool = False
    """With `uq`: whether deleted rows do not count, which makes it an index."""

    @property
    def is_index(self) -> bool:
        """Tell whether it is an index, which is made and dropped apart from the table."""
        return self.kind == "ix" or self.live

    def moved(self, columns: Mapping[str, str], tables: Mapping[str, str]) -> "Part":
        """Return it as it stands once columns and tables are renamed."""
        return replace(
            self,
            columns=tuple(columns.get(each, each) for each in self.columns),
            target=tables.get(self.target, self.target),
        )

    def created(self, table: str) -> str:
        """Return what makes it, as source."""
        columns = f"[{', '.join(map(literal, self.columns))}]"
        if self.is_index:
            return f"op.create_index({self._formal}, {literal(table)}, {columns}{self._options})"
        if self.kind == "uq":
            return f"batch.create_unique_constraint({self._formal}, {columns})"
        action = f"ondelete={literal(self.on_delete)}"
        target = literal(self.target)
        return f'batch.create_foreign_key({self._formal}, {target}, {columns}, ["id"], {action})'

    def dropped(self, table: str) -> str:
        """Return what drops it, as source."""
        if self.is_index:
            return f"op.drop_index({self._formal}, table_name={literal(table)})"
        kind = "unique" if self.kind == "uq" else "foreignkey"
        return f"batch.drop_constraint({self._formal}, type_={literal(kind)})"

    @property
    def _formal(self) -> str:
        return f"op.f({literal(self.name)})"

    @property
    def _options(self) -> str:
        if not self.live:
            return ""
        return f", unique=True, sqlite_where={_LIVE}, postgresql_where={_LIVE}"


def parts_of(table: Table) -> Iterator[Part]:
    """Yield the constraints and indexes of a table, but its key."""
    for unique in table.uniques:
        name = table.constraint("uq", *unique.columns)
        yield Part(name=name, kind="uq", columns=unique.columns, live=unique.live)
    for key in table.foreign_keys:
        yield Part(
            name=table.constraint("fk", key.column),
            kind="fk",
            columns=(key.column,),
            target=key.target,
            on_delete=key.on_delete,
        )
    for column in table.indexes:
        yield Part(name=table.constraint("ix", column), kind="ix", columns=(column,))
