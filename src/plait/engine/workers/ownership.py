"""Who owns a file in shared memory: the coordinating process that its name says, as long as that lives.

A process that is killed cannot remove what it shared. The next one that shares anything does it, and tells
the living from the dead by process id *and* start time, as ids are used again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from plait.processes import host_name, lives

__all__ = ["owner_prefix", "sweep", "sweep_dead"]

_MARK = "plait"


def owner_prefix() -> str:
    """Return how the names of this process's files begin: mark, machine, process id, start time."""
    return f"{_MARK}-{_machine()}-{os.getpid()}-{_started(os.getpid())}-"


def sweep(folders: Iterable[Path], prefix: str, spare: Iterable[str] = ()) -> None:
    """Remove the files whose names begin with ``prefix``, but not the paths to ``spare``."""
    spared = set(spare)
    for folder in folders:
        for path in _named(folder, prefix):
            if str(path) not in spared:
                with contextlib.suppress(OSError):
                    path.unlink()


def sweep_dead(folders: Iterable[Path]) -> None:
    """Remove what dead processes of this machine left behind."""
    mark = f"{_MARK}-{_machine()}-"
    for folder in folders:
        for path in _named(folder, mark):
            if _is_dead(path.name.removeprefix(mark)):
                with contextlib.suppress(OSError):
                    path.unlink()


def _named(folder: Path, prefix: str) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.name.startswith(prefix)]
    except OSError:
        return []


def _is_dead(rest: str) -> bool:
    pid, _, more = rest.partition("-")
    started, dash, _ = more.partition("-")
    if not pid.isdigit() or not dash:
        return False
    return not lives(int(pid)) or _started(int(pid)) != started


def _machine() -> str:
    """Name the machine, and the container where its processes are numbered apart."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return _digest(f"{host_name()} {space}")


def _started(pid: int) -> str:
    """Identify when a process started, across restarts of the machine; 0 where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "0"
    return _digest(f"{boot} {ticks}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
