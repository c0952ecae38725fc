"""What the generated tests of an entity send, and what they expect to be refused."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from generator_svc.domain.spec import JsonValue
from generator_svc.phases.model import samples
from generator_svc.phases.model.attributes import Attribute
from generator_svc.phases.model.entities import EntityModel
from generator_svc.phases.model.wrong import wrong as wrong_values

MANY = 1_000
"""More rows than any test makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestModel:
    """The data of the tests of one entity."""

    entity: EntityModel
    values: Mapping[str, tuple[JsonValue, ...]]
    """What a create sends: for each field of the wire, one value or several distinct ones."""

    parents: tuple[Attribute, ...]
    """The rows that have to be there first."""

    capacity: int
    """How many rows can be there at once."""

    @property
    def rows(self) -> int:
        """Return how many rows a test of lists makes."""
        return min(3, self.capacity)

    @property
    def has_several(self) -> bool:
        """Tell whether the rows differ in some field."""
        return any(len(values) > 1 for values in self.values.values())

    @property
    def writable(self) -> list[Attribute]:
        """Return the fields that a create sends."""
        return [each for each in self.entity.attributes if each.wire in self.values]

    @property
    def readable(self) -> list[str]:
        """Return what a create sends and its answer repeats."""
        return [each.wire for each in self.writable if not each.write_only]

    @property
    def hidden(self) -> list[str]:
        """Return what no answer tells."""
        return [each.wire for each in self.entity.attributes if each.write_only]

    @property
    def closed(self) -> list[str]:
        """Return what a create must not send."""
        return [each.wire for each in self.entity.attributes if each.read_only]

    @property
    def immutable(self) -> list[str]:
        """Return what an update must not send."""
        return [
            each.wire for each in self.entity.attributes if each.immutable and not each.read_only
        ]

    @property
    def required(self) -> list[str]:
        """Return what a create has to send."""
        return [each.wire for each in self.entity.attributes if each.must_be_sent]

    @property
    def never_null(self) -> list[str]:
        """Return what can be written, but not with null."""
        return [
            each.wire for each in self.entity.attributes if not (each.nullable or each.read_only)
        ]

    @property
    def wrong(self) -> list[tuple[str, JsonValue]]:
        """Return fields with values that they refuse."""
        return [
            (each.wire, value)
            for each in self.writable
            if each.field is not None
            for value in wrong_values(each.field)
        ]

    @property
    def changes(self) -> list[tuple[str, JsonValue]]:
        """Return fields with values to change them to."""
        return [
            (each.wire, self.values[each.wire][-1])
            for each in self.entity.updatable
            if each.wire in self.values
        ]

    @property
    def uniques(self) -> list[str]:
        """Return the fields of which no two rows have the same value."""
        return [each.wire for each in self.writable if each.unique]

    @property
    def optional_parents(self) -> list[Attribute]:
        """Return the relations that a create may leave out."""
        return [each for each in self.entity.attributes if each.target and not each.required]

    @property
    def filters(self) -> list[str]:
        """Return the fields whose own value finds a row."""
        plain = {name for name, column, compare in self.entity.filters if not compare and column}
        return [
            each.filter_wire
            for each in self.writable
            if not each.write_only and each.filter_attribute in plain
        ]


def test_models(entities: Iterable[EntityModel]) -> dict[str, TestModel]:
    """Return the test data of each entity for which values could be found."""
    by_name = {each.name: each for each in entities}
    found: dict[str, TestModel] = {}
    for entity in by_name.values():
        _collect(entity, by_name, found, ())
    return found


def _collect(
    entity: EntityModel,
    by_name: Mapping[str, EntityModel],
    found: dict[str, TestModel],
    path: tuple[str, ...],
) -> TestModel | None:
    if entity.name in found or entity.name in path:
        return found.get(entity.name)
    parents = tuple(each for each in entity.attributes if each.target and each.must_be_sent)
    models = [
        _collect(by_name[each.target.name], by_name, found, (*path, entity.name))
        for each in parents
        if each.target
    ]
    try:
        values = dict(_values(entity))
    except samples.NoSampleError:
        return None
    if any(model is None for model in models):
        return None
    capacity = min(
        [MANY, *_capacities(entity, values), *(model.capacity for model in models if model)]
    )
    found[entity.name] = TestModel(entity=entity, values=values, parents=parents, capacity=capacity)
    return found[entity.name]


def _values(entity: EntityModel) -> Iterator[tuple[str, tuple[JsonValue, ...]]]:
    grouped = {name for group in entity.entity.unique_together for name in group}
    for each in entity.attributes:
        if each.field is not None and not each.read_only:
            several = each.unique or each.wire in grouped
            values = samples.samples(each.field)
            yield each.wire, tuple(values) if several else tuple(values[:1])


def _capacities(entity: EntityModel, values: Mapping[str, tuple[JsonValue, ...]]) -> Iterator[int]:
    for each in entity.attributes:
        if each.unique and each.read_only and each.default:
            yield 1
        elif each.unique and each.wire in values:
            yield len(values[each.wire])
    relations = {each.relation.name for each in entity.attributes if each.relation}
    relations |= {each.wire for each in entity.attributes if each.relation}
    for group in entity.entity.unique_together:
        if not relations & set(group):
            yield max(len(values.get(name, (None,))) for name in group)
