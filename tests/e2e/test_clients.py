"""The examples of clients, run as their users run them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.support import System

EXAMPLES = Path(__file__).parents[2] / "clients" / "examples"
PROMPT = "A shop with products and orders"


def check(command: list[str], folder: Path) -> str:
    """Run a command that has to succeed; return what it printed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_example_generates(shared: System) -> None:
    """Starts a generation over gRPC and follows it to its end."""
    example = str(EXAMPLES / "python" / "generate.py")
    told = check([sys.executable, example, shared.grpc, shared.token(), PROMPT], EXAMPLES)
    assert "100%  Generation completed successfully" in told


@pytest.mark.slow
def test_the_node_example_generates(shared: System, tmp_path: Path) -> None:
    """Does the same in another language, from `protos/` and nothing else."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path / "clients" / "examples" / "node"
    shutil.copytree(EXAMPLES / "node", folder)
    shutil.copytree(EXAMPLES.parents[1] / "protos", tmp_path / "protos")
    check([npm, "install", "--no-audit", "--no-fund"], folder)
    told = check([node, "generate.js", shared.grpc, shared.token(), PROMPT], folder)
    assert "100 %  Generation completed successfully" in told
