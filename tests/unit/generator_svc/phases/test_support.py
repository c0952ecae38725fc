"""What generated projects depend on is what this project is tested with."""

import re
from pathlib import Path

from generator_svc.phases.support import all_pins

LOCK = Path(__file__).parents[4] / "requirements" / "dev.lock"


def test_pins_are_the_locked_versions() -> None:
    """Pins each dependency to the version that generated projects are proven with."""
    pattern = re.compile(r"^([\w.-]+)(?:\[[\w,]*\])?==([^\s\\;]+)", re.MULTILINE)
    locked = dict(pattern.findall(LOCK.read_text(encoding="utf-8")))
    pins = all_pins()
    for each in (*pins.runtime, *pins.development):
        assert locked[each["name"]] == each["pin"], each["name"]


def test_ranges_hold_their_pins() -> None:
    """Allows what it pins, and nothing of the next major version."""
    for each in all_pins().runtime:
        least = each["range"].removeprefix(">=").split(",")[0]
        assert each["pin"].startswith(least), each["name"]
        assert ",<" in each["range"]
