"""Who owns a file in shared memory: the coordinating process that its name says, as long as that lives.

A process that is killed cannot remove what it shared. The next one that shares anything does it, and tells
the living from the dead by process id *and* start time, as ids are used again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from plait.processes import is_gone, signature

__all__ = ["owner_prefix", "sweep", "sweep_dead"]

_MARK = "plait-"


def owner_prefix() -> str:
    """Return how the names of this process's files begin: mark, machine, process id, start time."""
    return f"{_MARK}{signature()}-"


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
    for folder in folders:
        for path in _named(folder, _MARK):
            if is_gone(path.name.removeprefix(_MARK)):
                with contextlib.suppress(OSError):
                    path.unlink()


def _named(folder: Path, prefix: str) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.name.startswith(prefix)]
    except OSError:
        return []
