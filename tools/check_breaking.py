"""Fails if the protos break a client of the last release; before the first, of the last commit."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def git(*arguments: str) -> str:
    """Run git and return what it prints, or nothing when it refuses."""
    command = [shutil.which("git") or "git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def main() -> None:
    """Run the command line."""
    baseline = git("describe", "--tags", "--abbrev=0", "--match", "v*") or git("rev-parse", "HEAD^")
    if not baseline or not git("ls-tree", baseline, "protos/"):
        print("no earlier protos to compare with: nothing can be broken")
        return
    against = f".git#ref={baseline}"
    buf = Path(sys.executable).with_name("buf")
    sys.exit(
        subprocess.run([buf, "breaking", "--against", against], cwd=ROOT, check=False).returncode
    )


if __name__ == "__main__":
    main()
