"""Phase 4: the project's own tests."""

from collections.abc import Iterator
from dataclasses import dataclass

from generator_svc.domain.spec import JsonValue
from generator_svc.phases.drafts import Draft, package
from generator_svc.phases.model import samples
from generator_svc.phases.model.attributes import Attribute, on_delete_action
from generator_svc.phases.model.entities import EntityModel
from generator_svc.phases.model.names import EntityNames
from generator_svc.phases.model.project import ProjectModel
from generator_svc.phases.model.relations import Back, LinkEnd
from generator_svc.phases.model.testing import TestModel, test_models

ACTIONS = ("create", "read", "update", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A relation, and what happens when its target is deleted."""

    wire: str
    attribute: str
    target: EntityNames
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCase:
    """A link, and the values that a test gives it."""

    end: LinkEnd
    values: dict[str, JsonValue]
    shown: dict[str, JsonValue]


def drafts(project: ProjectModel) -> Iterator[Draft]:
    """Draft the tests, where the project has some."""
    if not project.tests:
        return
    models = test_models(project.entities)
    yield package("tests", f"The tests of {project.title!r}.")
    yield package("tests/api", "One file for each entity.")
    yield Draft(path="tests/conftest.py", template="tests/conftest.py")
    yield Draft(
        path="tests/factories.py",
        template="tests/factories.py",
        context={"tests": [models[e.name] for e in project.entities if e.name in models]},
    )
    yield Draft(path="tests/test_app.py", template="tests/test_app.py")
    yield Draft(path="tests/test_robustness.py", template="tests/test_robustness.py")
    yield Draft(path="tests/test_types.py", template="tests/test_types.py")
    if project.auth:
        yield Draft(path="tests/test_auth.py", template="tests/test_auth.py")
    for entity in project.entities:
        if entity.name in models:
            yield _entity_draft(entity, models)


def _entity_draft(entity: EntityModel, models: dict[str, TestModel]) -> Draft:
    parents = [*_parents(entity, models)]
    backs = [*_backs(entity, models)]
    ends = [*_links(entity, models)]
    others = {parent.target.module_words for parent in parents}
    others |= {back.entity.module_words for back in backs}
    others |= {case.end.entity.module_words for case in ends}
    return Draft(
        path=f"tests/api/test_{entity.module_words}.py",
        template="tests/test_entity.py",
        context={
            "e": entity,
            "t": models[entity.name],
            "parents": parents,
            "backs": backs,
            "ends": ends,
            "others": sorted(others - {entity.module_words}),
            "stranger": {action: _stranger(entity, action) for action in ACTIONS},
            "guarded": [each for each in ACTIONS if getattr(entity.access, each)],
        },
    )


def _stranger(entity: EntityModel, action: str) -> int:
    """Return what who has every role but admin is told of a row of somebody else."""
    roles = getattr(entity.access, action)
    return 403 if roles and set(roles) <= {"admin"} else 404


def _parents(entity: EntityModel, models: dict[str, TestModel]) -> Iterator[Parent]:
    for each in entity.attributes:
        if each.target and each.relation and each.target.name in models:
            action = on_delete_action(each.relation)
            yield Parent(
                wire=each.wire, attribute=each.attribute, target=each.target, action=action
            )


def _backs(entity: EntityModel, models: dict[str, TestModel]) -> Iterator[Back]:
    return (back for back in entity.backs if back.entity.name in models)


def _links(entity: EntityModel, models: dict[str, TestModel]) -> Iterator[LinkCase]:
    for end in entity.link_ends:
        if end.entity.name not in models:
            continue
        try:
            values = dict(_payload(end.link.payload))
        except samples.NoSampleError:
            continue
        hidden = {each.wire for each in end.link.payload if each.write_only}
        shown = {wire: value for wire, value in values.items() if wire not in hidden}
        yield LinkCase(end=end, values=values, shown=shown)


def _payload(payload: tuple[Attribute, ...]) -> Iterator[tuple[str, JsonValue]]:
    for each in payload:
        if each.field is not None and not each.read_only:
            yield each.wire, samples.samples(each.field)[0]
