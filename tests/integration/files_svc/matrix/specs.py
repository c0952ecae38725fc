"""Parents, and what iterations make of them: a new spec, and the patch that leads to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from files_svc.domain.merge.patch import Patch, Rename
from generator_svc.domain import patch as spec_patch
from generator_svc.domain.iteration import Base
from generator_svc.domain.spec import (
    Entity,
    EntityOptions,
    Features,
    Field,
    FieldType,
    PrimaryKey,
    ProjectSpec,
    Relation,
    RelationKind,
    TechStack,
)
from generator_svc.engines.interface import GeneratedFile
from generator_svc.engines.template import TemplateEngine

Tree = dict[str, bytes]
PHASES = range(1, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Iteration:
    """A new spec, and what its patch drops and renames."""

    spec: ProjectSpec
    patch: Patch


def render(spec: ProjectSpec, base: Base | None = None) -> Tree:
    """Render all phases of a spec."""
    engine = TemplateEngine()
    return {
        step.path: step.content
        for phase in PHASES
        for step in engine.generate(spec, phase, base=base)
        if isinstance(step, GeneratedFile)
    }


def render_iteration(parent: ProjectSpec, before: Tree, iteration: Iteration) -> Tree:
    """Render all phases of an iteration of a parent that rendered to a tree."""
    return render(
        iteration.spec,
        Base(
            spec=parent,
            version=2,
            renames=tuple(
                spec_patch.Rename(target=each.old, to=each.new.rpartition(".")[2])
                for each in iteration.patch.renames
            ),
            migrations={
                path: content
                for path, content in before.items()
                if path.startswith("migrations/versions/")
            },
        ),
    )


TITLE = Field(name="title", type=FieldType.STRING, required=True, max_length=80)
VIEWS = Field(name="views", type=FieldType.INTEGER)
NOTES = Field(name="notes", type=FieldType.TEXT)
DUE = Field(name="due_on", type=FieldType.DATE, index=True)
PRICE = Field(name="price", type=FieldType.DECIMAL, precision=10, scale=2)
STATE = Field(name="state", type=FieldType.ENUM, values=("open", "closed"))
LABEL = Field(name="label", type=FieldType.STRING, required=True, unique=True, max_length=40)


def parent(
    name: str,
    other: str,
    *fields: Field,
    auth: bool = False,
    options: EntityOptions | None = None,
    stack: TechStack = TechStack.FASTAPI_SQLITE,
) -> ProjectSpec:
    """Return a spec of two entities, the first with a title and views."""
    first = Entity(name=name, fields=(TITLE, VIEWS, *fields), options=options or EntityOptions())
    second = Entity(name=other, fields=(LABEL,))
    return ProjectSpec(
        name=f"{name} desk",
        entities=(first, second),
        features=Features(auth=auth),
        tech_stack=stack,
    )


PARENTS: Mapping[str, ProjectSpec] = {
    "blog": parent("Post", "Tag", NOTES),
    "tasks": parent("Task", "Project", DUE, STATE),
    "shop": parent("Product", "Category", PRICE, stack=TechStack.FASTAPI_POSTGRES),
    "two words": parent("BlogPost", "KeyWord", NOTES),
    "signed in": parent("Invoice", "Customer", PRICE, auth=True),
    "bigint": parent("Device", "Site", options=EntityOptions(primary_key=PrimaryKey.BIGINT)),
    "no times": parent("Course", "Teacher", DUE, options=EntityOptions(timestamps=False)),
    "owned": parent("Ticket", "Team", STATE, auth=True, options=EntityOptions(owner=True)),
    "many fields": parent("Order", "Shelf", NOTES, DUE, PRICE, STATE),
    "hostile names": parent("Class", "Import", NOTES),
}


def _first(spec: ProjectSpec) -> Entity:
    return spec.entities[0]


def _with_first(spec: ProjectSpec, first: Entity) -> ProjectSpec:
    return replace(spec, entities=(first, *spec.entities[1:]))


def _with_fields(spec: ProjectSpec, fields: tuple[Field, ...]) -> ProjectSpec:
    return _with_first(spec, replace(_first(spec), fields=fields))


def _add_entity(spec: ProjectSpec) -> Iteration:
    link = Relation(
        name="about", kind=RelationKind.MANY_TO_ONE, target=_first(spec).name, back="remarks"
    )
    remark = Entity(name="Remark", fields=(NOTES,), relations=(link,))
    return Iteration(spec=replace(spec, entities=(*spec.entities, remark)), patch=Patch())


def _add_field(spec: ProjectSpec) -> Iteration:
    score = Field(name="score", type=FieldType.FLOAT)
    return Iteration(spec=_with_fields(spec, (*_first(spec).fields, score)), patch=Patch())


def _rename_field(spec: ProjectSpec) -> Iteration:
    fields = (replace(TITLE, name="headline"), *_first(spec).fields[1:])
    name = _first(spec).name
    patch = Patch(renames=(Rename(old=f"{name}.title", new=f"{name}.headline"),))
    return Iteration(spec=_with_fields(spec, fields), patch=patch)


def _alter_type(spec: ProjectSpec) -> Iteration:
    fields = tuple(
        replace(field, type=FieldType.BIGINT) if field == VIEWS else field
        for field in _first(spec).fields
    )
    return Iteration(spec=_with_fields(spec, fields), patch=_drop(spec, "views"))


def _drop_field(spec: ProjectSpec) -> Iteration:
    fields = tuple(field for field in _first(spec).fields if field != VIEWS)
    return Iteration(spec=_with_fields(spec, fields), patch=_drop(spec, "views"))


def _drop(spec: ProjectSpec, field: str) -> Patch:
    return Patch(drops=(f"{_first(spec).name}.{field}",))


def _drop_entity(spec: ProjectSpec) -> Iteration:
    gone = spec.entities[-1].name
    return Iteration(spec=replace(spec, entities=spec.entities[:-1]), patch=Patch(drops=(gone,)))


def _add_auth(spec: ProjectSpec) -> Iteration:
    return Iteration(spec=replace(spec, features=Features(auth=True)), patch=Patch())


def _soft_delete(spec: ProjectSpec) -> Iteration:
    options = replace(_first(spec).options, soft_delete=True)
    return Iteration(spec=_with_first(spec, replace(_first(spec), options=options)), patch=Patch())


ITERATIONS: Mapping[str, Callable[[ProjectSpec], Iteration]] = {
    "add entity": _add_entity,
    "add field": _add_field,
    "rename field": _rename_field,
    "alter type": _alter_type,
    "drop field": _drop_field,
    "drop entity": _drop_entity,
    "add authentication": _add_auth,
    "add soft delete": _soft_delete,
}
