"""The validator's rules of users: what needs them, and which roles there are."""

from typing import Any

import pytest

from generator_svc.domain.spec import (
    Access,
    EntityOptions,
    Features,
)
from tests.unit.generator_svc.domain.specs import TITLE, USER, entity_of, found, spec_of


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"options": EntityOptions(owner=True)}, "options.owner"),
        ({"options": EntityOptions(tenant=True)}, "options.tenant"),
        ({"access": Access(read=("admin",))}, "access"),
    ],
)
def test_refuses_what_needs_auth_without_it(keys: dict[str, Any], path: str) -> None:
    """Refuses owners, tenants and access by role where nobody signs in."""
    assert found(spec_of(entity_of(TITLE, **keys))) == [(f"entities[0].{path}", "NEEDS_AUTH")]


def test_refuses_an_unknown_role_and_knows_admin() -> None:
    """Takes admin for granted and refuses a role that nobody can have."""
    entity = entity_of(TITLE, access=Access(create=("admin", "edtior")))
    spec = spec_of(entity, features=Features(auth=True, roles=("editor",)))
    assert found(spec) == [("entities[0].access.create[1]", "UNKNOWN_ROLE")]


def test_refuses_doubled_roles_and_roles_without_auth() -> None:
    """Refuses roles that are the same, and roles of nobody."""
    assert found(spec_of(USER, features=Features(auth=True, roles=("a", "A")))) == [
        ("features.roles[1]", "DUPLICATE")
    ]
    assert found(spec_of(USER, features=Features(roles=("a",)))) == [
        ("features.roles", "NEEDS_AUTH")
    ]
