"""What the template engine writes is proven by running it, for features in every pair."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from generator_svc.assessment import AssessmentSettings, Outcome, Tier, assess
from generator_svc.domain.spec import (
    Access,
    Entity,
    EntityOptions,
    Features,
    Field,
    FieldType,
    OnDelete,
    PrimaryKey,
    ProjectSpec,
    Relation,
    RelationKind,
    TechStack,
)
from tests.corpus.rendering import render

SWITCHES = (
    "auth",
    "owner",
    "tenant",
    "roles",
    "soft_delete",
    "timestamps",
    "bigint",
    "postgres",
    "docker",
    "ci",
)
NEED_AUTH = frozenset({"owner", "tenant", "roles"})
NAME = Field(name="name", type=FieldType.STRING, required=True, unique=True, max_length=40)


def spec_of(on: Mapping[str, bool]) -> ProjectSpec:
    """Return a spec with some features switched on."""
    options = EntityOptions(
        owner=on["owner"],
        tenant=on["tenant"],
        soft_delete=on["soft_delete"],
        timestamps=on["timestamps"],
        primary_key=PrimaryKey.BIGINT if on["bigint"] else PrimaryKey.UUID,
    )
    access = Access(create=("editor",), delete=("admin", "editor")) if on["roles"] else Access()
    parent = Relation(
        name="folder",
        kind=RelationKind.MANY_TO_ONE,
        target="Folder",
        back="notes",
        required=True,
        on_delete=OnDelete.CASCADE,
    )
    tags = Relation(name="tags", kind=RelationKind.MANY_TO_MANY, target="Tag", back="notes")
    note = Entity(
        name="Note", fields=(NAME,), relations=(parent, tags), options=options, access=access
    )
    return ProjectSpec(
        name="pairs",
        entities=(
            Entity(name="Folder", fields=(NAME,), options=options),
            note,
            Entity(name="Tag", fields=(NAME,)),
        ),
        features=Features(
            auth=on["auth"], roles=("admin", "editor"), docker=on["docker"], ci=on["ci"]
        ),
        tech_stack=TechStack.FASTAPI_POSTGRES if on["postgres"] else TechStack.FASTAPI_SQLITE,
    )


def allowed(on: Mapping[str, bool]) -> bool:
    """Tell whether features go together."""
    return on["auth"] or not any(on[name] for name in NEED_AUTH)


def pairs_of(on: Mapping[str, bool]) -> frozenset[tuple[tuple[str, bool], ...]]:
    """Return every pair of settings that a combination covers."""
    return frozenset(itertools.combinations(sorted(on.items()), 2))


def pairwise() -> Iterator[dict[str, bool]]:
    """Yield combinations until every pair of settings that go together has come up."""
    rows = [
        dict(zip(SWITCHES, values, strict=True))
        for values in itertools.product([False, True], repeat=len(SWITCHES))
    ]
    rows = [row for row in rows if allowed(row)]
    covered = {id(row): pairs_of(row) for row in rows}
    missing = frozenset().union(*covered.values())
    while missing:
        best = max(rows, key=lambda row: len(covered[id(row)] & missing))
        missing -= covered[id(best)]
        yield best


def _name(on: Mapping[str, bool]) -> str:
    return "-".join(name for name in SWITCHES if on[name]) or "bare"


def test_all_pairs_are_covered() -> None:
    """Covers every pair of features with few projects."""
    chosen = list(pairwise())
    assert all(allowed(on) for on in chosen)
    assert len(chosen) < 16


@pytest.mark.timeout(600)
async def test_a_rich_project_is_proven() -> None:
    """Passes every gate that runs in tiers 0 to 2, with every feature at once."""
    report = await assess(render(spec_of(dict.fromkeys(SWITCHES, True))), tiers=["t0", "t1", "t2"])
    assert [gate.name for gate in report.gates if gate.findings] == []
    assert report.score == 1.0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("on", list(pairwise()), ids=_name)
async def test_pairs_of_features_are_proven(
    on: dict[str, bool], postgres_url: str, mypy_cache: Path
) -> None:
    """Passes every gate on both databases, whatever features come together."""
    settings = AssessmentSettings(postgres_url=postgres_url, mypy_cache=str(mypy_cache))
    report = await assess(render(spec_of(on)), tiers=list(Tier), settings=settings)
    assert [(gate.name, gate.findings) for gate in report.gates if gate.findings] == []
    skipped = {gate.name for gate in report.gates if gate.outcome is Outcome.SKIPPED}
    assert skipped == _without_a_target(on)


def _without_a_target(on: Mapping[str, bool]) -> set[str]:
    """Return the gates that have nothing to try in a project."""
    tokens = set() if on["auth"] else {"tokens"}
    return tokens | (set() if on["owner"] or on["tenant"] else {"ownership"})


def test_rendering_is_deterministic() -> None:
    """Writes the same project twice, to the byte."""
    spec = spec_of(dict.fromkeys(SWITCHES, True))
    assert render(spec) == render(spec)
