"""The rules of features: roles, and what needs signed-in users."""

from generator_svc.domain.limits import Limits
from generator_svc.domain.naming import snake_case
from generator_svc.domain.refusal import Findings
from generator_svc.domain.spec import Entity, ProjectSpec
from generator_svc.domain.validate_names import check_name

ADMIN = "admin"
"""The role that every project with auth has."""

ACTIONS = ("create", "read", "update", "delete")
"""What access is given for."""


def check_access(spec: ProjectSpec, findings: Findings, limits: Limits) -> None:
    """Check roles, access, ownership and tenancy."""
    _check_roles(spec, findings, limits)
    known = {ADMIN, *spec.features.roles}
    for index, entity in enumerate(spec.entities):
        path = f"entities[{index}]"
        _check_entity_roles(path, entity, known, findings)
        if not spec.features.auth:
            _check_needs_auth(path, entity, findings)


def _check_roles(spec: ProjectSpec, findings: Findings, limits: Limits) -> None:
    roles = spec.features.roles
    if roles and not spec.features.auth:
        _needs_auth("features.roles", "Roles", findings)
    if len(roles) > limits.roles:
        findings.add("features.roles", "TOO_MANY", f"There are at most {limits.roles} roles.")
    seen: dict[str, str] = {}
    for index, role in enumerate(roles):
        path = f"features.roles[{index}]"
        check_name(path, role, findings, limits)
        other = seen.setdefault(snake_case(role), role)
        if other is not role or roles.index(role) != index:
            findings.add(path, "DUPLICATE", f"{role!r} and {other!r} are the same. Remove one.")


def _check_entity_roles(path: str, entity: Entity, known: set[str], findings: Findings) -> None:
    for action in ACTIONS:
        for index, role in enumerate(getattr(entity.access, action)):
            if role not in known:
                findings.add(
                    f"{path}.access.{action}[{index}]",
                    "UNKNOWN_ROLE",
                    f"There is no role {role!r}. Add it to features.roles, or use one of"
                    f" {', '.join(sorted(known))}.",
                )


def _check_needs_auth(path: str, entity: Entity, findings: Findings) -> None:
    if entity.options.owner:
        _needs_auth(f"{path}.options.owner", "An owner", findings)
    if entity.options.tenant:
        _needs_auth(f"{path}.options.tenant", "A tenant", findings)
    if any(getattr(entity.access, action) for action in ACTIONS):
        _needs_auth(f"{path}.access", "Access by role", findings)


def _needs_auth(path: str, what: str, findings: Findings) -> None:
    findings.add(
        path,
        "NEEDS_AUTH",
        f"{what} needs signed-in users. Set features.auth to true, or remove it.",
    )
