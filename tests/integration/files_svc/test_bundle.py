"""Exporting versions to git, over real gRPC; read back by git itself."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from backsmith.files.v1 import files_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import InvalidInputError, NotFoundError
from tests.integration.files_svc.client import FilesClient, refusal_of

FIRST = {"README.md": b"one\n", "app/main.py": b"x = 1\n", "app.py": b"", "app-x/y": b"large" * 999}
SECOND = {**FIRST, "README.md": b"two\n", "docs/\u00dcbersicht.md": b"\x00\xff", "a/b/c/d.py": b"1"}
THIRD = {"README.md": b"one\n"}

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


async def bundle(client: FilesClient, *trees: dict[str, bytes]) -> bytes:
    """Export trees as versions."""
    versions = [
        pb.BundleVersion(
            snapshot_id=await client.commit(tree),
            message=f"Version {number}\n\nWith a body.",
            author="Alice <Smith>\n",
            create_time=Timestamp(seconds=1_800_000_000 + number),
        )
        for number, tree in enumerate(trees, 1)
    ]
    request = pb.ExportBundleRequest(versions=versions)
    return b"".join([piece.data async for piece in client.stub.ExportBundle(request)])


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and return what it prints."""
    command = ["git", "-C", str(folder), "-c", "core.quotePath=off", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def files_below(folder: Path) -> dict[str, bytes]:
    """Return what a work tree holds."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


@needs_git
async def test_git_clones_a_bundle(client: FilesClient, tmp_path: Path) -> None:
    """Gives what git verifies and clones: a commit for each version, with its files."""
    exported = tmp_path / "project.bundle"
    exported.write_bytes(await bundle(client, FIRST, SECOND, THIRD))
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(exported), "clone")
    clone = tmp_path / "clone"
    git(clone, "fsck", "--strict")
    assert files_below(clone) == THIRD
    for revision, tree in (("main~1", SECOND), ("main~2", FIRST)):
        git(clone, "checkout", "--quiet", revision)
        assert files_below(clone) == tree
    log = git(clone, "log", "--format=%an|%ct|%s|%b", "main").replace("\n", "")
    assert log == "".join(
        f"Alice Smith|{1_800_000_000 + number}|Version {number}|With a body."
        for number in (3, 2, 1)
    )


async def test_sends_a_large_file_in_pieces(client: FilesClient) -> None:
    """Keeps every message small, whatever a file's size."""
    snapshot_id = await client.commit({"large": os.urandom(2_900_000)})
    version = pb.BundleVersion(snapshot_id=snapshot_id)
    request = pb.ExportBundleRequest(versions=[version])
    sizes = [len(piece.data) async for piece in client.stub.ExportBundle(request)]
    assert max(sizes) <= 512 * 1024
    assert sum(sizes) > 2_900_000


async def test_the_same_versions_give_the_same_bytes(client: FilesClient) -> None:
    """Is fixed to the byte."""
    assert await bundle(client, FIRST, SECOND) == await bundle(client, FIRST, SECOND)


async def test_refuses_what_it_cannot_export(client: FilesClient) -> None:
    """Refuses no version, and an unknown one, before any byte."""
    empty = await refusal_of(client.stub.ExportBundle(pb.ExportBundleRequest()))
    assert isinstance(empty, InvalidInputError)
    request = pb.ExportBundleRequest(versions=[pb.BundleVersion(snapshot_id="0" * 64)])
    assert isinstance(await refusal_of(client.stub.ExportBundle(request)), NotFoundError)
