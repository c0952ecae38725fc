"""The gates by tier, in the order they run."""

from collections.abc import Callable, Collection

from chassis.errors import FieldViolation, InvalidInputError
from generator_svc.assessment.databases import Postgres, Sqlite
from generator_svc.assessment.gate import Gate
from generator_svc.assessment.gates.bodies import check_bodies
from generator_svc.assessment.gates.boots import Boots
from generator_svc.assessment.gates.checked import Checked
from generator_svc.assessment.gates.compiles import check_compiles
from generator_svc.assessment.gates.fuzz import Fuzz
from generator_svc.assessment.gates.imports import check_imports
from generator_svc.assessment.gates.manifest import check_manifest
from generator_svc.assessment.gates.migrations import Migrations
from generator_svc.assessment.gates.names import check_names
from generator_svc.assessment.gates.openapi import OpenApi
from generator_svc.assessment.gates.own_tests import OwnTests
from generator_svc.assessment.gates.ownership import OwnershipMatrix
from generator_svc.assessment.gates.poison import PoisonProbe
from generator_svc.assessment.gates.secrets import check_secrets
from generator_svc.assessment.gates.static import Static, tools
from generator_svc.assessment.gates.tokens import TamperedTokens
from generator_svc.assessment.report import Tier
from generator_svc.assessment.sandbox import Sandbox
from generator_svc.assessment.serving import Stage
from generator_svc.assessment.settings import AssessmentSettings


def gates_for(tiers: Collection[str], settings: AssessmentSettings) -> tuple[Gate, ...]:
    """Return the gates of some tiers, or of those in the settings if there are none.

    Raises:
        InvalidInputError: A tier is unknown.
    """
    wanted = [_tier(name) for name in tiers or settings.tiers]
    sandbox = Sandbox(settings.sandbox)
    makers: dict[Tier, Callable[[], tuple[Gate, ...]]] = {
        Tier.T0: _in_process,
        Tier.T1: lambda: _static(settings, sandbox),
        Tier.T2: lambda: _runtime(settings, sandbox),
        Tier.T3: lambda: _adversarial(settings, sandbox),
    }
    return tuple(gate for tier in Tier if tier in wanted for gate in makers[tier]())


def _tier(name: str) -> Tier:
    try:
        return Tier(name.lower())
    except ValueError:
        message = f"There is no tier {name!r}; use some of: {', '.join(Tier)}."
        violation = FieldViolation(field="tiers", message=message, reason="TIER_UNKNOWN")
        raise InvalidInputError(message, violations=[violation], reason="TIER_UNKNOWN") from None


def _in_process() -> tuple[Gate, ...]:
    return (
        Checked("compiles", check_compiles),
        Checked("imports", check_imports),
        Checked("names", check_names),
        Checked("bodies", check_bodies),
        Checked("secrets", check_secrets),
        Checked("manifest", check_manifest),
    )


def _static(settings: AssessmentSettings, sandbox: Sandbox) -> tuple[Gate, ...]:
    return tuple(Static(tool, settings, sandbox) for tool in tools(settings))


def _runtime(settings: AssessmentSettings, sandbox: Sandbox) -> tuple[Gate, ...]:
    stage = Stage(settings, sandbox)
    sqlite, postgres = Sqlite(), Postgres(settings.postgres_url)
    return (
        Migrations(stage, sqlite),
        Migrations(stage, postgres),
        Boots(stage, sqlite),
        Boots(stage, postgres),
        OpenApi(stage),
        OwnTests(settings, sandbox),
    )


def _adversarial(settings: AssessmentSettings, sandbox: Sandbox) -> tuple[Gate, ...]:
    stage = Stage(settings, sandbox)
    sqlite, postgres = Sqlite(), Postgres(settings.postgres_url)
    return (
        PoisonProbe(stage, "poison_sqlite", sqlite),
        PoisonProbe(stage, "poison_postgres", postgres),
        OwnershipMatrix(stage, "ownership", sqlite),
        TamperedTokens(stage, "tokens", sqlite),
        Fuzz(stage, "fuzz_sqlite", sqlite),
        Fuzz(stage, "fuzz_postgres", postgres),
    )
