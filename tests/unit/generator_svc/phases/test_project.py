"""The model resolves names, orders tables and sees what stands in the way of a delete."""

from generator_svc.domain.spec import (
    Entity,
    EntityOptions,
    Field,
    FieldType,
    OnDelete,
    ProjectSpec,
    Relation,
    RelationKind,
)
from generator_svc.phases.model.project import ProjectModel, build


def _points(name: str, target: str, on_delete: OnDelete = OnDelete.SET_NULL) -> Relation:
    return Relation(
        name=name,
        kind=RelationKind.MANY_TO_ONE,
        target=target,
        back=f"{name}_of",
        on_delete=on_delete,
    )


def _build(*entities: Entity) -> ProjectModel:
    return build(ProjectSpec(name="x", entities=entities))


def test_tables_follow_what_they_point_to() -> None:
    """Creates a table after its targets, whatever order they were written in."""
    project = _build(
        Entity(name="Comment", relations=(_points("post", "Post"),)),
        Entity(name="Post", relations=(_points("author", "User"),)),
        Entity(name="User"),
    )
    assert [each.name for each in project.creation_order] == ["User", "Post", "Comment"]
    assert not any(key.deferred for e in project.entities for key in e.model_table.foreign_keys)


def test_circles_are_closed_later() -> None:
    """Adds one key of a circle after both tables, and none for a table that points to itself."""
    project = _build(
        Entity(name="A", relations=(_points("b", "B"), _points("parent", "A"))),
        Entity(name="B", relations=(_points("a", "A"),)),
    )
    deferred = [
        (key.target, key.column)
        for each in project.entities
        for key in each.model_table.foreign_keys
        if key.deferred
    ]
    assert deferred == [("bs", "b_id")]


def test_restricted_sees_through_cascades() -> None:
    """Knows that a cascade may end at a row that is in use."""
    project = _build(
        Entity(name="User"),
        Entity(name="Post", relations=(_points("author", "User", OnDelete.CASCADE),)),
        Entity(name="Pin", relations=(_points("post", "Post", OnDelete.RESTRICT),)),
    )
    assert [each.restricted for each in project.entities] == [True, True, False]


def test_hostile_names_are_apart() -> None:
    """Keeps what the user wrote on the wire, and Python's own names out of the code."""
    entity = Entity(
        name="class",
        fields=tuple(
            Field(name=name, type=FieldType.STRING)
            for name in ("class", "metadata", "日付", "xmin")
        ),
    )
    (model,) = _build(entity).entities
    assert (model.class_name, model.module, model.path) == ("Class", "class_", "classes")
    assert [each.wire for each in model.attributes] == ["class", "metadata", "日付", "xmin"]
    assert [each.attribute for each in model.attributes] == [
        "class_",
        "metadata_",
        "u26085_u20184",
        "xmin",
    ]
    assert model.attributes[3].column == "xmin_"
    assert all(each.attribute.isascii() for each in model.attributes)


def test_unique_means_within_scope() -> None:
    """Makes values unique within a tenant and among the rows that are not deleted."""
    entity = Entity(
        name="Doc",
        fields=(Field(name="title", type=FieldType.STRING, unique=True),),
        options=EntityOptions(tenant=True, soft_delete=True),
    )
    (model,) = _build(entity).entities
    (unique,) = model.model_table.uniques
    assert unique.columns == ("tenant_id", "title")
    assert unique.live


def test_constraint_names_fit() -> None:
    """Cuts the names of constraints to what PostgreSQL keeps, without making two equal."""
    fields = tuple(
        Field(name="x" * 58 + end, type=FieldType.STRING, unique=True) for end in ("a", "b")
    )
    (model,) = _build(Entity(name="y" * 60, fields=fields)).entities
    names = {
        model.model_table.constraint("uq", *each.columns) for each in model.model_table.uniques
    }
    assert len(names) == 2
    assert all(len(name) <= 63 for name in names)
