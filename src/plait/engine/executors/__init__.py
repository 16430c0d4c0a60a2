"""Where node calls happen. One scheduler drives every executor through three methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from plait.engine.executors.inline import InlineExecutor
from plait.engine.perform import Outcome, Performer, Task
from plait.errors import UsageError, did_you_mean

__all__ = ["Executor", "InlineExecutor", "make_executor"]


class Executor(Protocol):
    """Performs tasks; ``capacity`` is how many it takes at a time."""

    capacity: int

    def submit(self, task: Task) -> None:
        """Start one task."""

    def wait(self) -> list[Outcome]:
        """Return at least one outcome of what was submitted."""
        ...

    def close(self) -> None:
        """Give back what the executor holds."""


_EXECUTORS: Mapping[str, Callable[[Performer], Executor]] = {"inline": InlineExecutor}


def make_executor(name: str, performer: Performer) -> Executor:
    """Return the executor of that name. Raises UsageError for an unknown one."""
    try:
        return _EXECUTORS[name](performer)
    except KeyError:
        raise UsageError(
            f"There is no executor '{name}'",
            why="Known are " + ", ".join(_EXECUTORS),
            hint=did_you_mean(name, _EXECUTORS),
        ) from None
