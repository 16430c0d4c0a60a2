"""How much memory a run uses now: its coordinating process and its workers."""

from __future__ import annotations

from typing import Any

import psutil

__all__ = ["memory_of"]


def memory_of(pid: int) -> dict[str, Any] | None:
    """Return the resident bytes of a process and of each of its children, or None once it has ended."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:  # it has ended, and its parent did not look yet
            return None
        workers = [child.memory_info().rss for child in process.children()]
        return {"bytes": process.memory_info().rss, "workers": workers}
    except psutil.Error:
        return None
