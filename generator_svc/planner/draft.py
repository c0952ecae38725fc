"""A plan while it is made: entities, relations and features, each with where it comes from."""

from dataclasses import dataclass, field, replace

from generator_svc.domain.naming import pascal_case, plural
from generator_svc.domain.spec import Field, OnDelete, Relation, RelationKind, TechStack
from generator_svc.planner.nouns import singular
from generator_svc.planner.request import Span

ENTITY_OPTIONS = ("soft_delete", "owner", "tenant")
"""The features that single entities may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an item comes from."""

    rule: str
    span: Span | None = None


@dataclass(slots=True, kw_only=True)
class DraftField:
    """A field and where it comes from."""

    field: Field
    origin: Origin


@dataclass(slots=True, kw_only=True)
class DraftEntity:
    """An entity in the making."""

    name: str
    origin: Origin
    description: str = ""
    fields: dict[str, DraftField] = field(default_factory=dict)
    unique_together: tuple[tuple[str, ...], ...] = ()
    described: bool = False
    """Whether the prompt says what its fields are."""

    options: dict[str, Origin] = field(default_factory=dict)
    """The options that are on."""

    access: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class DraftRelation:
    """A relation in the making; its ends are keys of entities."""

    owner: str
    target: str
    relation: Relation
    origin: Origin


class Draft:
    """Everything that was planned so far."""

    def __init__(self) -> None:
        self.entities: dict[str, DraftEntity] = {}
        self.relations: list[DraftRelation] = []
        self.features: dict[str, tuple[bool, Origin]] = {}
        self.roles: dict[str, Origin] = {}
        self.tech_stack: tuple[TechStack, Origin] | None = None
        self.domain: tuple[str, Origin] | None = None
        self.name: tuple[str, Origin] | None = None
        self.managed: tuple[str, Origin] | None = None
        """What a project's noun says it manages: the notes of a notes app."""

        self.asked: list[tuple[str, Span]] = []
        """The capabilities that were asked for and cannot be generated."""

        self.excluded: set[str] = set()
        """The keys of what the prompt does without."""

        self.faults: list[tuple[str, str, Span | None]] = []
        """What contradicts itself: the rule, the message, the words."""

    def entity(self, name: str, origin: Origin) -> DraftEntity:
        """Return the entity of a name, in singular or plural, planning it if need be."""
        key = singular(name)
        if key not in self.entities:
            self.entities[key] = DraftEntity(name=pascal_case(key), origin=origin)
        return self.entities[key]

    def relate(self, owner: str, target: str, relation: Relation, origin: Origin) -> None:
        """Add a relation, or add to the one that says the same."""
        for known in self.relations:
            if (known.owner, known.target) == (owner, target) and _same(known.relation, relation):
                known.relation = _merged(known.relation, relation)
                return
        self.relations.append(
            DraftRelation(owner=owner, target=target, relation=relation, origin=origin)
        )

    def has_many(self, one: str, many: str, back: str, origin: Origin) -> None:
        """Say that each row of one entity has many of another; both ways make it many-to-many."""
        if one != many and self.tied(one, many):
            return
        if one != many and self.both_many(one, many, back):
            return
        name = "parent" if one == many else one
        link = Relation(name=name, kind=RelationKind.MANY_TO_ONE, target=one, back=back)
        self.relate(many, one, link, origin)

    def both_many(self, one: str, many: str, back: str) -> bool:
        """Make a link many-to-many whose other end was said to have many; tell whether it was."""
        for known in self.relations:
            ends = (known.owner, known.target) == (one, many)
            single = known.relation.kind is RelationKind.MANY_TO_ONE
            if ends and single and known.origin.rule == "has_many":
                known.relation = Relation(
                    name=back, kind=RelationKind.MANY_TO_MANY, target=many, back=plural(one)
                )
                return True
        return False

    def many_to_many(
        self, one: str, other: str, origin: Origin, name: str = "", back: str = ""
    ) -> None:
        """Say that two entities are linked many to many."""
        if any(
            {known.owner, known.target} == {one, other}
            and known.relation.kind is RelationKind.MANY_TO_MANY
            and name in ("", known.relation.name)
            for known in self.relations
        ):
            return
        own, theirs = name or plural(other), back or plural(one)
        if own == theirs:
            own, theirs = f"related_{own}", f"{theirs}_related"
        link = Relation(name=own, kind=RelationKind.MANY_TO_MANY, target=other, back=theirs)
        self.relate(one, other, link, origin)

    def tied(self, one: str, other: str) -> bool:
        """Tell whether two entities are linked many to many by nothing but their names."""
        plain = {plural(one), plural(other)}
        return any(
            {known.owner, known.target} == {one, other}
            and known.relation.kind is RelationKind.MANY_TO_MANY
            and {known.relation.name, known.relation.back} == plain
            for known in self.relations
        )

    def linked(self, one: str, other: str) -> bool:
        """Tell whether two entities are related already, either way."""
        return any({known.owner, known.target} == {one, other} for known in self.relations)

    def clash(self, name: str, where: str, span: Span) -> None:
        """Record a name that stands twice in one list."""
        message = f"{name!r} stands twice in {where}. Remove or rename one."
        self.faults.append(("DUPLICATE", message, span))

    def set_feature(self, name: str, origin: Origin, *, on: bool = True) -> None:
        """Switch a feature on or off; the first word on it counts."""
        self.features.setdefault(name, (on, origin))

    def is_on(self, name: str) -> bool:
        """Tell whether a feature was switched on."""
        return self.features.get(name, (False, None))[0]


def _same(one: Relation, other: Relation) -> bool:
    return one.kind is other.kind and one.name == other.name


def _merged(one: Relation, other: Relation) -> Relation:
    required = one.required or other.required
    on_delete = OnDelete.RESTRICT if required and not one.required else one.on_delete
    return replace(one, required=required, on_delete=on_delete, back=one.back or other.back)
