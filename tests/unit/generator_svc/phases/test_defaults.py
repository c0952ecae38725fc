"""A default is written as what each later read answers, and as linters want it."""

from generator_svc.domain.spec import Entity, Field, FieldType, JsonValue, ProjectSpec
from generator_svc.phases.model.project import build


def declared(kind: FieldType, default: JsonValue, **keys: int) -> str:
    """Return how the column of a read-only field with this default is declared."""
    items = FieldType.STRING if kind is FieldType.ARRAY else None
    field = Field(
        name="x", type=kind, read_only=True, has_default=True, default=default, items=items, **keys
    )
    [entity] = build(ProjectSpec(name="p", entities=(Entity(name="E", fields=(field,)),))).entities
    column = next(each for each in entity.own_columns if each.attribute == "x")
    return column.default


def test_decimals_have_all_their_digits() -> None:
    """Answers a create with as many digits as a read."""
    assert declared(FieldType.DECIMAL, "1.5", precision=9, scale=3) == "decimal.Decimal('1.500')"
    assert declared(FieldType.DECIMAL, "-2", precision=9, scale=0) == "decimal.Decimal(-2)"
    assert declared(FieldType.DECIMAL, "0", precision=38, scale=38).endswith(f"('0.{'0' * 38}')")


def test_each_row_gets_a_list_of_its_own() -> None:
    """Makes lists and documents anew for each row, the empty ones by their types."""
    assert declared(FieldType.ARRAY, []) == "list"
    assert declared(FieldType.JSON, {}) == "dict"
    assert declared(FieldType.ARRAY, ["a"]) == "lambda: ['a']"
