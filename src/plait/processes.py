"""This machine, and whether a process of it is still at work."""

from __future__ import annotations

import os

__all__ = ["host_name", "lives"]


def host_name() -> str:
    """Return what this machine is called."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import socket

    return socket.gethostname()


def lives(pid: int) -> bool:
    """Say whether a process may still do something.

    One that was killed but that nobody has asked for its exit code (a zombie, as containers without an init
    process collect them) will not.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return _state(pid) not in ("Z", "X")


def _state(pid: int) -> str:
    """Return the letter that Linux has for what a process is doing; nothing elsewhere."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - often
            return file.read().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
