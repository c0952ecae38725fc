"""The template engine tells what it does, and writes the same bytes each time."""

import ast
import hashlib
import json
from dataclasses import replace

import pytest

from generator_svc.domain.dump import spec_yaml
from generator_svc.domain.spec import (
    Entity,
    Features,
    Field,
    FieldType,
    ProjectSpec,
    Relation,
    RelationKind,
)
from generator_svc.engines.formatting import format_files
from generator_svc.engines.interface import (
    EntityCompleted,
    EntityStarted,
    GeneratedFile,
    PhaseCompleted,
    Step,
)
from generator_svc.engines.template import TemplateEngine

TITLE = Field(name="title", type=FieldType.STRING, required=True)
SPEC = ProjectSpec(
    name="blog",
    entities=(
        Entity(name="Tag", fields=(TITLE,)),
        Entity(
            name="Post",
            fields=(TITLE,),
            relations=(Relation(name="tag", kind=RelationKind.MANY_TO_ONE, target="Tag"),),
        ),
    ),
)


def _steps(phase: int, spec: ProjectSpec = SPEC) -> list[Step]:
    return list(TemplateEngine().generate(spec, phase))


def _files(phase: int, spec: ProjectSpec = SPEC) -> dict[str, bytes]:
    return {
        step.path: step.content for step in _steps(phase, spec) if isinstance(step, GeneratedFile)
    }


@pytest.mark.parametrize("phase", range(1, 6))
def test_phases_end_with_their_count(phase: int) -> None:
    """Counts the files of a phase at its end, and nowhere else."""
    *steps, last = _steps(phase)
    files = sum(isinstance(step, GeneratedFile) for step in steps)
    assert last == PhaseCompleted(files_generated=files)
    assert not any(isinstance(step, PhaseCompleted) for step in steps)


def test_entities_are_announced() -> None:
    """Tells when an entity begins and ends, with its files in between."""
    steps = _steps(2)
    assert steps[0] == EntityStarted(name="Tag", index=1, count=2)
    assert steps[6] == EntityCompleted(name="Tag", index=1, count=2, files_generated=4)
    assert steps[7] == EntityStarted(name="Post", index=2, count=2)
    assert [step.path for step in steps[1:6] if isinstance(step, GeneratedFile)] == [
        "app/models/tag.py",
        "app/schemas/tag.py",
        "app/repositories/tag.py",
        "app/routers/tag.py",
        "app/services/tag.py",
    ]


def test_many_entities_keep_their_order() -> None:
    """Announces every entity once, in the order of the spec, also beyond one batch."""
    spec = ProjectSpec(name="many", entities=tuple(Entity(name=f"E{n}") for n in range(19)))
    started = [step.name for step in _steps(2, spec) if isinstance(step, EntityStarted)]
    assert started == [f"E{n}" for n in range(19)]


@pytest.mark.parametrize("phase", range(1, 6))
def test_same_spec_same_bytes(phase: int) -> None:
    """Writes the same files, to the byte, in the same order."""
    assert list(_files(phase).items()) == list(_files(phase).items())


@pytest.mark.parametrize("phase", range(1, 6))
def test_python_is_formatted(phase: int) -> None:
    """Writes Python that the formatter leaves as it is."""
    files = [GeneratedFile(path=path, content=content) for path, content in _files(phase).items()]
    assert format_files(files) == files
    for file in files:
        if file.path.endswith(".py"):
            ast.parse(file.content)


def test_features_choose_files() -> None:
    """Leaves out what was not asked for."""
    bare = replace(SPEC, features=Features(docker=False, ci=False, tests=False))
    assert not _files(4, bare)
    assert not {"Dockerfile", "compose.yaml", ".github/workflows/ci.yaml"} & _files(5, bare).keys()
    assert "app/auth/tokens.py" not in _files(1, bare)
    signed = replace(SPEC, features=Features(auth=True))
    assert "app/auth/tokens.py" in _files(1, signed)
    assert b"pyjwt" in _files(5, signed)["requirements.txt"]


def test_the_last_phase_is_about_all() -> None:
    """Names every file with its digest, tells the spec and describes the API."""
    last = _files(6)
    everything = last | {path: body for n in range(1, 6) for path, body in _files(n).items()}
    manifest = json.loads(last[".backsmith/manifest.json"])
    assert {each["path"]: each["sha256"] for each in manifest["files"]} == {
        path: hashlib.sha256(content).hexdigest()
        for path, content in everything.items()
        if not path.startswith(".backsmith/")
    }
    assert last[".backsmith/spec.yaml"].decode() == spec_yaml(SPEC)
    assert "/api/v1/posts/{post_id}" in json.loads(last["openapi.json"])["paths"]


def test_unknown_phases_are_refused() -> None:
    """Refuses a phase that there is not."""
    with pytest.raises(ValueError, match="no phase 7"):
        _steps(7)
