"""Projects that go from version to version over a database with rows in it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from generator_svc.domain.iteration import Base
from generator_svc.domain.spec import ProjectSpec
from generator_svc.domain.validate import validate
from generator_svc.engines.interface import GeneratedFile
from generator_svc.engines.template import TemplateEngine
from generator_svc.planner.document import read_document
from generator_svc.planner.patch_apply import apply_patch
from generator_svc.planner.patch_document import read_patch
from generator_svc.planner.request import SpecDocument

NEEDED = "app/models/__init__.py"
"""What of the last phase migrations need; it comes before what costs time."""

_DRIVER = Path(__file__).with_name("driving.py")
_PARENTS: dict[str, list[GeneratedFile]] = {}


def spec_of(text: str) -> ProjectSpec:
    """Return the checked spec of a document."""
    spec = read_document(SpecDocument(content=text.encode()))
    validate(spec)
    return spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where a project keeps its rows."""

    url: str
    """As SQLAlchemy calls it."""

    address: str
    """As its driver calls it: a file, or a URL."""


class Project:
    """A project on a disk and its database.

    Args:
        root: Where its files are.
        database: Where its rows are.
        spec: The document of its first version, which is rendered once for all tests.
    """

    def __init__(self, root: Path, database: Database, spec: str) -> None:
        self._root = root
        self._database = database
        self.spec = spec_of(spec)
        self.version = 1
        if spec not in _PARENTS:
            _PARENTS[spec] = [*rendered(self.spec, None)]
        self._write(_PARENTS[spec])

    def iterate(self, patch: str) -> None:
        """Write the next version over this one, the migrations beside those that are there."""
        read = read_patch(yaml.safe_load(patch))
        base = Base(
            spec=self.spec,
            version=self.version + 1,
            renames=read.rename,
            migrations=self.migrations,
        )
        self.spec = apply_patch(self.spec, read)
        self.version += 1
        self._write(rendered(self.spec, base))

    @property
    def migrations(self) -> dict[str, bytes]:
        """Return its migrations, by path."""
        files = sorted(self._root.glob("migrations/versions/*.py"))
        return {str(file.relative_to(self._root)): file.read_bytes() for file in files}

    def run(self, *steps: str) -> list[list[tuple[Any, ...]]]:
        """Run commands of alembic and queries, and return the rows of each query."""
        done = self.attempt(*steps)
        assert done.returncode == 0, done.stdout + done.stderr
        answers = json.loads(done.stdout.splitlines()[-1])
        return [[tuple(row) for row in rows] for rows in answers]

    def attempt(self, *steps: str) -> subprocess.CompletedProcess[str]:
        """Run commands of alembic and queries, whatever becomes of it."""
        return subprocess.run(
            [sys.executable, str(_DRIVER), self._database.address, json.dumps(steps)],
            cwd=self._root,
            env={
                "PATH": os.defpath,
                "DATABASE_URL": self._database.url,
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": str(self._root),
            },
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace something in a file, as its user might."""
        file = self._root / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def _write(self, files: Iterable[GeneratedFile]) -> None:
        shutil.rmtree(self._root / "app", ignore_errors=True)
        for file in files:
            path = self._root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)


def rendered(spec: ProjectSpec, base: Base | None) -> Iterator[GeneratedFile]:
    """Yield the files that migrations need."""
    engine = TemplateEngine()
    for phase in (1, 2, 3, 6):
        for step in engine.generate(spec, phase, base=base):
            if isinstance(step, GeneratedFile):
                yield step
                if step.path == NEEDED:
                    return
