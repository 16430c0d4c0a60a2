"""Node calls in the calling thread, one after another."""

from __future__ import annotations

from plait.engine.perform import Outcome, Performer, Task

__all__ = ["InlineExecutor"]


class InlineExecutor:
    """Performs a task when it is submitted."""

    capacity = 1

    def __init__(self, performer: Performer) -> None:
        self._performer = performer
        self._outcomes: list[Outcome] = []

    def submit(self, task: Task) -> None:
        self._outcomes.append(self._performer.perform(task))

    def wait(self) -> list[Outcome]:
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def close(self) -> None:
        self._outcomes.clear()
