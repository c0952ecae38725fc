"""Reads SQL `CREATE TABLE` statements."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from generator_svc.domain.literals import canonical
from generator_svc.domain.naming import snake_case
from generator_svc.domain.spec import Field, FieldType, OnDelete, RelationKind
from generator_svc.planner.embedded.models import Link, Model
from generator_svc.planner.nouns import singular

_KEY = "id"
_DELETED = "deleted_at"
_TYPES: Mapping[str, FieldType] = MappingProxyType(
    {
        "VARCHAR": FieldType.STRING,
        "CHAR": FieldType.STRING,
        "NVARCHAR": FieldType.STRING,
        "NCHAR": FieldType.STRING,
        "TEXT": FieldType.TEXT,
        "MEDIUMTEXT": FieldType.TEXT,
        "LONGTEXT": FieldType.TEXT,
        "TINYTEXT": FieldType.TEXT,
        "INT": FieldType.INTEGER,
        "SMALLINT": FieldType.INTEGER,
        "TINYINT": FieldType.INTEGER,
        "MEDIUMINT": FieldType.INTEGER,
        "SERIAL": FieldType.INTEGER,
        "BIGINT": FieldType.BIGINT,
        "BIGSERIAL": FieldType.BIGINT,
        "FLOAT": FieldType.FLOAT,
        "DOUBLE": FieldType.FLOAT,
        "DECIMAL": FieldType.DECIMAL,
        "MONEY": FieldType.DECIMAL,
        "BOOLEAN": FieldType.BOOLEAN,
        "DATE": FieldType.DATE,
        "TIME": FieldType.TIME,
        "TIMESTAMP": FieldType.DATETIME,
        "TIMESTAMPTZ": FieldType.DATETIME,
        "DATETIME": FieldType.DATETIME,
        "INTERVAL": FieldType.DURATION,
        "UUID": FieldType.UUID,
        "JSON": FieldType.JSON,
        "JSONB": FieldType.JSON,
        "BINARY": FieldType.BINARY,
        "VARBINARY": FieldType.BINARY,
        "BLOB": FieldType.BINARY,
        "ENUM": FieldType.ENUM,
        "ARRAY": FieldType.ARRAY,
    }
)
_ON_DELETE = MappingProxyType(
    {"CASCADE": OnDelete.CASCADE, "SET NULL": OnDelete.SET_NULL, "RESTRICT": OnDelete.RESTRICT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ForeignKey:
    table: str
    on_delete: OnDelete | None


@dataclass(slots=True, kw_only=True)
class _Table:
    name: str
    columns: dict[str, exp.ColumnDef] = field(default_factory=dict)
    keys: dict[str, _ForeignKey] = field(default_factory=dict)
    unique: list[tuple[str, ...]] = field(default_factory=list)
    primary: tuple[str, ...] = ()


def read_sql(text: str, offset: int) -> list[Model] | None:
    """Return the models of some `CREATE TABLE` statements; None if they cannot be read.

    Args:
        text: The statements.
        offset: Where they stand in the prompt.
    """
    statements = _parsed(text, "postgres") or _parsed(text, "mysql") or []
    creates = [each for each in statements if isinstance(each, exp.Create)]
    tables = [_table(each) for each in creates if isinstance(each.this, exp.Schema)]
    models = {table.name: _model(table, offset, len(text)) for table in tables}
    for table in tables:
        if _is_link(table):
            _add_link(table, models)
            del models[table.name]
    return list(models.values()) or None


def _parsed(text: str, dialect: str) -> list[Any]:
    logging.getLogger("sqlglot").disabled = True  # it would log what users write
    try:
        return list(sqlglot.parse(text, dialect=dialect))
    except SqlglotError:
        return []


def _table(create: exp.Create) -> _Table:
    table = _Table(name=create.this.this.name)
    for each in create.this.expressions:
        if isinstance(each, exp.ColumnDef):
            _take_column(table, each)
        else:
            _take_constraint(table, each)
    return table


def _take_column(table: _Table, column: exp.ColumnDef) -> None:
    table.columns[column.name] = column
    for constraint in column.constraints:
        if isinstance(constraint.kind, exp.Reference):
            table.keys[column.name] = _foreign_key(constraint.kind)
        elif isinstance(constraint.kind, exp.PrimaryKeyColumnConstraint):
            table.primary = (column.name,)


def _take_constraint(table: _Table, constraint: exp.Expression) -> None:
    if isinstance(constraint, exp.Constraint):
        for each in constraint.expressions:
            _take_constraint(table, each)
    elif isinstance(constraint, exp.PrimaryKey):
        table.primary = tuple(each.name for each in constraint.expressions)
    elif isinstance(constraint, exp.ForeignKey) and len(constraint.expressions) == 1:
        reference = constraint.args.get("reference")
        if isinstance(reference, exp.Reference):
            options = [*(constraint.args.get("options") or ()), *reference.args.get("options", ())]
            table.keys[constraint.expressions[0].name] = _foreign_key(reference, options)
    elif isinstance(constraint, exp.UniqueColumnConstraint):
        names = constraint.this.expressions if constraint.this is not None else ()
        table.unique.append(tuple(each.name for each in names))


def _foreign_key(reference: exp.Reference, options: list[Any] | None = None) -> _ForeignKey:
    target = reference.this
    name = target.this.name if isinstance(target, exp.Schema) else target.name
    words = " ".join(str(each) for each in options or reference.args.get("options") or ()).upper()
    on_delete = next(
        (action for word, action in _ON_DELETE.items() if f"ON DELETE {word}" in words), None
    )
    return _ForeignKey(table=name, on_delete=on_delete)


def _is_link(table: _Table) -> bool:
    """Tell whether a table holds two foreign keys and nothing else."""
    own = set(table.columns) - {_KEY, "created_at", "updated_at"}
    return len(table.keys) == 2 and own == set(table.keys)  # noqa: PLR2004 - a link has two ends


def _add_link(table: _Table, models: dict[str, Model]) -> None:
    one, other = (key.table for key in table.keys.values())
    if one in models:
        link = Link(name="", target=other, kind=RelationKind.MANY_TO_MANY)
        models[one].links.append(link)


def _model(table: _Table, offset: int, length: int) -> Model:
    model = Model(name=singular(table.name), start=offset, end=offset + length)
    for name, column in table.columns.items():
        required = _is_required(column) or name in table.primary
        if name in table.keys:
            model.links.append(_to_one(name, table, required=required))
        elif name == _DELETED:
            model.soft_delete = True
        elif name != _KEY and (name,) != table.primary:
            single = (name,) in table.unique
            model.fields.append((_field(name, column, required=required, unique=single), ""))
    ends = {name: _link_name(name) for name in table.keys}
    model.unique_together = [
        tuple(ends.get(name, name) for name in group) for group in table.unique if len(group) > 1
    ]
    return model


def _to_one(name: str, table: _Table, *, required: bool) -> Link:
    key = table.keys[name]
    unique = (name,) in table.unique or _has(table.columns[name], exp.UniqueColumnConstraint)
    own_table = key.table == table.name
    return Link(
        name=_link_name(name),
        target=singular(key.table),
        kind=RelationKind.ONE_TO_ONE if unique else RelationKind.MANY_TO_ONE,
        required=required and not own_table,
        on_delete=key.on_delete,
    )


def _link_name(column: str) -> str:
    return snake_case(column).removesuffix("_id") or column


def _field(name: str, column: exp.ColumnDef, *, required: bool, unique: bool) -> Field:
    kind = column.kind
    word = kind.this.value if isinstance(kind, exp.DataType) else "VARCHAR"
    found = _TYPES.get(word, FieldType.STRING)
    keys: dict[str, Any] = {"type": found}
    sizes = [int(each.name) for each in (kind.expressions if kind else ()) if each.name.isdecimal()]
    if found is FieldType.STRING and sizes:
        keys["max_length"] = sizes[0]
    elif found is FieldType.DECIMAL:
        keys |= {"precision": sizes[0] if sizes else 18, "scale": (sizes[1:] or [2])[0]}
    elif found is FieldType.ENUM and kind is not None:
        keys["values"] = tuple(each.name for each in kind.expressions)
    elif found is FieldType.ARRAY and kind is not None:
        inner = kind.expressions[0] if kind.expressions else None
        word = inner.this.value if isinstance(inner, exp.DataType) else "TEXT"
        item = _TYPES.get(word, FieldType.STRING)
        keys["items"] = item if item is not FieldType.TEXT else FieldType.STRING
    if unique or _has(column, exp.UniqueColumnConstraint):
        keys["unique"] = True
        if found is FieldType.TEXT:
            keys["type"] = FieldType.STRING
    keys |= _default(column, keys["type"])
    return Field(name=name, required=required and "default" not in keys, **keys)


def _default(column: exp.ColumnDef, kind: FieldType) -> dict[str, Any]:
    for constraint in column.constraints:
        if isinstance(constraint.kind, exp.DefaultColumnConstraint):
            value = constraint.kind.this
            if isinstance(value, exp.Boolean):
                return {"has_default": True, "default": bool(value.this)}
            if isinstance(value, exp.Literal) and kind is not FieldType.FLOAT:
                return {"has_default": True, "default": canonical(kind, str(value.this))}
    return {}


def _is_required(column: exp.ColumnDef) -> bool:
    return any(
        isinstance(each.kind, exp.NotNullColumnConstraint) and not each.kind.args.get("allow_null")
        for each in column.constraints
    )


def _has(column: exp.ColumnDef, kind: type[exp.Expression]) -> bool:
    return any(isinstance(each.kind, kind) for each in column.constraints)
