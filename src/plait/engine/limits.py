"""Named limits: how much of something all running nodes may use together."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from plait.engine.perform import Task
from plait.engine.plan import Step
from plait.errors import PlaitError, Problems, UsageError, did_you_mean

__all__ = ["Limits", "refuse_unfit"]

Needs = tuple[tuple[str, float], ...]


class Limits:
    """Counts what running nodes use; tasks that do not fit wait in the order they came.

    Args:
        limits: name → how much there is. What a node needs beside these names is not counted.
    """

    def __init__(self, limits: Mapping[str, float]) -> None:
        self._limits = dict(limits)
        self._free = dict(limits)
        # Nodes with equal needs wait in one line, so that looking costs the number of lines.
        self._lines: dict[Needs, deque[Task]] = {}

    def __bool__(self) -> bool:
        """Whether a task waits."""
        return any(self._lines.values())

    def take(self, task: Task) -> bool:
        """Count a task in if it fits; otherwise it waits, and :meth:`next` returns it later."""
        if not self._limits:
            return True
        needs = self._needs(task.step)
        if not self._fits(needs):
            self._lines.setdefault(needs, deque()).append(task)
            return False
        self._use(needs, 1)
        return True

    def next(self) -> Task | None:
        """Return a task that waited and now fits, counted in; or None."""
        for needs, line in self._lines.items():
            if line and self._fits(needs):
                self._use(needs, 1)
                return line.popleft()
        return None

    def give_back(self, step: Step) -> None:
        """Count a step out."""
        if self._limits:
            self._use(self._needs(step), -1)

    def forget(self) -> None:
        """Let nothing wait any more."""
        self._lines.clear()

    def _needs(self, step: Step) -> Needs:
        given = step.node.resources
        return tuple((name, amount) for name, amount in sorted(given.items()) if name in self._limits)

    def _fits(self, needs: Needs) -> bool:
        return all(self._free[name] >= amount for name, amount in needs)

    def _use(self, needs: Needs, sign: int) -> None:
        for name, amount in needs:
            self._free[name] -= sign * amount


def refuse_unfit(steps: Iterable[Step], limits: Mapping[str, float]) -> None:
    """Raise when a node needs more than there is, or an amount that is no number; all at once."""
    problems: list[PlaitError] = []
    for step in steps:
        for name, amount in step.node.resources.items():
            problem = _problem(step, name, amount, limits)
            if problem is not None:
                problems.append(problem)
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def _problem(step: Step, name: str, amount: Any, limits: Mapping[str, float]) -> PlaitError | None:
    node = step.node.name
    if name not in limits:
        close = did_you_mean(name, limits)
        if close is None:
            return None
        return UsageError(f"Node '{node}' needs '{name}', for which there is no limit", hint=close)
    if not isinstance(amount, int | float) or amount < 0:
        return UsageError(f"Node '{node}' needs {amount!r} of '{name}', which is no amount")
    if amount > limits[name]:
        return UsageError(
            f"Node '{node}' needs {amount:g} of '{name}', but there are only {limits[name]:g}",
            where=f"node '{node}'",
            hint="raise the limit, or let the node need less",
        )
    return None
