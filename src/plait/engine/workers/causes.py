"""Why a process died, as far as the system says."""

from __future__ import annotations

import signal
from pathlib import Path

__all__ = ["cause_of_death", "memory_kills"]


def memory_kills() -> int:
    """Return how many processes the system has killed so far because memory ran out."""
    return sum(_counted(file) for file in [Path("/proc/vmstat"), *_of_control_groups()])


def cause_of_death(code: int | None, kills_before: int) -> str:
    """Say in a sentence why a worker ended.

    Args:
        code: its exit code; negative is the number of a signal.
        kills_before: what :func:`memory_kills` said when it was well.
    """
    if code is None:
        return "It closed its connection"
    if code >= 0:
        return f"It ended by itself with exit code {code}"
    if code == -signal.SIGKILL and memory_kills() > kills_before:
        return "Memory ran out: the system killed it (signal 9, oom_kill)"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"It was killed by signal {-code} ({name})"


def _of_control_groups() -> list[Path]:
    found = []
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found.append(Path("/sys/fs/cgroup") / path.lstrip("/") / "memory.events")
        elif "memory" in controllers.split(","):
            found.append(Path("/sys/fs/cgroup/memory") / path.lstrip("/") / "memory.oom_control")
    return found


def _counted(file: Path) -> int:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
