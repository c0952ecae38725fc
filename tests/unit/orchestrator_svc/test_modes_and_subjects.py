"""Modes, experiment groups, subjects and ids of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.bus.subjects import check_pattern, check_subject, matches
from orchestrator_svc.domain import subjects
from orchestrator_svc.domain.model import Mode
from orchestrator_svc.domain.modes import CONTROL, TREATMENT, features_of, pick_mode

USERS = st.text(min_size=1, max_size=80)


@pytest.mark.parametrize("mode", [Mode.CLASSIC, Mode.ENHANCED])
def test_who_asks_for_a_mode_gets_it_and_no_group(mode: Mode) -> None:
    """Leaves the experiment out when the caller chose."""
    assert pick_mode(mode, user_id="ada", enhanced_share=1.0) == (mode, "")


@given(user=USERS, share=st.floats(0, 1))
def test_auto_decides_the_same_each_time(user: str, share: float) -> None:
    """Puts a user always in the same group, which tells the mode."""
    mode, group = pick_mode(Mode.AUTO, user_id=user, enhanced_share=share)
    assert (mode, group) == pick_mode(Mode.AUTO, user_id=user, enhanced_share=share)
    assert (mode, group) in {(Mode.CLASSIC, CONTROL), (Mode.ENHANCED, TREATMENT)}


@pytest.mark.parametrize(
    ("share", "least", "most"), [(0.0, 0, 0), (0.3, 240, 360), (1.0, 1000, 1000)]
)
def test_auto_splits_as_configured(share: float, least: int, most: int) -> None:
    """Gives about the configured share of the users the enhanced mode."""
    enhanced = sum(
        pick_mode(Mode.AUTO, user_id=f"user-{n}", enhanced_share=share)[0] is Mode.ENHANCED
        for n in range(1000)
    )
    assert least <= enhanced <= most


def test_only_the_enhanced_mode_adds_features() -> None:
    """Names what is switched on."""
    assert features_of(Mode.CLASSIC) == ()
    assert features_of(Mode.ENHANCED) == ("context_analysis", "extended_review")


@given(user=USERS)
def test_any_user_id_makes_a_subject(user: str) -> None:
    """Makes plain tokens of dots, wildcards, spaces and everything else."""
    subject = subjects.generation_subject(user, "prj_1", "gen_1")
    check_subject(subject)
    for pattern in (subjects.user_pattern(user), subjects.project_pattern(user, "prj_1")):
        check_pattern(pattern)
        assert matches(pattern, subject)


@given(one=USERS, other=USERS)
def test_no_two_users_share_a_subject(one: str, other: str) -> None:
    """Keeps every user's events apart from every other's."""
    subject = subjects.generation_subject(one, "prj_1", "gen_1")
    assert matches(subjects.user_pattern(other), subject) == (one == other)


def test_a_file_has_one_id_in_all_versions_of_its_project() -> None:
    """Follows path and project, and leads back to the project."""
    project = "prj_01k9zabc"
    identity = subjects.file_id(project, "app/main.py")
    assert identity == subjects.file_id(project, "app/main.py")
    assert identity != subjects.file_id(project, "app/main2.py")
    assert identity != subjects.file_id("prj_01k9zabd", "app/main.py")
    assert subjects.project_of_file(identity) == project


@pytest.mark.parametrize("text", ["", "fil_", "fil_abc", "gen_01k9zabc", "fil__0", "x" * 99])
def test_what_is_no_file_id_leads_to_no_project(text: str) -> None:
    """Answers nothing for an id of another kind."""
    assert subjects.project_of_file(text) == ""
