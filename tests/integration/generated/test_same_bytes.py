"""The same spec gives the same files and the same archives, whoever renders them and when."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.loading import spec_names
from tests.integration.generated import digests

ROOT = Path(__file__).parents[3]
CORE = ("all_features", "hostile_text")
PLACES = (
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LANG": "C", "PYTHONUTF8": "0"},
    {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LANG": "C.UTF-8"},
)
"""Two machines, as far as a process can tell."""


def rendered(names: Sequence[str], place: dict[str, str]) -> dict[str, Any]:
    """Render and pack in a process of its own; return the digests."""
    done = subprocess.run(
        [sys.executable, "-m", digests.__name__, *names],
        cwd=ROOT,
        env={**os.environ, **place},
        check=True,
        capture_output=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_core_has_the_same_digests() -> None:
    """Renders and packs the same bytes under other hashes, in another zone and locale."""
    first, second = (rendered(CORE, place) for place in PLACES)
    assert first == second
    assert {len(one["files"]) for one in first.values()} == {64}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_corpus_has_the_same_digests() -> None:
    """Renders and packs every spec to the same bytes."""
    first, second = (rendered(spec_names(), place) for place in PLACES)
    assert first == second
    assert set(first) == set(spec_names())
