"""The statements that change one table, in order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from generator_svc.phases.migrating import values
from generator_svc.phases.migrating.matching import Cell, CellPair, TablePair
from generator_svc.phases.migrating.ordering import in_waves
from generator_svc.phases.migrating.parts import Part, parts_of
from generator_svc.phases.model.source import literal
from generator_svc.phases.model.tables import Column

_ADOPTED = {"owner_id": "id", "tenant_id": "tenant_id"}
"""What new columns of rows that nobody owns take from the first account."""


@dataclass(frozen=True, slots=True)
class TableSteps:
    """The statements that change one table."""

    pair: TablePair
    tables: Mapping[str, str]
    """The new names of tables, by their old ones."""

    @property
    def unhides(self) -> bool:
        """Tell whether rows that are hidden would come back."""
        return any(cell.column.name == "deleted_at" for cell in self.pair.dropped)

    def statements(self) -> Iterator[str]:
        """Yield all of them, without those of other tables in between."""
        yield from self.unbind()
        yield from self.reshape()
        yield from self.index()

    def unbind(self) -> Iterator[str]:
        """Drop the constraints and indexes that do not stay, while all is as it was."""
        parts = self._lost()
        table = self.pair.old.name
        yield from (part.dropped(table) for part in parts if part.is_index)
        yield from batch(table, [part.dropped(table) for part in parts if not part.is_index])

    def reshape(self) -> Iterator[str]:
        """Drop, rename, add and change columns, and give the rows their values."""
        table = self.pair.new.name
        yield from self._rename_key()
        drops = [_drop(cell.column.name) for cell in self.pair.dropped]
        first, *more = in_waves(self._renamed())
        yield from batch(table, [*drops, *_renames(first)])
        for wave in more:
            yield from batch(table, _renames(wave))
        added = [_add(cell.column, cell.column.name) for cell in self.pair.added]
        added += [_add(pair.new.column, _spare(pair)) for pair in self._converted()]
        yield from batch(table, added)
        yield from self._convert()
        yield from self._fill()
        # Within one batch a constraint cannot speak of a column by the name that it gets there.
        apart = [[*self._alter()], [*self._bind()]]
        for statements in apart if self._converted() else [apart[0] + apart[1]]:
            yield from batch(table, statements)

    def index(self) -> Iterator[str]:
        """Create the indexes, once all rows are as they should be."""
        parts = (part for part in self._gained() if part.is_index)
        yield from (part.created(self.pair.new.name) for part in parts)

    # ---- constraints and indexes

    def _lost(self) -> list[Part]:
        kept = {part.name for part in self._kept()}
        return [part for part in parts_of(self.pair.old) if part.name not in kept]

    def _gained(self) -> list[Part]:
        kept = {part.name for part in self._kept()}
        return [part for part in parts_of(self.pair.new) if part.name not in kept]

    def _kept(self) -> list[Part]:
        columns = {pair.old.column.name: pair.new.column.name for pair in self.pair.kept}
        columns |= {cell.column.name: "" for cell in self.pair.dropped}
        columns |= {pair.old.column.name: "" for pair in self._converted()}
        new = [*parts_of(self.pair.new)]
        return [part for part in parts_of(self.pair.old) if part.moved(columns, self.tables) in new]

    def _bind(self) -> Iterator[str]:
        parts = (part for part in self._gained() if not part.is_index)
        yield from (part.created(self.pair.new.name) for part in parts)

    def _rename_key(self) -> Iterator[str]:
        """Rename the key on PostgreSQL, where its name is that of an index, one in a schema."""
        old, new = self.pair.old.name, self.pair.new.name
        if old != new:
            statement = f'ALTER TABLE "{new}" RENAME CONSTRAINT "pk_{old}" TO "pk_{new}"'
            yield 'if op.get_context().dialect.name == "postgresql":'
            yield f"    op.execute({literal(statement)})"

    # ---- columns

    def _renamed(self) -> dict[str, str]:
        names = ((pair.old.column.name, pair.new.column.name) for pair in self.pair.kept)
        return {old: new for old, new in names if old != new}

    def _converted(self) -> list[CellPair]:
        return [pair for pair in self.pair.kept if not values.alters_in_place(pair)]

    def _convert(self) -> Iterator[str]:
        for pair in self._converted():
            if convert := values.conversion(pair):
                names = (pair.new.column.name, _spare(pair))
                kinds = f"({pair.old.column.type}, {pair.new.column.type})"
                keys = list(self.pair.new.primary_key)
                table = literal(self.pair.new.name)
                yield f"_convert({table}, {names}, {kinds}, {keys}, {convert})"

    def _fill(self) -> Iterator[str]:
        for cell in self.pair.added:
            yield from self._filled(cell, cell.column.name)
        for pair in self.pair.kept:
            name = _spare(pair) if pair in self._converted() else pair.new.column.name
            yield from self._fitted(pair, name)
            if pair.old.column.nullable or name != pair.new.column.name:
                yield from self._filled(pair.new, name)

    def _fitted(self, pair: CellPair, name: str) -> Iterator[str]:
        """Make texts fit: into their enumeration, or into their length."""
        column = f"{literal(self.pair.new.name)}, {literal(name)}"
        if known := values.allowed(pair):
            value = "None" if pair.new.column.nullable else values.filling(pair.new)
            yield f"_replace({column}, {list(known)!r}, {value})"
        elif pair not in self._converted() and (most := values.longest(pair)) is not None:
            yield f"_cut({column}, {most})"

    def _filled(self, cell: Cell, name: str) -> Iterator[str]:
        if cell.column.nullable:
            return
        column = f"{literal(self.pair.new.name)}, {literal(name)}"
        if value := values.filling(cell):
            yield f"_fill({column}, {cell.column.type}, {value})"
            return
        if cell.attribute is None and name in _ADOPTED:
            yield f"_adopt({column}, {literal(_ADOPTED[name])})"
        yield f"_demand({column})"

    def _alter(self) -> Iterator[str]:
        converted = self._converted()
        for pair in self.pair.kept:
            if pair in converted:
                yield _drop(pair.new.column.name)
                yield _settle(pair.new.column, _spare(pair))
            elif changes := _changes(pair):
                yield _altered(pair.new.column.name, pair.old.column.type, changes)
        for cell in self.pair.added:
            if not cell.column.nullable:
                yield _altered(cell.column.name, cell.column.type, ["nullable=False"])


def batch(table: str, statements: Iterable[str]) -> Iterator[str]:
    """Yield statements as one change of a table, which SQLite may have to build anew."""
    found = [each for each in statements if each]
    if found:
        yield f"with op.batch_alter_table({literal(table)}) as batch:"
        yield from (f"    {each}" for each in found)


def _spare(pair: CellPair) -> str:
    """Return the name of the column that takes converted values until it can have its own."""
    return f"_{pair.new.column.name}"[:63]


def _drop(name: str) -> str:
    return f"batch.drop_column({literal(name)})"


def _renames(wave: Mapping[str, str]) -> list[str]:
    return [
        f"batch.alter_column({literal(old)}, new_column_name={literal(new)})"
        for old, new in wave.items()
    ]


def _add(column: Column, name: str) -> str:
    return f"batch.add_column(sa.Column({literal(name)}, {column.type}, nullable=True))"


def _changes(pair: CellPair) -> list[str]:
    old, new = pair.old.column, pair.new.column
    changes = [f"type_={new.type}"] if old.type != new.type else []
    return [*changes, *([f"nullable={new.nullable}"] if old.nullable != new.nullable else [])]


def _altered(name: str, kind: str, changes: Sequence[str]) -> str:
    return f"batch.alter_column({literal(name)}, existing_type={kind}, {', '.join(changes)})"


def _settle(column: Column, spare: str) -> str:
    names = f"{literal(spare)}, new_column_name={literal(column.name)}"
    return f"batch.alter_column({names}, nullable={column.nullable})"
