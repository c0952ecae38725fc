"""Phases that an iteration does not touch: no work, and the bytes that work would have made."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from backsmith.generator.v1 import generator_service_pb2 as pb

from generator_svc.convert_base import base_from_proto
from generator_svc.convert_spec import spec_to_proto
from generator_svc.domain.iteration import Base, Rendering
from generator_svc.domain.patch import Rename
from generator_svc.domain.spec import Entity, Field, FieldType, ProjectSpec
from generator_svc.engines.fingerprint import fingerprint
from generator_svc.engines.interface import GeneratedFile, PhaseCompleted
from generator_svc.engines.template import TemplateEngine
from tests.corpus.loading import load, spec_names
from tests.integration.files_svc.matrix.specs import ITERATIONS, PARENTS, Iteration, render

EARLIER = range(1, 6)
"""The phases that are rendered quickly; the last starts the application."""
ENGINE = TemplateEngine()
Tree = dict[str, bytes]

MATRIX = [
    pytest.param(parent, id=name, marks=() if name == "blog" else (pytest.mark.slow,))
    for name, parent in PARENTS.items()
]
CORPUS = [
    pytest.param(name, marks=() if name == "roles" else (pytest.mark.slow,))
    for name in spec_names()
]


def rendered(spec: ProjectSpec, phase: int, base: Base | None = None) -> Tree:
    """Render a phase; return what it made."""
    steps = ENGINE.generate(spec, phase, base=base)
    return {step.path: step.content for step in steps if isinstance(step, GeneratedFile)}


def earlier(spec: ProjectSpec) -> Tree:
    """Render all but the last phase."""
    return {path: data for phase in EARLIER for path, data in rendered(spec, phase).items()}


def base_of(spec: ProjectSpec, before: Tree, iteration: Iteration | None = None) -> Base:
    """Return what an iteration of a rendered spec starts from."""
    renames = iteration.patch.renames if iteration else ()
    return Base(
        spec=spec,
        version=2,
        renames=tuple(Rename(target=each.old, to=each.new.rpartition(".")[2]) for each in renames),
        migrations={path: data for path, data in before.items() if "/versions/" in path},
        rendering=Rendering(
            renderer=fingerprint(),
            digests={path: hashlib.sha256(data).hexdigest() for path, data in before.items()},
        ),
    )


def check(spec: ProjectSpec, before: Tree, base: Base) -> set[int]:
    """Find in every phase the bytes of a full rendering; return the phases that were kept."""
    kept = set()
    for phase in EARLIER:
        whole = rendered(spec, phase, replace(base, rendering=Rendering()))
        *steps, end = ENGINE.generate(spec, phase, base=base)
        assert isinstance(end, PhaseCompleted)
        made = {step.path: step.content for step in steps if isinstance(step, GeneratedFile)}
        assert made | {path: before[path] for path in end.kept_paths} == whole
        if end.kept_paths:
            assert not steps
            kept.add(phase)
    return kept


@pytest.mark.parametrize("parent", MATRIX)
def test_no_iteration_of_the_matrix_makes_other_bytes(parent: ProjectSpec) -> None:
    """Makes, with what it keeps, exactly the files of a full rendering."""
    before = earlier(parent)
    kept = {}
    for name, iteration in ITERATIONS.items():
        change = iteration(parent)
        kept[name] = check(change.spec, before, base_of(parent, before, change))
    assert {1, 5} <= kept["add field"]
    assert 2 in kept["drop entity"]  # phase 1 has only what some entity needs
    assert not {2, 3, 4} & kept["rename field"]


def changes(spec: ProjectSpec) -> Iterator[ProjectSpec]:
    """Change a spec in ways that touch few phases, and some that touch many."""
    features = spec.features
    extra = Entity(name="Zebra", fields=(Field(name="stripes", type=FieldType.INTEGER),))
    first, *others = spec.entities
    note = Field(name="extra_note", type=FieldType.TEXT)
    yield spec
    yield replace(spec, entities=(*spec.entities, extra))
    yield replace(spec, entities=(replace(first, fields=(*first.fields, note)), *others))
    for name in ("docker", "ci", "tests"):
        yield replace(spec, features=replace(features, **{name: not getattr(features, name)}))
    yield replace(spec, description="Something else entirely.")


@pytest.mark.parametrize("name", CORPUS)
def test_no_change_of_the_corpus_makes_other_bytes(name: str) -> None:
    """Makes, with what it keeps, exactly the files of a full rendering."""
    spec = load(name)
    before = earlier(spec)
    base = base_of(spec, before)
    unchanged, *touched = [check(changed, before, base) for changed in changes(spec)]
    assert unchanged >= {1, 2, 3, 5}
    assert any(touched)


def test_another_renderer_keeps_nothing() -> None:
    """Renders everything anew when the parent was rendered by other templates."""
    spec = PARENTS["blog"]
    before = earlier(spec)
    base = base_of(spec, before)
    older = replace(base, rendering=replace(base.rendering, renderer="older"))
    assert check(spec, before, base) == set(EARLIER)
    assert check(spec, before, older) == set()


def test_the_manifest_tells_what_rendered() -> None:
    """Keeps all six phases of an unchanged spec by what its manifest says, and none without."""
    spec = PARENTS["blog"]
    before = render(spec)
    message = pb.IterationBase(
        spec=spec_to_proto(spec),
        version=2,
        manifest=before[".backsmith/manifest.json"],
        migrations=[
            pb.GeneratedFile(path=path, content=data)
            for path, data in before.items()
            if "/versions/" in path
        ],
    )
    base = base_from_proto(pb.GeneratePhaseRequest(base=message))
    assert base
    kept: list[str] = []
    for phase in range(1, 7):
        (end,) = ENGINE.generate(spec, phase, base=base)
        assert isinstance(end, PhaseCompleted)
        kept += end.kept_paths
    assert set(before) - set(kept) == {"migrations/versions/0001_initial.py"}

    message.manifest = b'{"template_set": "1", "files": []}'
    base = base_from_proto(pb.GeneratePhaseRequest(base=message))
    assert base
    assert rendered(spec, 1, base)


def test_a_migration_of_the_users_own_touches_the_last_phase() -> None:
    """Writes the manifest anew when the parent has another migration than was rendered."""
    spec = PARENTS["blog"]
    before = render(spec)
    base = base_of(spec, {path: data for path, data in before.items() if path[0] != "."})
    edited = {path: data + b"# mine\n" for path, data in base.migrations.items()}
    made = rendered(spec, 6, replace(base, migrations=edited))
    assert made[".backsmith/manifest.json"] != before[".backsmith/manifest.json"]
