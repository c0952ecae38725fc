"""Generated projects behave as their specs say; the whole corpus is in the slow lane."""

import pytest

from generator_svc.assessment.databases import Postgres
from tests.corpus.loading import load, spec_names
from tests.corpus.rendering import render
from tests.integration.proof.behaviour.suite import misbehaviour

CORE = ("tenants_and_owners",)


@pytest.mark.parametrize("name", CORE)
async def test_the_core_behaves(name: str) -> None:
    """Does what a spec with tenants, owners, roles, links and soft deletion says."""
    spec = load(name)
    assert await misbehaviour(render(spec), spec) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", spec_names())
async def test_the_corpus_behaves(name: str) -> None:
    """Does what every spec says, on SQLite."""
    spec = load(name)
    assert await misbehaviour(render(spec), spec) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", spec_names())
async def test_the_corpus_behaves_on_postgres(name: str, postgres_url: str) -> None:
    """Does what every spec says, on PostgreSQL."""
    spec = load(name)
    assert await misbehaviour(render(spec), spec, Postgres(postgres_url)) == []
