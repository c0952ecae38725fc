"""What a merge says about the files and what they hold."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something could not be merged."""

    BOTH_CHANGED = "both_changed"
    """Both sides changed the same thing, differently."""

    BOTH_ADDED = "both_added"
    """Both sides added the same thing, differently."""

    DELETED_AND_CHANGED = "deleted_and_changed"
    """The user deleted what the new rendering changes."""

    CHANGED_AND_DROPPED = "changed_and_dropped"
    """The user changed what the patch drops."""

    NOT_TEXT = "not_text"
    """Both sides changed a file that is no text."""

    NOT_RUNNABLE = "not_runnable"
    """What the merge made does not parse, or would have lost something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A place in a file where the sides could not be merged."""

    place: str
    """The symbol, the key or the line, such as `Post.title`; empty means the whole file."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of a file that both sides changed."""

    text: str
    """The merged content: OURS wherever there is a clash."""

    clashes: tuple[Clash, ...] = ()
    """Where OURS was kept against THEIRS."""

    retained: tuple[str, ...] = ()
    """What was kept although the new rendering lacks it and no drop named it."""


def kept(ours: str, reason: Reason, *, place: str = "") -> Merged:
    """Keep the whole of OURS."""
    return Merged(text=ours, clashes=(Clash(place=place, reason=reason),))
