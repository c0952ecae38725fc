"""Which tables and columns of one version are which of another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from generator_svc.domain.naming import snake_case
from generator_svc.phases.migrating.naming import Renames
from generator_svc.phases.model import auth
from generator_svc.phases.model.attributes import Attribute
from generator_svc.phases.model.entities import EntityModel
from generator_svc.phases.model.project import ProjectModel
from generator_svc.phases.model.relations import Link
from generator_svc.phases.model.tables import Column, Table

Role = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A column, and what it keeps."""

    column: Column
    attribute: Attribute | None = None
    """The field or the end of a relation; None for what the project itself keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPair:
    """A column before and after."""

    old: Cell
    new: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePair:
    """A table before and after."""

    old: Table
    new: Table
    kept: tuple[CellPair, ...]
    added: tuple[Cell, ...]
    dropped: tuple[Cell, ...]

    def reversed(self) -> "TablePair":
        """Return the way back."""
        back = tuple(CellPair(old=pair.new, new=pair.old) for pair in self.kept)
        return TablePair(
            old=self.new, new=self.old, kept=back, added=self.dropped, dropped=self.added
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The tables of two versions."""

    pairs: tuple[TablePair, ...]
    created: tuple[Table, ...]
    """In an order in which they can be created."""

    dropped: tuple[Table, ...]
    """In an order in which they could be created."""

    def reversed(self) -> "Difference":
        """Return the way back."""
        pairs = tuple(pair.reversed() for pair in self.pairs)
        return Difference(pairs=pairs, created=self.dropped, dropped=self.created)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A table of one version, by what it stands for."""

    role: Role
    table: Table
    cells: Mapping[Role, Cell]
    ends: tuple[str, ...] = ()
    """The entities whose keys its own rows are known by, in snake case."""


def difference(before: ProjectModel, after: ProjectModel, renames: Renames) -> Difference:
    """Match the tables of two versions; what cannot keep its rows is dropped and created."""
    old = {known.role: known for known in _known(before, renames)}
    new = {known.role: known for known in _known(after, Renames(()))}
    keys = _key_types(before, renames).items() & _key_types(after, Renames(())).items()
    stable = {"auth", *(name for name, _ in keys)}
    same = {role for role in old.keys() & new.keys() if stable.issuperset(new[role].ends)}
    return Difference(
        pairs=tuple(_pair(old[role], new[role], stable) for role in new if role in same),
        created=tuple(known.table for role, known in new.items() if role not in same),
        dropped=tuple(known.table for role, known in old.items() if role not in same),
    )


def _key_types(project: ProjectModel, renames: Renames) -> dict[str, str]:
    return {renames.entity(each.name): each.key_column for each in project.entities}


def _known(project: ProjectModel, renames: Renames) -> Iterator[_Known]:
    for table in auth.TABLES if project.auth else ():
        cells: dict[Role, Cell] = {
            ("mixed", each.name): Cell(column=each) for each in table.columns
        }
        yield _Known(role=("auth", table.name), table=table, cells=cells, ends=("auth",))
    for entity in project.creation_order:
        name = renames.entity(entity.name)
        yield _Known(
            role=("entity", name),
            table=entity.model_table,
            cells=_entity_cells(entity, renames),
            ends=(name,),
        )
    for link in project.links:
        yield _link(link, renames)


def _entity_cells(entity: EntityModel, renames: Renames) -> dict[Role, Cell]:
    attributes = {each.column: each for each in entity.attributes}
    cells: dict[Role, Cell] = {}
    for column in entity.model_table.columns:
        attribute = None if column.mixed_in else attributes[column.name]
        role = _role(entity, attribute, renames) if attribute else ("mixed", column.name)
        cells[role] = Cell(column=column, attribute=attribute)
    return cells


def _role(entity: EntityModel, attribute: Attribute, renames: Renames) -> Role:
    if attribute.relation is None:
        return "field", renames.member(entity.name, attribute.wire)
    name = renames.member(entity.name, attribute.relation.name)
    return "relation", name, renames.entity(attribute.relation.target)


def _link(link: Link, renames: Renames) -> _Known:
    source, target = renames.entity(link.source.name), renames.entity(link.target.name)
    name = renames.member(link.source.name, link.relation.name)
    payload = {each.column: each for each in link.payload}
    cells: dict[Role, Cell] = {}
    for column in link.table.columns:
        attribute = payload.get(column.name)
        role = ("field", snake_case(attribute.wire)) if attribute else _end(link, column)
        cells[role] = Cell(column=column, attribute=attribute)
    return _Known(
        role=("link", source, name, target),
        table=link.table,
        cells=cells,
        ends=(source, target),
    )


def _end(link: Link, column: Column) -> Role:
    return ("near",) if column.name == link.near else ("far",)


def _pair(old: _Known, new: _Known, stable: set[str]) -> TablePair:
    kept = {role for role in old.cells.keys() & new.cells.keys() if _keeps(role, stable)}
    rest_old = _without(old.cells, kept)
    rest_new = _without(new.cells, kept)
    same = [*_same_columns(rest_old, rest_new)]
    pairs = [
        CellPair(old=old.cells[role], new=new.cells[role]) for role in new.cells if role in kept
    ]
    return TablePair(
        old=old.table,
        new=new.table,
        kept=(*pairs, *same),
        added=_others(rest_new, [pair.new for pair in same]),
        dropped=_others(rest_old, [pair.old for pair in same]),
    )


def _keeps(role: Role, stable: set[str]) -> bool:
    """Tell whether values carry over: links to rows with other keys do not."""
    return role[0] != "relation" or role[-1] in stable


def _without(cells: Mapping[Role, Cell], kept: set[Role]) -> list[Cell]:
    return [cell for role, cell in cells.items() if role not in kept]


def _same_columns(old: Sequence[Cell], new: Sequence[Cell]) -> Iterator[CellPair]:
    """Pair what a table itself kept with the field that keeps the same from now on."""
    by_name = {cell.column.name: cell for cell in old if not _points(cell)}
    for cell in new:
        found = by_name.get(cell.column.name)
        if found and not _points(cell) and found.column.type == cell.column.type:
            yield CellPair(old=found, new=cell)


def _points(cell: Cell) -> bool:
    return cell.column.name == "owner_id" or bool(cell.attribute and cell.attribute.relation)


def _others(cells: Sequence[Cell], gone: Sequence[Cell]) -> tuple[Cell, ...]:
    return tuple(cell for cell in cells if not any(cell is each for each in gone))
