"""Which mode a generation runs in, and what that switches on."""

import hashlib

from orchestrator_svc.domain.model import Mode

CONTROL = "control"
TREATMENT = "treatment"
ENHANCED_FEATURES = ("context_analysis", "extended_review")
"""What ENHANCED adds: the context is analysed before, and the static gates run after."""


def pick_mode(asked: Mode, *, user_id: str, enhanced_share: float) -> tuple[Mode, str]:
    """Return the mode to run in, and the experiment group when AUTO chose it.

    The same user always lands in the same group, whichever process decides.
    """
    if asked is not Mode.AUTO:
        return asked, ""
    digest = hashlib.sha256(b"mode:" + user_id.encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return (Mode.ENHANCED, TREATMENT) if share < enhanced_share else (Mode.CLASSIC, CONTROL)


def features_of(mode: Mode) -> tuple[str, ...]:
    """Return what a mode switches on."""
    return ENHANCED_FEATURES if mode is Mode.ENHANCED else ()
