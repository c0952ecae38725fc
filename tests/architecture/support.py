"""The repository's files, as tests of the whole see them."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("chassis", "orchestrator_svc", "generator_svc", "files_svc", "bridge", "cli")
SKIPPED = {".venv", ".git", "node_modules", "__pycache__", "out", "build", "dist"}
BINARY = {".png", ".ico", ".zip", ".bin", ".pyc"}


def tracked() -> Iterator[Path]:
    """Yield every text file of the repository; without git, every file that could be one."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        listed = subprocess.run(
            [git, "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, check=True
        )
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not SKIPPED & set(path.parts)]
    yield from (path for path in paths if path.is_file() and path.suffix not in BINARY)


def modules() -> Iterator[Path]:
    """Yield the source files of every package, without templates."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "templates" not in path.parts:
                yield path


def name_of(path: Path) -> str:
    """Return a file's path as people write it."""
    return path.relative_to(ROOT).as_posix()
