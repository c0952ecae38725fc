"""Every gate passes over every spec of the corpus; a small core is proven in every run."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from generator_svc.assessment import AssessmentSettings, Tier, assess, render
from tests.corpus.loading import load, spec_names
from tests.corpus.rendering import render as rendered

CORE = ("one_field", "all_features")


@pytest.mark.parametrize("name", CORE)
async def test_the_core_passes_t0_to_t2(name: str, mypy_cache: Path) -> None:
    """Passes all that needs no attacker, over the least spec and the one with every feature."""
    settings = AssessmentSettings(mypy_cache=str(mypy_cache))
    report = await assess(rendered(load(name)), tiers=["t0", "t1", "t2"], settings=settings)
    assert not report.failed, render(report)
    skipped = {gate.name for gate in report.gates if gate.outcome == "skipped"}
    assert skipped == {"migrations_postgres", "boots_postgres"}


@pytest.mark.parametrize("name", ["bounds", "python_names"])
async def test_what_is_hostile_passes_t0(name: str) -> None:
    """Starts, since its OpenAPI document is rendered, and names nothing that is not there."""
    report = await assess(rendered(load(name)), tiers=["t0"])
    assert not report.failed, render(report)


EXAMPLES = int(os.environ.get("EXAMPLES", "20"))
"""Requests that schemathesis makes up for each operation, phase and seed."""


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("name", spec_names())
async def test_the_corpus_passes_every_gate(name: str, postgres_url: str, mypy_cache: Path) -> None:
    """Passes T0 to T3 on SQLite and on PostgreSQL, with three seeds."""
    settings = AssessmentSettings(
        mypy_cache=str(mypy_cache),
        postgres_url=postgres_url,
        schemathesis_examples=EXAMPLES,
        schemathesis_seeds=("1", "2", "3"),
        adversarial_deadline=timedelta(hours=1),
    )
    report = await assess(rendered(load(name)), tiers=list(Tier), settings=settings)
    assert not report.failed, render(report)
