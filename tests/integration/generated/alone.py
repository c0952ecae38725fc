"""Starts a server by a shell command, alone on its loopback: `python alone.py COMMAND URL`.

Ends well once the page is there. A README names a fixed port, which may be taken on the host.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress

from generator_svc.assessment.confine import leave_network

DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.1


def answers(url: str) -> bool:
    """Tell whether a page is there."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - of the loopback
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def main(command: str, url: str) -> bool:
    """Run the command until the page is there; tell whether it was."""
    with suppress(OSError):  # where the kernel forbids it, on the host's network
        leave_network()
    deadline = time.monotonic() + DEADLINE_SECONDS
    with subprocess.Popen(command, shell=True, start_new_session=True) as server:  # noqa: S602 - as a user types it
        try:
            while not (answered := answers(url)):
                if server.poll() is not None or time.monotonic() > deadline:
                    break
                time.sleep(POLL_SECONDS)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
    return answered


if __name__ == "__main__":
    sys.exit(not main(*sys.argv[1:]))
