"""The gates of tier 3 pass a careful project and fail careless ones."""

from collections.abc import Mapping

import pytest

from generator_svc.assessment import AssessmentSettings, GateResult, Outcome
from generator_svc.assessment.project import Project
from generator_svc.assessment.registry import gates_for
from tests.corpus.sample import MAIN, OWNED, OWNED_MAIN, project

SETTINGS = AssessmentSettings(schemathesis_examples=5)


async def gate(name: str, changes: Mapping[str, str | None] | None = None) -> GateResult:
    """Run one gate over the sample project, changed."""
    chosen = next(one for one in gates_for(["t3"], SETTINGS) if one.name == name)
    return await chosen.run(Project(project(changes)))


@pytest.mark.parametrize(
    ("name", "changes"),
    [("poison_sqlite", None), ("fuzz_sqlite", None), ("ownership", OWNED), ("tokens", OWNED)],
)
async def test_a_careful_project_passes(
    name: str, changes: Mapping[str, str | None] | None
) -> None:
    """Passes each gate over a careful project."""
    result = await gate(name, changes)
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())


ECHOING = MAIN.replace("@app.exception_handler(RequestValidationError)", "")
"""Leaves refusals to FastAPI, which echoes what came in."""

CRASHING = MAIN.replace("return _notes[note_id]", "return _notes[note_id // 0]").replace(
    "if note_id not in _notes", "if note_id < 1"
)
STICKY = MAIN.replace("list(_notes.values())[:limit]", "[_notes[len(_notes) // limit]]")

CARELESS = [
    ("poison_sqlite", ECHOING, "a lone surrogate as title: POST /notes answers 500"),
    ("poison_sqlite", ECHOING, "the log has UnicodeEncodeError: 'utf-8' codec"),
    ("poison_sqlite", CRASHING, "a huge number as a key: GET /notes/1000"),
    ("poison_sqlite", STICKY, "GET /notes answers 500"),
    ("fuzz_sqlite", CRASHING, "Server error"),
    ("fuzz_sqlite", MAIN.replace('"GET, POST" if', '"GET" if'), "Allow header mismatch"),
    (
        "fuzz_sqlite",
        MAIN.replace("HTTPException(404", "HTTPException(418"),
        "Undocumented status code",
    ),
]


@pytest.mark.parametrize(("name", "main", "finding"), CARELESS)
async def test_a_careless_project_fails(name: str, main: str, finding: str) -> None:
    """Fails each gate with the request that shows it."""
    result = await gate(name, {"app/main.py": main})
    assert result.outcome is Outcome.FAILED
    assert finding in "\n".join(result.findings)


LEAKS = [
    ("ownership", ("if owner != account:", "if not owner:"), "a stranger reads: GET"),
    ("ownership", (" if owner == account]", "]"), "a stranger sees the row in GET /notes"),
    (
        "ownership",
        ('if notes.get(note_id, ("", ""))[0] != account:', "if not notes:"),
        "a stranger deletes: DELETE /notes/{note_id} answers 204",
    ),
    ("ownership", ('HTTPException(404, "there', 'HTTPException(403, "there'), "answers 403"),
    ("ownership", ('"/auth/register"', '"/auth/nothing"'), "no route makes accounts"),
    (
        "tokens",
        ('options = {"require": REQUIRED}', 'options = {"verify_signature": False}'),
        "none",
    ),
    ("tokens", ('{"require": REQUIRED}', '{"verify_exp": False}'), "an expired token: GET /notes"),
    ("tokens", ("REQUIRED = [", "REQUIRED = [] and ["), "no exp: GET /notes answers 200"),
    ("tokens", ('["HS256"]', '["HS256", "HS512"]'), "the algorithm HS512: GET /notes answers 200"),
    ("tokens", ('issuer="notes"', "issuer=None"), "another iss: GET /notes answers 200"),
    ("tokens", ('if claims["sub"] not in passwords:', "if not claims:"), "another sub: GET /notes"),
]


@pytest.mark.parametrize(("name", "change", "finding"), LEAKS)
async def test_a_leak_fails(name: str, change: tuple[str, str], finding: str) -> None:
    """Fails when a stranger or a tampered token gets through."""
    assert change[0] in OWNED_MAIN
    result = await gate(name, {**OWNED, "app/main.py": OWNED_MAIN.replace(*change)})
    assert result.outcome is Outcome.FAILED
    assert finding in "\n".join(result.findings)


async def test_an_attack_that_is_shut_out_fails() -> None:
    """Fails when the attacker's account is refused by the end: most of the attack hit nothing."""
    once = "notes[len(notes) + 1] = (account, body.title)"
    assert once in OWNED_MAIN
    main = OWNED_MAIN.replace(once, f"{once}\n    passwords.pop(account)")
    result = await gate("fuzz_sqlite", {**OWNED, "app/main.py": main})
    assert result.outcome is Outcome.FAILED
    assert "its account is shut out of /notes" in "\n".join(result.findings)


SKIPPED = [
    ("poison_postgres", "no PostgreSQL server is configured"),
    ("fuzz_postgres", "no PostgreSQL server is configured"),
    ("ownership", "there is no spec in .backsmith"),
    ("tokens", "the project has no authentication"),
]


@pytest.mark.parametrize(("name", "reason"), SKIPPED)
async def test_a_gate_without_a_target_says_why(name: str, reason: str) -> None:
    """Is skipped, never passed."""
    result = await gate(name)
    assert (result.outcome, result.reason) == (Outcome.SKIPPED, reason)


async def test_without_schemathesis_the_fuzz_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Says which extra is missing."""
    monkeypatch.setattr("generator_svc.assessment.gates.fuzz.find_spec", lambda _: None)
    result = await gate("fuzz_sqlite")
    assert result.outcome is Outcome.SKIPPED
    assert result.reason == "schemathesis is not installed: install `backsmith[prove]`"


@pytest.mark.parametrize("name", ["poison_sqlite", "fuzz_sqlite", "ownership", "tokens"])
async def test_a_project_that_does_not_boot_fails(name: str) -> None:
    """Never skips a project that cannot be attacked because it is broken."""
    result = await gate(name, {"app/main.py": "app = 1 / 0\n"})
    assert result.outcome is Outcome.FAILED
    assert "ZeroDivisionError" in result.findings[0]
