"""Runs every check over every entity of a running project."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from generator_svc.assessment.databases import Database
from generator_svc.assessment.gates.openapi import fetch_document
from generator_svc.assessment.project import Project
from generator_svc.assessment.resources import Resource, resources_of
from generator_svc.assessment.rows import CannotCreateError, Rows
from generator_svc.assessment.sandbox import Sandbox
from generator_svc.assessment.serving import Stage
from generator_svc.assessment.settings import AssessmentSettings
from generator_svc.assessment.signin import Accounts, SignInError
from generator_svc.domain.spec import ProjectSpec
from generator_svc.domain.validate_access import ACTIONS, ADMIN
from tests.integration.proof.behaviour import (
    access_checks,
    refusal_checks,
    relation_checks,
    rows_checks,
)
from tests.integration.proof.behaviour.world import NotMetError, World

Check = Callable[[World, Resource], Awaitable[None]]

CHECKS: tuple[Check, ...] = (
    rows_checks.creates_and_reads,
    rows_checks.changes,
    rows_checks.takes_null,
    rows_checks.deletes,
    rows_checks.knows_unknown,
    rows_checks.defaults,
    rows_checks.pages,
    rows_checks.sorts,
    rows_checks.filters,
    refusal_checks.refuses_wrong_values,
    refusal_checks.takes_bounds,
    refusal_checks.keeps_decimals_exact,
    refusal_checks.keeps_instants,
    refusal_checks.requires,
    refusal_checks.refuses_mass_assignment,
    refusal_checks.refuses_injection,
    refusal_checks.refuses_unknown_targets,
    relation_checks.keeps_unique,
    relation_checks.keeps_groups_unique,
    relation_checks.follows_on_delete,
    relation_checks.keeps_one_to_one,
    relation_checks.links,
    relation_checks.deletes_softly,
    access_checks.needs_a_token,
    access_checks.hides_from_strangers,
    access_checks.asks_for_roles,
)


async def misbehaviour(
    files: Mapping[str, bytes],
    spec: ProjectSpec,
    database: Database | None = None,
    *,
    checks: Sequence[Check] = CHECKS,
) -> list[str]:
    """Return where a project does not behave as its spec says, a line each."""
    async with observed(files, spec, database) as world:
        return [
            f"{spec.name} · {resource.entity.name} · {check.__name__}: {problem}"
            for resource in world.rows.resources.values()
            for check in checks
            if (problem := await _problem(check, world, resource))
        ]


@asynccontextmanager
async def observed(
    files: Mapping[str, bytes], spec: ProjectSpec, database: Database | None = None
) -> AsyncIterator[World]:
    """Serve a project for the length of a block, with accounts where it has them."""
    settings = AssessmentSettings()
    stage = Stage(settings, Sandbox(settings.sandbox))
    async with stage.serving(Project(files), database) as served:
        document = await fetch_document(served) or {}
        accounts = Accounts(served.client, document)
        admin = await accounts.admin() if spec.features.auth else None
        roles = sorted({*spec.features.roles, *_access_roles(spec)})
        yield World(
            client=served.client,
            spec=spec,
            rows=Rows(served.client, document, spec, resources_of(document, spec)),
            accounts=accounts,
            admin=admin,
            caller=await accounts.equipped(admin, roles) if admin else None,
            stranger=await accounts.equipped(admin, [*{*roles} - {ADMIN}]) if admin else None,
        )


def _access_roles(spec: ProjectSpec) -> set[str]:
    accesses = (entity.access for entity in spec.entities)
    return {role for one in accesses for action in ACTIONS for role in getattr(one, action)}


async def _problem(check: Check, world: World, resource: Resource) -> str:
    try:
        await check(world, resource)
    except (NotMetError, CannotCreateError, SignInError) as error:
        return str(error)
    return ""
