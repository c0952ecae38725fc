"""The whole store, as one value to hand around."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chassis.clock import Clock
from orchestrator_svc.store.audiences import SqlAudiences
from orchestrator_svc.store.database import Database, connect
from orchestrator_svc.store.generations import SqlGenerations
from orchestrator_svc.store.housekeeping import SqlHousekeeping
from orchestrator_svc.store.interface import (
    Audiences,
    Generations,
    Housekeeping,
    Notices,
    Outbox,
    Projects,
    Runs,
    Starts,
)
from orchestrator_svc.store.outbox import SqlOutbox
from orchestrator_svc.store.projects import SqlProjects
from orchestrator_svc.store.runs import SqlRuns
from orchestrator_svc.store.settings import StoreSettings
from orchestrator_svc.store.starts import SqlStarts


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Each part behind its own interface."""

    database: Database
    starts: Starts
    generations: Generations
    projects: Projects
    runs: Runs
    outbox: Outbox
    housekeeping: Housekeeping
    audiences: Audiences


@asynccontextmanager
async def open_store(
    settings: StoreSettings, *, notices: Notices, clock: Clock
) -> AsyncIterator[Store]:
    """Give the store for the length of a block; migrating is the caller's to ask for."""
    async with connect(settings) as database:
        yield Store(
            database=database,
            starts=SqlStarts(database, notices),
            generations=SqlGenerations(database, notices, clock),
            projects=SqlProjects(database, notices, clock),
            runs=SqlRuns(database, notices, clock),
            outbox=SqlOutbox(database),
            housekeeping=SqlHousekeeping(database, clock),
            audiences=SqlAudiences(database, clock),
        )
