"""Applications describe themselves in processes of their own, warm or from nothing."""

import json
import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.errors import DeadlineExceededError, InternalError
from generator_svc.engines import describing
from generator_svc.engines.describing import Describe, WarmDescriber, describe
from generator_svc.engines.interface import GeneratedFile
from generator_svc.engines.template import TemplateEngine
from tests.corpus.loading import load


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmDescriber]:
    """A process that has imported the libraries."""
    with WarmDescriber() as describer:
        yield describer


@pytest.fixture(params=["warm", "from nothing"])
def either(request: pytest.FixtureRequest, warm: WarmDescriber) -> Describe:
    """Each way to describe."""
    return warm.describe if request.param == "warm" else describe


def application(root: Path, source: str) -> Path:
    """Write an application whose description is what a program prints."""
    (root / "app").mkdir(parents=True)
    (root / "app" / "__init__.py").write_text("seen = []\n", "utf-8")
    (root / "app" / "openapi.py").write_text(source, "utf-8")
    return root


def has_ended(pid: int) -> bool:
    """Tell whether a process is gone, or goes within seconds."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ready, *_ = select.select([handle], [], [], 30)
    os.close(handle)
    return bool(ready)


def rendered(describe: Describe) -> dict[str, bytes]:
    """Return the files of the last phase."""
    steps = TemplateEngine(describe).generate(load("all_features"), 6)
    return {step.path: step.content for step in steps if isinstance(step, GeneratedFile)}


def test_both_give_the_same_bytes(warm: WarmDescriber) -> None:
    """Renders the same document, in processes of either kind."""
    files = rendered(warm.describe)
    assert json.loads(files["openapi.json"])["paths"]
    assert files == rendered(describe)


def test_nothing_is_left_for_the_next(either: Describe, tmp_path: Path) -> None:
    """Gives each application its own modules, environment, folder and process."""
    source = (
        "import app, fastapi, os; from pathlib import Path; app.seen.append(1);"
        "os.environ['LEFT'] = 'x';"
        "print(app.seen, sorted(os.environ), Path.cwd(), os.getpid())"
    )
    told = [
        either(application(tmp_path / name, source)).decode().replace(name, "")
        for name in ("one", "two")
    ]
    first, second = (text.rsplit(maxsplit=1) for text in told)
    assert first[0] == second[0]
    assert "BACKSMITH" not in first[0]
    assert first[1] != second[1]


def test_the_environment_is_not_handed_on(
    either: Describe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps what this process is told from the application."""
    monkeypatch.setenv("SECRET", "x")
    document = either(application(tmp_path, "import os; print('SECRET' in os.environ)"))
    assert document == b"False\n"


def test_a_broken_application_is_told(either: Describe, tmp_path: Path) -> None:
    """Says that it does not start, keeps why for operators, and goes on with the next."""
    with pytest.raises(InternalError) as caught:
        either(application(tmp_path / "broken", "raise ValueError('no such thing')"))
    assert "no such thing" in str(caught.value.__cause__)
    assert "no such thing" not in str(caught.value)
    assert either(application(tmp_path / "good", "print('well')")) == b"well\n"


def test_an_endless_application_is_ended(
    either: Describe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ends what takes too long, and says so."""
    monkeypatch.setattr(describing, "TIMEOUT_SECONDS", 1)
    source = (
        "import os, signal; from pathlib import Path;"
        "Path('pid').write_text(str(os.getpid())); signal.pause()"
    )
    with pytest.raises(DeadlineExceededError, match="longer than 1 seconds"):
        either(application(tmp_path, source))
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_it_ends_with_its_block(tmp_path: Path) -> None:
    """Leaves no process behind."""
    with WarmDescriber() as describer:
        pid = int(describer.describe(application(tmp_path, "import os; print(os.getppid())")))
    assert has_ended(pid)


def test_an_end_does_not_matter(tmp_path: Path) -> None:
    """Starts applications from nothing when the warm process is gone."""
    with WarmDescriber() as describer:
        source = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
        describer.describe(application(tmp_path / "one", source))
        assert describer.describe(application(tmp_path / "two", "print('well')")) == b"well\n"
