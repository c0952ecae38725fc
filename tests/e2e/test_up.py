"""`backsmith up`: one command, one folder, nothing left behind."""

import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.support import BACKSMITH, PATIENCE_SECONDS, System, alive, pause, run, start, up

NAMES = {"nats", "files", "generator", "orchestrator", "bridge"}


def await_gone(pids: dict[str, int]) -> None:
    """Return when none of some processes is left."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(alive(pid) for pid in pids.values()):
        assert time.monotonic() < deadline, pids
        pause()


def test_a_second_system_on_the_folder_is_refused(shared: System) -> None:
    """Names the process and URL of the first, and leaves it alone."""
    second = run("up", "--port", "0", "--data", str(shared.data))
    assert second.returncode == 3
    assert second.stdout == ""
    assert f"process {shared.process.pid} at {shared.url}" in second.stderr
    assert httpx.get(f"{shared.url}/readyz", trust_env=False).is_success


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_leaves_no_process(tmp_path: Path, how: signal.Signals) -> None:
    """Stops every process on each of the signals, within bounded time, and exits with 0."""
    with up(tmp_path) as system:
        pids = system.pids()
        assert set(pids) == NAMES
        assert system.stop(how) == 0
        assert not any(alive(pid) for pid in pids.values())
    assert (tmp_path / "logs" / "bridge.log").exists()
    assert system.said[-1] == "stopped"


def test_a_killed_supervisor_leaves_no_process(tmp_path: Path) -> None:
    """Takes its children along, and frees the folder for the next one."""
    with up(tmp_path) as system:
        pids = system.pids()
        system.process.kill()
        await_gone(pids)
    with up(tmp_path) as next_system:
        assert next_system.url


def test_it_says_how_to_sign_in(shared: System) -> None:
    """Prints one line on standard output, and on the other how to get a token that works."""
    told = "\n".join(shared.said)
    assert f"backsmith token --user developer --data {shared.data}" in told
    with shared.client("developer") as client:
        assert client.get("/generations").is_success


def test_everything_stays_in_one_folder(tmp_path: Path) -> None:
    """Keeps generations and their files over a restart."""
    with up(tmp_path) as system, system.client() as client:
        generation_id = start(client)["generation_id"]
        done = run("watch", generation_id, "--user", "ann", "--data", str(tmp_path))
        assert done.returncode == 0, done.stderr
        before = client.get(f"/generations/{generation_id}/download").content
        assert system.stop() == 0
    with up(tmp_path) as system, system.client() as client:
        assert client.get(f"/generations/{generation_id}").json()["status"] == "completed"
        assert client.get(f"/generations/{generation_id}/download").content == before


def test_a_taken_port_is_told(shared: System, tmp_path: Path) -> None:
    """Says why it cannot start, and stops what it had started."""
    port = shared.url.rpartition(":")[2]
    refused = run("up", "--port", port, "--data", str(tmp_path))
    assert refused.returncode == 4
    assert f"127.0.0.1:{port}" in refused.stderr


def test_a_stop_while_it_starts_is_clean(tmp_path: Path) -> None:
    """Gives up the start at once, and leaves nothing."""
    with subprocess.Popen(
        [BACKSMITH, "up", "--port", "0", "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not (tmp_path / "logs" / "nats.log").exists():
            pause()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0
        assert out == ""
    with up(tmp_path):
        pass
