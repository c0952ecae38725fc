"""T3: schemathesis finds no server error and no answer that its document does not allow."""

import json
import re
import sys
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from generator_svc.assessment.gates.openapi import operations
from generator_svc.assessment.gates.served import Attack, NotApplicableError, Target
from generator_svc.assessment.gates.specs import spec_of
from generator_svc.assessment.sandbox import Finished
from generator_svc.assessment.serving import relayed
from generator_svc.assessment.signin import ACCOUNT_WORDS, Account

_BLOCK = re.compile(r"(?ms)^_{3,} (.+?) _{3,}\n(.*?)(?=^_{3,} .+? _{3,}$|^={3,} )")
_FIXED = (
    "--checks=all",
    "--continue-on-failure",
    "--suppress-health-check=all",
    "--warnings=off",
    "--no-color",
    "--report=json",
)
_REPORT = "fuzz.json"


class Fuzz(Attack):
    """Runs schemathesis, all checks, once for each seed."""

    async def attack(self, target: Target) -> list[str]:
        """Run schemathesis over the served document.

        Raises:
            NotApplicableError: It is not installed.
        """
        if find_spec("schemathesis") is None:
            raise NotApplicableError("schemathesis is not installed: install `backsmith[prove]`")
        findings: list[str] = []
        async with relayed(target.served.socket) as url:
            for seed in self.stage.settings.schemathesis_seeds:
                for account, choice in await _callers(target):
                    before = await _let_in(target, account)
                    findings += await self._run(target, url, seed, [*_headers(account), *choice])
                    lost = before - await _let_in(target, account)
                    findings += [
                        f"seed {seed}: its account is shut out of {path}" for path in sorted(lost)
                    ]
        return list(dict.fromkeys(findings))

    async def _run(self, target: Target, url: str, seed: str, more: list[str]) -> list[str]:
        settings = self.stage.settings
        root = target.served.socket.parent
        finished = await self.stage.sandbox.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", *_FIXED),
                f"--report-json-path={root / _REPORT}",
                f"--max-examples={settings.schemathesis_examples}",
                f"--seed={seed}",
                *more,
            ],
            root=root,
            deadline=settings.adversarial_deadline,
            host_network=True,
        )
        return _findings(finished, root / _REPORT, seed)


async def _callers(target: Target) -> list[tuple[Account | None, list[str]]]:
    """Return who calls what: the admin, who might lock itself out, only where accounts are kept."""
    if target.admin is None:
        return [(None, [])]
    spec = spec_of(target.project)
    user = await target.accounts.equipped(target.admin, spec.features.roles)
    only_accounts = f"--include-path-regex={'|'.join(ACCOUNT_WORDS)}"
    return [(user, []), (target.admin, [only_accounts])]


def _headers(account: Account | None) -> list[str]:
    headers = account.headers.items() if account else ()
    return [f"--header={name}: {value}" for name, value in headers]


async def _let_in(target: Target, account: Account | None) -> set[str]:
    """Return the lists that an account may read: when it is shut out, an attack tries little."""
    found: set[str] = set()
    for method, path, _ in operations(target.document):
        if account and method == "get" and "{" not in path:
            response = await target.client.get(path, headers=account.headers)
            if response.status_code not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                found.add(path)
    return found


def _findings(finished: Finished, report: Path, seed: str) -> list[str]:
    if finished.timed_out:
        return [f"schemathesis {finished.told()}"]
    told = _read(report)
    failures = [
        f"seed {seed}: {one['title']} ({one['count']} times): {', '.join(one['operations'])}"
        for one in told.get("failures", [])
    ]
    errors = [f"seed {seed}: {one}" for one in told.get("errors", [])]
    if not told or (not finished.succeeded and not failures and not errors):
        return [f"schemathesis: {finished.told()}"]
    blocks = [
        f"{where}: {' '.join(text.split())}" for where, text in _BLOCK.findall(finished.output)
    ]
    return [*failures, *errors, *blocks]


def _read(report: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(report.read_bytes())
    except (OSError, ValueError):
        return {}
    report.unlink()
    return told
