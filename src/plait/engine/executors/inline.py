"""Node calls in the calling thread, one after another."""

from __future__ import annotations

from plait.engine.executors.site import Site
from plait.engine.perform import Outcome, Task

__all__ = ["InlineExecutor"]


class InlineExecutor:
    """Performs a task when it is submitted."""

    capacity = 1
    chains_first = False

    def __init__(self, site: Site) -> None:
        self._performer = site.performer
        self._performer.report = site.report
        self._outcomes: list[Outcome] = []

    def submit(self, task: Task) -> None:
        self._outcomes.append(self._performer.perform(task))

    def wait(self, patience: float | None = None) -> list[Outcome]:  # noqa: ARG002 - never waits
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def release(self, name: str) -> None:
        """Nothing to do: there are no datasets but those of this process."""

    def close(self) -> None:
        self._outcomes.clear()
