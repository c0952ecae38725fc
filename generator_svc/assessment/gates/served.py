"""A gate that attacks a running project."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from generator_svc.assessment.databases import Database
from generator_svc.assessment.gates.openapi import Document, fetch_document
from generator_svc.assessment.project import Project
from generator_svc.assessment.report import GateResult, Tier, judged, skipped
from generator_svc.assessment.serving import BootError, Served, Stage, tracebacks
from generator_svc.assessment.signin import Account, Accounts, SignInError


class NotApplicableError(Exception):
    """The project lacks what the gate attacks; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A running project and what is known of it."""

    project: Project
    served: Served
    document: Document
    accounts: Accounts
    admin: Account | None
    """The first admin, if one can sign in."""

    @property
    def client(self) -> httpx.AsyncClient:
        """Speaks to the server."""
        return self.served.client

    @property
    def headers(self) -> Mapping[str, str]:
        """What a request carries to be let in."""
        return self.admin.headers if self.admin else {}


class Attack:
    """Serves the project, attacks it, and looks whether the server still lives.

    Args:
        stage: Where the project is served.
        name: The gate's name.
        database: What the project is served on.
    """

    tier = Tier.T3

    def __init__(self, stage: Stage, name: str, database: Database) -> None:
        self.name = name
        self.stage = stage
        self._database = database

    async def run(self, project: Project) -> GateResult:
        """Serve the project and attack it."""
        if self._database.unavailable:
            return skipped(self.name, self.tier, self._database.unavailable)
        try:
            async with self.stage.serving(project, self._database) as served:
                target = await _target(project, served)
                findings = [*await self.attack(target), *_aftermath(served)]
        except NotApplicableError as error:
            return skipped(self.name, self.tier, str(error))
        except (BootError, SignInError) as error:
            findings = [str(error)]
        except httpx.TransportError as error:
            findings = [f"the server gave no answer: {error!r}"]
        return judged(self.name, self.tier, findings)

    @abstractmethod
    async def attack(self, target: Target) -> list[str]:
        """Return what did not hold.

        Raises:
            NotApplicableError: There is nothing to attack.
        """


async def _target(project: Project, served: Served) -> Target:
    document = await fetch_document(served)
    if document is None:
        raise BootError("there is no /openapi.json")
    accounts = Accounts(served.client, document)
    admin = await accounts.admin() if accounts.exist else None
    return Target(project=project, served=served, document=document, accounts=accounts, admin=admin)


def _aftermath(served: Served) -> list[str]:
    findings = ["the server ended"] if served.running.ended else []
    return [*findings, *(f"the log has {one}" for one in tracebacks(served.running.output))]
