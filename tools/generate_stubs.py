"""Generates the Python stubs from the protos, or checks that the committed ones are current.

Usage: python tools/generate_stubs.py [--check]
"""

import argparse
import filecmp
import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

PROTOS = Path(__file__).parent.parent / "protos"
GENERATED = PROTOS / "gen"
PLUGINS = ("protoc-gen-mypy", "protoc-gen-mypy_grpc")
INIT = '"""Generated from protos/ by `make gen`; never edited."""\n'


def generate(into: Path) -> None:
    """Compile every proto to messages, services and their type stubs."""
    well_known = str(files("grpc_tools") / "_proto")
    scripts = Path(sys.executable).parent
    sources = sorted(str(path) for path in PROTOS.joinpath("backsmith").rglob("*.proto"))
    arguments = [
        "protoc",
        f"--proto_path={PROTOS}",
        f"--proto_path={well_known}",
        f"--python_out={into}",
        f"--grpc_python_out={into}",
        *(
            f"--plugin={name}={scripts / name}"
            for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")
        ),
        f"--mypy_out=quiet:{into}",
        f"--mypy_grpc_out=quiet:{into}",
        *sources,
    ]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed; its message stands above")
    for folder in [into / "backsmith", *into.joinpath("backsmith").rglob("*/")]:
        folder.joinpath("__init__.py").write_text(INIT)


def differences(left: Path, right: Path) -> list[str]:
    """Return the relative paths that the two trees do not share byte for byte."""
    paths = {
        path.relative_to(tree)
        for tree in (left, right)
        for path in tree.rglob("*")
        if path.is_file() and path.suffix in {".py", ".pyi"}
    }
    return sorted(
        str(path)
        for path in paths
        if not (left / path).is_file()
        or not (right / path).is_file()
        or not filecmp.cmp(left / path, right / path, shallow=False)
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail on a difference")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch)
        generate(fresh)
        if not check:
            shutil.rmtree(GENERATED, ignore_errors=True)
            shutil.copytree(fresh, GENERATED)
        elif stale := differences(fresh, GENERATED):
            sys.exit("stale stubs, run `make gen`:\n" + "\n".join(stale))


if __name__ == "__main__":
    main()
