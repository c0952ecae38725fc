"""How a generated project is started: its environment and its server.

Nothing here knows a template: the variables come from `.env.example`, the application from
`app/main.py`.
"""

import ast
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator_svc.assessment.project import Project

ADMIN_EMAIL = "admin@example.com"
ADMIN_PASSWORD = "Proof-of-the-project-7"  # noqa: S105 - of servers that live for seconds

TOKEN_MINUTES = "1440"  # noqa: S105 - a length of time
"""A long attack must not outlive its token: all that it asks afterwards would be refused."""

PASSWORD_KIB = "8"  # noqa: S105 - an amount of memory
"""Hashing as slowly as in production would be most of what an attack's time goes into."""

_MAIN = "app/main.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a generated server is started with."""

    environment: Mapping[str, str]
    secret: str
    """The key that it signs tokens with."""

    application: tuple[str, ...]
    """The application as uvicorn's arguments; empty if there is none."""

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs the server."""
        quiet = ("--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "3")
        return [sys.executable, "-m", "uvicorn", *self.application, *quiet, *arguments]


def launch_of(project: Project, database_url: str) -> Launch:
    """Work out how to start a project on a database."""
    secret = secrets.token_hex(32)
    values = {
        key: _value(key, value, database_url=database_url, secret=secret)
        for key, value in _example(project.text(".env.example") or "")
    }
    return Launch(
        environment={"DATABASE_URL": database_url} | values,
        secret=secret,
        application=_application(project),
    )


def _example(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, separator, value = line.strip().lstrip("# ").partition("=")
        if separator and key.isidentifier() and key.isupper():
            yield key, value.strip().strip("\"'")


def _value(key: str, value: str, *, database_url: str, secret: str) -> str:
    if "DATABASE_URL" in key or key.endswith("_DSN"):
        return database_url
    if "PASSWORD" in key and "MEMORY" in key:
        return PASSWORD_KIB
    if "ACCESS_TOKEN" in key and "MINUTES" in key:
        return TOKEN_MINUTES
    if "ADMIN" in key and "EMAIL" in key:
        return ADMIN_EMAIL
    if "ADMIN" in key and "PASSWORD" in key:
        return ADMIN_PASSWORD
    return secret if "SECRET" in key else value


def _application(project: Project) -> tuple[str, ...]:
    source = next((one for one in project.sources if one.path == _MAIN), None)
    if source is None or source.tree is None:
        return ()
    functions = {node.name for node in source.tree.body if isinstance(node, ast.FunctionDef)}
    bound = {
        target.id
        for node in source.tree.body
        for target in _targets(node)
        if isinstance(target, ast.Name)
    }
    if "app" in bound:
        return ("app.main:app",)
    return ("--factory", "app.main:create_app") if "create_app" in functions else ()


def _targets(node: ast.stmt) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets):
            return targets
        case ast.AnnAssign(target=target):
            return [target]
    return []
