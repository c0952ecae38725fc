"""Confines this process, then becomes the command: `python -I confine.py LIMITS COMMAND…`.

LIMITS is JSON: `{"limits": {"CPU": 600, …}, "network": "own" | "host"}`. Runs by its path, with the
standard library alone. Ends with `REFUSED` when a confinement that was asked for cannot be had.
"""

import ctypes
import fcntl
import json
import os
import resource
import socket
import struct
import sys
from pathlib import Path

REFUSED = 125
"""The exit code that says: the confinement cannot be had, the command was not started."""

_NEW_USER = 0x10000000
_NEW_NET = 0x40000000
_GET_FLAGS = 0x8913
_SET_FLAGS = 0x8914
_UP = 0x1
_FLAGS = struct.Struct("16sH14x")


def main(arguments: list[str]) -> None:
    """Confine this process and become the command; with no command, just try."""
    wanted = json.loads(arguments[0])
    try:
        if wanted["network"] == "own":
            leave_network()
        for name, value in wanted["limits"].items():
            _limit(getattr(resource, f"RLIMIT_{name}"), value)
    except OSError as error:
        print(f"cannot confine: {error}", file=sys.stderr)  # noqa: T201 - read by who started it
        sys.exit(REFUSED)
    if arguments[1:]:
        os.execvp(arguments[1], arguments[1:])  # noqa: S606 - the point of this module


def leave_network() -> None:
    """Move this process to a network of its own, where only a loopback is.

    Raises:
        OSError: The kernel does not permit it.
    """
    user, group = os.getuid(), os.getgid()
    try:
        _unshare(_NEW_NET)
    except PermissionError:  # not privileged: a user namespace grants it within itself
        _unshare(_NEW_USER | _NEW_NET)
        _map_user(user, group)
    _raise_loopback()


def _unshare(what: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(what) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _map_user(user: int, group: int) -> None:
    here = Path("/proc/self")
    (here / "setgroups").write_text("deny", encoding="ascii")
    (here / "uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    (here / "gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        answer = fcntl.ioctl(control, _GET_FLAGS, _FLAGS.pack(b"lo", 0))
        flags = _FLAGS.unpack(answer)[1] | _UP
        fcntl.ioctl(control, _SET_FLAGS, _FLAGS.pack(b"lo", flags))


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (bounded, bounded))


if __name__ == "__main__":
    main(sys.argv[1:])
