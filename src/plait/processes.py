"""This machine, and whether a process that signed something is still at work.

Who holds a lease, saves a file or shares memory signs with machine, process id and start time: ids are used
again, and in a container the first process always has the same.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

__all__ = ["host_name", "is_gone", "is_visible", "living", "signature"]


def host_name() -> str:
    """Return what this machine is called."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import socket

    return socket.gethostname()


def signature() -> str:
    """Name this process as no other ever was: ``machine-pid-start``."""
    return _signature(os.getpid())


def is_visible(signed: str) -> bool:
    """Say whether whoever signed ran on this machine, and in this container, so that it can be looked for.

    Args:
        signed: a signature; what follows it after a dash does not count.
    """
    machine, *rest = signed.split("-", 3)
    # On Windows signal 0 is not a question.
    return os.name != "nt" and machine == _machine() and len(rest) >= 2 and rest[0].isdigit()


def is_gone(signed: str) -> bool:
    """Say whether whoever signed has surely ended; of what runs elsewhere nobody here can know that."""
    if not is_visible(signed):
        return False
    _, pid, started, *_ = signed.split("-", 3)
    return not _lives(int(pid)) or _started(int(pid)) not in (None, started)


def living(signed: str) -> int | None:
    """Return the id of the process that signed, or None where it has ended or ran elsewhere.

    A process that was given the same id since is not taken for it.
    """
    return int(signed.split("-", 3)[1]) if is_visible(signed) and not is_gone(signed) else None


@cache
def _signature(pid: int) -> str:
    return f"{_machine()}-{pid}-{_started(pid) or 0}"


@cache
def _machine() -> str:
    """Name the machine, and the container where its processes are numbered apart."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return _digest(f"{host_name()} {space}")


def _lives(pid: int) -> bool:
    """Say whether there is a process that may still do something.

    One that was killed but that nobody has asked for its exit code (a zombie, as containers without an init
    process collect them) will not.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return _stat(pid)[:1] not in (["Z"], ["X"])


def _started(pid: int) -> str | None:
    """Identify when a process started, across restarts of the machine; None where the system does not say."""
    try:
        return _digest(f"{_boot()} {_stat(pid)[19]}")
    except (OSError, IndexError):
        return None


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")


def _stat(pid: int) -> list[str]:
    """Return what Linux tells of a process, from its state on; nothing elsewhere."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - often
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
