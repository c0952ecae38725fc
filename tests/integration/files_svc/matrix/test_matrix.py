"""Parents x edits x iterations: no file and no edited line lost without a report, green gates.

The rate of merges without a conflict is printed beside that of plain `git merge-file`.
"""

import ast
import asyncio
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1 import merge_pb2

from chassis.auth import TokenIssuer
from chassis.channel import ChannelSettings, dial
from files_svc.domain.merge.patch import Patch
from files_svc.settings import FilesSettings, LimitSettings, StoreSettings
from tests.integration.files_svc.client import FilesClient
from tests.integration.files_svc.conftest import AUTH, serving
from tests.integration.files_svc.matrix.edits import EDITS
from tests.integration.files_svc.matrix.gates import ALL, MERGED, Gates
from tests.integration.files_svc.matrix.specs import (
    ITERATIONS,
    PARENTS,
    Tree,
    render,
    render_iteration,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A parent, its iterations, and how far what comes out is proven."""

    parent: str
    iterations: tuple[str, ...] = tuple(ITERATIONS)
    tiers: tuple[str, ...] = MERGED


QUICK = Case(parent="blog", iterations=("add field", "rename field"), tiers=("t0",))
CASES = [
    pytest.param(QUICK, id="blog, quickly"),
    *(pytest.param(Case(parent=name), id=name, marks=pytest.mark.slow) for name in PARENTS),
]


@pytest.fixture
async def roomy(tmp_path: Path) -> AsyncIterator[FilesClient]:
    """Call a service with the limits that it has by default."""
    store = StoreSettings(url=(tmp_path / "files").as_uri(), fsync=False)
    settings = FilesSettings(auth=AUTH, store=store, limits=LimitSettings())
    issuer = TokenIssuer(AUTH)
    async with (
        serving(settings) as address,
        dial(address, ChannelSettings(), lambda: issuer.internal_token("tests")) as channel,
    ):
        yield FilesClient(channel)


@pytest.fixture(scope="session")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Gates:
    """Run gates with one cache for all tests."""
    return Gates(tmp_path_factory.mktemp("mypy"))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("case", CASES)
async def test_every_edit_meets_every_iteration(
    roomy: FilesClient,
    tmp_path: Path,
    gates: Gates,
    case: Case,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Keeps what the user did, takes what the iteration brings, or says what it could not."""
    parent = PARENTS[case.parent]
    base = await asyncio.to_thread(render, parent)
    edited = {name: edit(base) for name, edit in EDITS.items()}
    rate: Counter[str] = Counter()
    red: dict[tuple[str, str], set[str]] = {}
    for each in case.iterations:
        iteration = ITERATIONS[each](parent)
        theirs = await asyncio.to_thread(render_iteration, parent, base, iteration)
        for edit, ours in edited.items():
            merged = await merge(roomy, (base, ours, theirs), iteration.patch)
            files = await roomy.files(merged.snapshot.snapshot_id)
            check(base, ours, files, merged)
            check_tidy(tmp_path / "tidy", files)
            if found := await red_gates(gates, (base, ours, theirs), files, tiers=case.tiers):
                red[each, edit] = found
            rate += compare_with_git(tmp_path, (base, ours, theirs), merged)
            rate["merges"] += 1
            rate["conflicts"] += len(merged.conflicts)
    with capsys.disabled():
        print(  # noqa: T201 - the rate is what this run is for
            f"\n{case.parent}: {rate['merges']} merges, gates red after {len(red)}, "
            f"{rate['conflicts']} conflicts told; of {rate['both']} files changed by both sides, "
            f"{rate['ours']} merged without a conflict; git merge-file: {rate['git']}"
        )
    assert rate["ours"] >= rate["git"]
    assert not red


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(len(PARENTS)), ids=list(PARENTS))
async def test_what_was_merged_works(roomy: FilesClient, gates: Gates, number: int) -> None:
    """Passes the gates that run the project too, for every parent, edit and iteration in turn."""
    parent = list(PARENTS.values())[number]
    edit = list(EDITS.values())[number % len(EDITS)]
    iteration = list(ITERATIONS.values())[number * 3 % len(ITERATIONS)](parent)
    base = await asyncio.to_thread(render, parent)
    theirs = await asyncio.to_thread(render_iteration, parent, base, iteration)
    merged = await merge(roomy, (base, edit(base), theirs), iteration.patch)
    files = await roomy.files(merged.snapshot.snapshot_id)
    assert not await red_gates(gates, (base, edit(base), theirs), files, tiers=ALL)


async def red_gates(
    gates: Gates, sides: tuple[Tree, Tree, Tree], files: Tree, tiers: Collection[str]
) -> set[str]:
    """Return what the gates find in a merge that the user's own tree did not have before it."""
    base, ours, theirs = sides
    found = await gates.findings(files, rendered=theirs, tiers=tiers)
    if found:
        found -= await gates.findings(ours, rendered=base, tiers=tiers)
    return found


async def merge(
    client: FilesClient, sides: tuple[Tree, Tree, Tree], patch: Patch
) -> pb.MergeSnapshotsResponse:
    """Commit three trees and merge them."""
    base, ours, theirs = [await client.commit(tree) for tree in sides]
    renames = [
        merge_pb2.Rename(old_name=rename.old, new_name=rename.new) for rename in patch.renames
    ]
    request = pb.MergeSnapshotsRequest(
        base_snapshot_id=base,
        ours_snapshot_id=ours,
        theirs_snapshot_id=theirs,
        drops=patch.drops,
        renames=renames,
    )
    response: pb.MergeSnapshotsResponse = await client.stub.MergeSnapshots(request)
    return response


def check(base: Tree, ours: Tree, files: Tree, merged: pb.MergeSnapshotsResponse) -> None:
    """Find no file and no edited line lost without a word, and only code that parses."""
    told = {conflict.path for conflict in merged.conflicts}
    dropped = {
        change.path
        for change in merged.changes
        if change.action == merge_pb2.FILE_ACTION_DELETED
        and ours.get(change.path) == base[change.path]
    }
    assert set(ours) - set(files) - told <= dropped
    for path, content in files.items():
        if path.endswith(".py"):
            ast.parse(content)
    for path in set(ours) & set(files) - told:
        lost = thoughts(path, ours[path]) - thoughts(path, base.get(path, b""))
        assert not lost - renamed(thoughts(path, files[path])), path


def thoughts(path: str, content: bytes) -> Counter[str]:
    """Return what a file says line by line; of code, layout aside."""
    text = content.decode()
    if not path.endswith(".py"):
        return Counter(line.strip() for line in text.splitlines() if line.strip())
    comments = (line.strip() for line in text.splitlines() if line.strip().startswith("#"))
    statements = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt))
    simple = (node for node in statements if not hasattr(node, "body"))
    return Counter([*comments, *map(ast.unparse, simple)])


def renamed(found: Counter[str]) -> Counter[str]:
    """Count a line that follows the rename of `title` for the one it was."""
    return found + Counter(line.replace("headline", "title") for line in found.elements())


def check_tidy(folder: Path, files: Tree) -> None:
    """Find merged code as clean as the project's own configuration of ruff wants it."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "."],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        narrow = "routers" in done.stdout and command != ["check"]
        assert done.returncode == 0 or narrow, done.stdout
    shutil.rmtree(folder)


def compare_with_git(
    folder: Path, sides: tuple[Tree, Tree, Tree], merged: pb.MergeSnapshotsResponse
) -> Counter[str]:
    """Count the files that both sides changed, and those that either way merged by itself."""
    told = {conflict.path for conflict in merged.conflicts}
    rate: Counter[str] = Counter()
    for path in changed_by_both(*sides):
        rate["both"] += 1
        rate["ours"] += path not in told
        rate["git"] += git_merges(folder, [side[path] for side in sides])
    return rate


def changed_by_both(base: Tree, ours: Tree, theirs: Tree) -> Iterator[str]:
    """Yield the paths whose content differs on every side."""
    for path in sorted(set(base) & set(ours) & set(theirs)):
        if len({base[path], ours[path], theirs[path]}) == len(("base", "ours", "theirs")):
            yield path


def git_merges(folder: Path, contents: list[bytes]) -> bool:
    """Tell whether `git merge-file` finds no conflict."""
    names = [folder / side for side in ("base", "ours", "theirs")]
    for name, content in zip(names, contents, strict=True):
        name.write_bytes(content)
    command = ["git", "merge-file", "-p", str(names[1]), str(names[0]), str(names[2])]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
