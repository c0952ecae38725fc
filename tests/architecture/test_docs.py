"""Documents that are true: their links lead somewhere, their commands exist."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from chassis.settings import variables
from chassis.telemetry import TelemetrySettings
from cli.__main__ import backsmith
from cli.request import read_spec
from tests.architecture.support import ROOT, name_of
from tools.document_settings import PROCESSES

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "clients" / "examples" / "README.md",
]
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
BLOCK = re.compile(r"```(?:sh|console)\n(.*?)```", re.DOTALL)
TARGET = re.compile(r"^([a-z0-9-]+):.*?## ", re.MULTILINE)


def commands() -> list[list[str]]:
    """Return every line of a shell block, as words."""
    lines = []
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            joined = block.replace("\\\n", " ")
            lines += [line.removeprefix("$ ").strip() for line in joined.splitlines()]
    return [
        shlex.split(line, comments=True)
        for line in lines
        if line.startswith((".venv", "make", "backsmith"))
    ]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Points to files that exist."""
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (page.parent / link).exists(), link


def test_every_make_target_that_is_named_exists() -> None:
    """Names only targets of the Makefile."""
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {words[1] for words in commands() if words[0] == "make" and "=" not in words[1]}
    assert named
    assert named <= targets


def test_make_help_lists_every_target() -> None:
    """Prints each target with what it is for."""
    make = shutil.which("make")
    assert make
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = subprocess.run([make, "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    phony = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)[0].split()
    assert set(phony) == set(TARGET.findall(text))
    for target in phony:
        assert re.search(rf"^  {target} ", told.stdout, re.MULTILINE), target


def test_every_command_that_is_shown_is_understood() -> None:
    """Shows only commands and options that the command line takes."""
    shown = [words for words in commands() if words[0].endswith("backsmith")]
    assert shown
    for _, name, *words in shown:
        parameters = backsmith.commands[name].params
        options = {flag for parameter in parameters for flag in parameter.opts}
        assert {each for each in words if each.startswith("--")} <= options, words


def test_the_readmes_spec_is_a_spec(tmp_path: Path) -> None:
    """Shows a spec that can be read and that names what it relates."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "blog.yaml"
    path.write_text(block, encoding="utf-8")
    spec = read_spec(path)
    names = {entity["name"] for entity in spec["entities"]}
    targets = {
        relation["target"]
        for entity in spec["entities"]
        for relation in entity.get("relations", [])
    }
    assert targets <= names


def test_every_setting_says_what_it_means() -> None:
    """Documents each setting, and each duration and size with its unit."""
    settings = [cls for process in PROCESSES for cls in process.settings]
    for each in {each for cls in [*settings, TelemetrySettings] for each in variables(cls)}:
        assert each.meaning, each.name
        if each.type == "timedelta":
            assert "second" in each.meaning, each.name
        if each.name.endswith("_BYTES"):
            assert "byte" in each.meaning.lower(), each.name


@pytest.mark.parametrize("tool", ["document_settings", "document_errors"])
def test_made_pages_are_up_to_date(tool: str) -> None:
    """Fails when a page that is made from code was not made again."""
    script = ROOT / "tools" / f"{tool}.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_command_is_in_the_readme() -> None:
    """Shows each command of the command line, or says that another one shows it."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name, command in backsmith.commands.items():
        assert isinstance(command, click.Command)
        assert f"backsmith {name}" in text, name
