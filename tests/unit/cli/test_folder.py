"""The data folder."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cli.errors import RefusedError
from cli.system.folder import DataFolder, FolderBusyError


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """Returns the same long secret each time, from a file nobody else may read."""
    folder = DataFolder(tmp_path / "data")
    secret = folder.secret()
    assert folder.secret() == secret
    assert len(secret) == 64
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert not list((tmp_path / "data").glob(".secret*"))


def test_a_second_holder_is_refused_with_the_first_ones_address(tmp_path: Path) -> None:
    """Names the process and URL of the system that holds the folder."""
    folder = DataFolder(tmp_path)
    with folder.locked(lasting=True) as lock:
        lock.tell("http://127.0.0.1:8000")
        with (
            pytest.raises(FolderBusyError, match=r"http://127\.0\.0\.1:8000") as busy,
            folder.locked(lasting=False),
        ):
            pytest.fail("two hold it")
        assert f"process {os.getpid()}" in busy.value.message
        assert busy.value.holder.lasting
        assert folder.holder() == busy.value.holder
    assert folder.holder() is None


def test_a_holder_that_is_still_starting_is_told_so(tmp_path: Path) -> None:
    """Says that the first one is not ready yet."""
    folder = DataFolder(tmp_path)
    with (
        folder.locked(lasting=True),
        pytest.raises(FolderBusyError, match="still starting"),
        folder.locked(lasting=True),
    ):
        pytest.fail("two hold it")


def test_the_folder_stays_held_while_a_child_lives(tmp_path: Path) -> None:
    """Is free again only when every process that inherited the lock is gone."""
    folder = DataFolder(tmp_path)
    with folder.locked(lasting=True) as lock:
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock.descriptor,)
        )
    with pytest.raises(FolderBusyError), folder.locked(lasting=True):
        pytest.fail("a child still holds it")
    child.communicate(b"\n")
    with folder.locked(lasting=True):
        pass


def test_a_damaged_lock_file_is_no_obstacle(tmp_path: Path) -> None:
    """Refuses with what is known when the holder's note cannot be read."""
    folder = DataFolder(tmp_path)
    with folder.locked(lasting=True) as lock:
        os.ftruncate(lock.descriptor, 0)
        with pytest.raises(FolderBusyError, match="process 0"), folder.locked(lasting=True):
            pytest.fail("two hold it")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """Says which folder and why."""
    (tmp_path / "file").touch()
    with pytest.raises(RefusedError, match="cannot be used"):
        DataFolder(tmp_path / "file" / "data").prepare()
