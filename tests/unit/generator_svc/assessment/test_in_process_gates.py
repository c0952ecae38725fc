"""The gates of tier 0 pass a good project and fail each way of breaking it."""

import json

import pytest

from generator_svc.assessment import AssessmentSettings, GateResult, Outcome, assess
from tests.corpus.sample import MAIN, PYPROJECT, manifest_of, project

SETTINGS = AssessmentSettings(tiers=("t0",))


async def gate(name: str, files: dict[str, bytes]) -> GateResult:
    """Run tier 0 and return the result of one gate."""
    report = await assess(files, settings=SETTINGS)
    return next(one for one in report.gates if one.name == name)


async def test_a_good_project_passes() -> None:
    """Passes every gate over a good project."""
    report = await assess(project(), settings=SETTINGS)
    assert [(one.name, one.outcome) for one in report.gates] == [
        (name, Outcome.PASSED)
        for name in ("compiles", "imports", "names", "bodies", "secrets", "manifest")
    ]
    assert report.score == 1.0


BROKEN = [
    ("compiles", "def broken(:\n", "app/x.py: line 1"),
    ("compiles", "return 1\n", "app/x.py: 'return' outside function"),
    ("imports", "import numpy\n", "app/x.py:1: numpy is no declared dependency"),
    ("imports", "import starlette_extra.x\n", "starlette_extra is no declared dependency"),
    ("imports", "from app.main import nothing\n", "app/x.py:1: app.main has no nothing"),
    ("imports", "from app import nothing\n", "app/x.py:1: app has no nothing"),
    ("imports", "from app.nowhere import x\n", "the project has no module app.nowhere"),
    ("imports", "from .nowhere import x\n", "the project has no module app.nowhere"),
    ("imports", "import app.nowhere\n", "the project has no module app.nowhere"),
    ("names", "print(missing)\n", "app/x.py:1: the name missing is not defined"),
    ("names", "def f() -> int:\n    return missing\n", "app/x.py:2: the name missing"),
    ("names", "class A:\n    b = 1\n    def c(self) -> int:\n        return b\n", "the name b"),
    ("names", "from __future__ import annotations\nx: Missing = 1\n", "the name Missing"),
    ("names", "from __future__ import annotations\ndef f() -> Missing: return 1\n", "Missing"),
    ("names", "from os import *\n", "a star import hides"),
    ("bodies", "def f() -> None:\n    pass\n", "app/x.py:1: the function f has no body"),
    ("bodies", 'async def f() -> None:\n    """Say."""\n', "the function f has no body"),
    ("bodies", 'class A:\n    def f(self) -> None:\n        """Say."""\n        ...\n', "f has no"),
    ("bodies", "def f() -> None:\n    raise NotImplementedError('later')\n", "f has no body"),
    ("bodies", "x = 1  # TODO: more\n", "app/x.py:1: unfinished"),
    ("bodies", "# ... existing code ...\n", "app/x.py:1: unfinished"),
    ("bodies", "# your code here\n", "app/x.py:1: unfinished"),
    ("secrets", 'x = "AKIAIOSFODNN7EXAMPLE"\n', "app/x.py:1: looks like an AWS key id"),
    ("secrets", 'k = """-----BEGIN RSA PRIVATE KEY-----"""\n', "looks like a private key"),
    ("secrets", 'SECRET_KEY = "9f86d081884c7d659a2feaa0c55ad015"\n', "SECRET_KEY looks like"),
    ("secrets", 'f(api_key="9f86d081884c7d659a2feaa0c55ad015")\n', "api_key looks like"),
    ("secrets", 'd = {"token": "9f86d081884c7d659a2feaa0c55ad015"}\n', "token looks like"),
]


@pytest.mark.parametrize(("name", "text", "finding"), BROKEN)
async def test_a_broken_file_fails(name: str, text: str, finding: str) -> None:
    """Fails with the place and the reason."""
    result = await gate(name, project({"app/x.py": text}))
    assert result.outcome is Outcome.FAILED
    assert finding in "\n".join(result.findings)


SOUND = [
    ("imports", "from __future__ import annotations\nimport os.path\nfrom . import main\n"),
    ("imports", "try:\n    import json as one\nexcept ImportError:\n    one = None\n"),
    ("names", "def f(a: int) -> list[int]:\n    return [b for b in range(a) if __name__]\n"),
    ("names", "class A:\n    def f(self) -> type:\n        return __class__\n"),
    ("names", "x: int\ndef f() -> None:\n    global x\n    x = 1\n"),
    ("names", "from __future__ import annotations\nclass A:\n    def f(self) -> A: return self\n"),
    ("bodies", "from typing import Protocol\nclass P(Protocol):\n    def f(self) -> int: ...\n"),
    ("bodies", "from abc import abstractmethod\n@abstractmethod\ndef f() -> None: ...\n"),
    ("bodies", 'class SomeError(Exception):\n    """Say."""\n'),
    ("bodies", "TODO = 'a list of things'\n"),
    ("secrets", 'SECRET_KEY = ""\nTOKEN_URL = "/auth/login"\npassword_hash = "argon2-default"\n'),
]


@pytest.mark.parametrize(("name", "text"), SOUND)
async def test_a_sound_file_passes(name: str, text: str) -> None:
    """Takes no offence at what is meant so."""
    result = await gate(name, project({"app/x.py": text}))
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())


async def test_names_of_the_module_decide_for_its_importers() -> None:
    """Knows what a package binds by importing it."""
    files = project(
        {"app/__init__.py": "from app.main import app\n", "t.py": "from app import app\n"}
    )
    assert (await gate("imports", files)).outcome is Outcome.PASSED


async def test_dependencies_may_stand_in_requirements() -> None:
    """Reads requirements files beside pyproject.toml."""
    bare = PYPROJECT.replace('"fastapi>=0.100", "pydantic>=2", "pyjwt>=2"', "")
    files = project({"pyproject.toml": bare})
    assert (await gate("imports", files)).outcome is Outcome.FAILED
    files = project({"pyproject.toml": bare, "requirements.txt": "fastapi==1.0\npydantic==2.0\n"})
    assert (await gate("imports", files)).outcome is Outcome.PASSED


async def test_an_env_file_is_a_secret() -> None:
    """Refuses an .env file, and a real secret in an example."""
    files = project(
        {".env": "A=1\n", ".env.example": "SECRET_KEY=9f86d081884c7d659a2feaa0c55ad015\n"}
    )
    findings = (await gate("secrets", files)).findings
    assert findings == (
        ".env: an .env file is part of the project",
        ".env.example:1: SECRET_KEY looks like a real secret",
    )


async def test_findings_never_repeat_a_secret() -> None:
    """Names the place of a secret, not the secret."""
    key = "AKIAIOSFODNN7EXAMPLE"
    result = await gate("secrets", project({"app/x.py": f'x = "{key}"\n'}))
    assert key not in json.dumps(result.to_dict())


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"app/more.py": b"x = 1\n"}, "app/more.py: not in the manifest"),
        ({"app/main.py": MAIN.encode() + b"\n"}, "app/main.py: differs"),
        ({".backsmith/manifest.json": b"[]"}, "not a manifest"),
        ({".backsmith/manifest.json": manifest_of({"app/gone.py": b""})}, "app/gone.py: in the"),
    ],
)
async def test_an_inexact_manifest_fails(change: dict[str, bytes], finding: str) -> None:
    """Fails when a file is missing, new or different."""
    result = await gate("manifest", project() | change)
    assert result.outcome is Outcome.FAILED
    assert finding in "\n".join(result.findings)


@pytest.mark.parametrize("edited", ["app/more.py", "app/main.py"])
async def test_the_manifest_may_differ_from_what_a_user_edited(edited: str) -> None:
    """Passes what a user added or changed, and nothing else."""
    files = project() | {edited: b"x = 1\n"}
    passed = await assess(files, tiers=["t0"], edited=[edited])
    assert "manifest" not in {result.name for result in passed.failed}
    failed = await assess(files | {"app/other.py": b""}, tiers=["t0"], edited=[edited])
    assert "manifest" in {result.name for result in failed.failed}


async def test_without_a_manifest_the_gate_is_skipped() -> None:
    """Says skipped and why when there is no manifest."""
    files = project()
    del files[".backsmith/manifest.json"]
    result = await gate("manifest", files)
    assert result.outcome is Outcome.SKIPPED
    assert result.reason == "there is no .backsmith/manifest.json"
