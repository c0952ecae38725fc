"""The ports that tests start servers on are theirs alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from chassis.testing import ports

KERNEL = Path("/proc/sys/net/ipv4/ip_local_port_range")
DRAW = "from chassis.testing.ports import free_port; print(*(free_port() for _ in range(100)))"


@pytest.mark.skipif(not KERNEL.exists(), reason="only Linux says which ports its kernel chooses")
def test_the_kernel_chooses_none_of_them() -> None:
    """Draws below what an outgoing connection, or a listener on port 0, may be given."""
    assert ports.free_port() < int(KERNEL.read_text(encoding="ascii").split()[0])


def test_processes_draw_apart() -> None:
    """Gives no port twice, whichever process asks, and however many it asked for."""
    command = [sys.executable, "-c", f"{DRAW}; import sys; sys.stdout.flush(); sys.stdin.read()"]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as one,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other,
    ):
        assert one.stdout is not None
        assert other.stdout is not None
        drawn = [*one.stdout.readline().split(), *other.stdout.readline().split()]
        drawn += [str(ports.free_port()) for _ in range(100)]
        one.communicate()
        other.communicate()
    assert len(drawn) == 300 == len(set(drawn))


def test_a_port_in_use_is_passed_over() -> None:
    """Does not give a port that somebody listens on."""
    listen = "import socket; one = free_port(); used = socket.create_server(('127.0.0.1', one + 1))"
    code = f"from chassis.testing.ports import free_port; {listen}; print(free_port() - one)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "2"
