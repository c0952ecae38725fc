"""Which files are missing after a merge although nobody asked for it."""

from orchestrator_svc.domain import stages
from orchestrator_svc.runner.merging import vanished

BEFORE = {"app/a.py", "app/b.py", "app/c.py"}


def test_files_that_nobody_asked_to_remove_are_missed() -> None:
    """Tells those that are gone from those that the patch took or moved, and from new ones."""
    after = {"app/a.py", "app/new.py", "app/newer.py"}
    assert vanished(BEFORE, after, asked={"app/b.py"}) == {"app/c.py"}
    assert vanished(BEFORE, after, asked={"app/b.py", "app/c.py"}) == frozenset()


def test_the_warning_tells_both_counts() -> None:
    """Tells how many files are gone, and both counts, also when more came than went."""
    info = stages.PhaseInfo(
        current_phase=6, entities_count=1, name="Main", files_generated=1, total_files=4
    )
    warning = stages.vanished(info, gone=1, before=3, after=4)
    assert (warning.stage, warning.warning_type) == ("validation", "data_loss_detection")
    assert (warning.parent_file_count, warning.new_file_count) == (3, 4)
    assert warning.message == "1 files of the parent are not there any more"
