"""What the project itself keeps of each row is told, too, before it is lost."""

from dataclasses import replace

import pytest

from generator_svc.domain.patch import SpecPatch, find_losses
from generator_svc.domain.spec import Entity, EntityOptions, Features, PrimaryKey, ProjectSpec

FULL = EntityOptions(timestamps=True, soft_delete=True, owner=True, tenant=True)


def losses(before: EntityOptions, after: EntityOptions) -> list[tuple[str, str]]:
    """Return what a change of options would lose."""
    specs = [
        ProjectSpec(name="blog", entities=(Entity(name="Post", options=options),))
        for options in (before, after)
    ]
    found = find_losses(specs[0], specs[1], SpecPatch())
    return [(loss.target, loss.reason) for loss in found]


@pytest.mark.parametrize("option", ["timestamps", "soft_delete", "owner", "tenant"])
def test_an_option_switched_off_drops(option: str) -> None:
    """Tells what an option kept of each row."""
    assert losses(FULL, replace(FULL, **{option: False})) == [("Post", "DROPPED")]  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["owner", "tenant"])
def test_rows_that_are_there_belong_to_nobody(option: str) -> None:
    """Tells that somebody has to be given what is there."""
    assert losses(replace(FULL, **{option: False}), FULL) == [("Post", "NARROWED")]  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["timestamps", "soft_delete"])
def test_an_option_that_only_adds_loses_nothing(option: str) -> None:
    """Says nothing where rows keep what they have."""
    assert losses(replace(FULL, **{option: False}), FULL) == []  # type: ignore[arg-type]


def test_other_keys_drop_every_row() -> None:
    """Tells that rows cannot keep keys of another type."""
    bigint = replace(FULL, primary_key=PrimaryKey.BIGINT)
    assert losses(FULL, bigint) == [("Post", "DROPPED")]


def test_accounts_go_with_authentication() -> None:
    """Tells that accounts are deleted."""
    before = ProjectSpec(name="blog", features=Features(auth=True))
    (loss,) = find_losses(before, replace(before, features=Features()), SpecPatch())
    assert (loss.target, loss.reason) == ("auth", "DROPPED")
