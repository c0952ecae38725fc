"""Laying merged code out with ruff."""

import asyncio
from datetime import timedelta

import pytest

from chassis.errors import UnavailableError
from files_svc.tidying import Layout, MergedFile, RuffTidier, layout_of
from tests.integration.files_svc.client import FilesClient
from tests.integration.files_svc.test_merge import merge

TIDY = b"from a import b\n\nx = b(1)\n"
UNTIDY = b"from app import c\nfrom a import b\nimport os\n\nx=b( 1 )\n"
TIDIED = b"import os\n\nfrom a import b\nfrom app import c\n\nx = b(1)\n"


@pytest.fixture
def tidier() -> RuffTidier:
    """Return a patient tidier."""
    return RuffTidier(timedelta(seconds=30))


async def test_tidies_what_was_tidy(tidier: RuffTidier) -> None:
    """Sorts imports and formats; leaves alone what its owner had laid out otherwise."""
    files = {
        "app/tidy.py": MergedFile(ours=TIDY, merged=UNTIDY),
        "app/own.py": MergedFile(ours=b"x=1\n", merged=UNTIDY),
        "app/broken.py": MergedFile(ours=TIDY, merged=b"def (\n"),
    }
    assert await tidier.tidy(files, Layout()) == {
        "app/tidy.py": TIDIED,
        "app/own.py": UNTIDY,
        "app/broken.py": b"def (\n",
    }


async def test_keeps_the_projects_layout(tidier: RuffTidier) -> None:
    """Takes the line length and the packages from the project."""
    pyproject = b"[tool.ruff]\nline-length = 40\n"
    layout = layout_of(pyproject, ["app/main.py", "app/b.py", "tests/x.py", "docs/a.md", "set.py"])
    assert layout == Layout(line_length=40, first_party=("app", "tests"))
    long = b"x = function(argument_one, argument_two)\n"
    files = {"a.py": MergedFile(ours=TIDY, merged=long + b"y=1\n")}
    assert (await tidier.tidy(files, layout))["a.py"].startswith(long + b"y = 1")
    assert (await tidier.tidy(files, Layout(line_length=30)))["a.py"].startswith(b"x = function(\n")


@pytest.mark.parametrize(
    "pyproject", [b"", b"\xff", b"[", b"[tool]\nruff = 1\n", b"[tool.ruff]\nline-length = 'x'\n"]
)
def test_takes_the_default_for_any_other_project(pyproject: bytes) -> None:
    """Falls back to ruff's own line length."""
    assert layout_of(pyproject, []) == Layout()


async def test_gives_up_in_time() -> None:
    """Says that it took too long, and leaves no process behind."""
    files = {"a.py": MergedFile(ours=TIDY, merged=UNTIDY)}
    with pytest.raises(UnavailableError):
        await RuffTidier(timedelta()).tidy(files, Layout())
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_a_merge_is_tidy(client: FilesClient) -> None:
    """Breaks the line that an import has become too long for."""
    imported = b"from package import first_long_name, second_long_name"
    base = imported + b"\n\nprint(first_long_name, second_long_name)\n"
    ours = base.replace(imported, imported + b", third_long_name") + b"third_long_name()\n"
    theirs = base.replace(b"name, second_long_name\n\n", b"name, fourth, second_long_name\n\n")
    pyproject = {"pyproject.toml": b"[tool.ruff]\nline-length = 75\n"}
    merged = await merge(client, *({**pyproject, "a.py": each} for each in (base, ours, theirs)))
    assert not merged.conflicts
    found = (await client.files(merged.snapshot.snapshot_id))["a.py"]
    assert found.startswith(b"from package import (\n    first_long_name,\n    fourth,\n")
