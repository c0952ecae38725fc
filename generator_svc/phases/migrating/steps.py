"""The statements that lead from one version's tables to another's, in order."""

from collections.abc import Iterator, Sequence

from generator_svc.phases.migrating.matching import Difference
from generator_svc.phases.migrating.ordering import in_waves
from generator_svc.phases.migrating.parts import parts_of
from generator_svc.phases.migrating.table_steps import TableSteps, batch
from generator_svc.phases.model.source import literal
from generator_svc.phases.model.tables import Table


def steps(difference: Difference) -> list[str]:
    """Return the statements, each on its line."""
    return [each for each in _steps(difference) if each]


def changing(difference: Difference) -> list[TableSteps]:
    """Return what happens to each table that stays."""
    tables = _new_names(difference)
    return [TableSteps(pair, tables) for pair in difference.pairs]


def _new_names(difference: Difference) -> dict[str, str]:
    return {pair.old.name: pair.new.name for pair in difference.pairs}


def _steps(difference: Difference) -> Iterator[str]:
    pairs, tables = changing(difference), _new_names(difference)
    yield from _purge(difference, pairs)
    for each in pairs:
        yield from each.unbind()
    yield from _drop(difference.dropped)
    for wave in in_waves({old: new for old, new in tables.items() if old != new}):
        yield from (f"op.rename_table({old!r}, {new!r})" for old, new in wave.items())
    for table in difference.created:
        columns = ", ".join(table.migration_columns())
        yield f"op.create_table({literal(table.name)}, {columns})"
    for each in pairs:
        yield from each.reshape()
    yield from _close(difference.created)
    for each in pairs:
        yield from each.index()


def _purge(difference: Difference, pairs: Sequence[TableSteps]) -> Iterator[str]:
    """Delete for good what was only hidden, while all is still as it was."""
    tables = [*(pair.old for pair in difference.pairs), *difference.dropped]
    keys = [
        (table.name, key.column, key.target, key.on_delete)
        for table in tables
        for key in table.foreign_keys
        if key.on_delete != "RESTRICT"
    ]
    for each in pairs:
        if each.unhides:
            yield f"_purge({literal(each.pair.old.name)}, {keys!r})"


def _close(created: tuple[Table, ...]) -> Iterator[str]:
    """Add the keys that close circles among new tables, then their indexes."""
    for table in created:
        keys = {table.constraint("fk", key.column) for key in table.foreign_keys if key.deferred}
        parts = [*parts_of(table)]
        yield from batch(table.name, [part.created("") for part in parts if part.name in keys])
        yield from (part.created(table.name) for part in parts if part.is_index)


def _drop(dropped: tuple[Table, ...]) -> Iterator[str]:
    """Drop tables, those that point to others first; their indexes go with them."""
    for table in dropped:
        keys = [key for key in table.foreign_keys if key.deferred]
        names = [literal(table.constraint("fk", key.column)) for key in keys]
        lines = [f'batch.drop_constraint(op.f({name}), type_="foreignkey")' for name in names]
        yield from batch(table.name, lines)
    yield from (f"op.drop_table({literal(table.name)})" for table in reversed(dropped))
