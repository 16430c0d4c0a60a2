"""Which steps are ready: dependencies counted down, never rescanned."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

from plait.engine.plan import Step

__all__ = ["Schedule"]


class Schedule:
    """Hands out steps whose producers are done, in the order of the plan.

    With ``chains_first`` the steps farthest from the start come first, so that what a step made is used
    before more is made, and while it still lies with the worker that made it.

    The whole of a run costs time linear in steps and edges (and the logarithm of how many are ready).
    """

    def __init__(self, steps: Sequence[Step], *, chains_first: bool = False) -> None:
        self.steps = steps
        self._children: list[list[int]] = [[] for _ in steps]
        self._waiting = [0] * len(steps)
        self._index = {step.node.name: number for number, step in enumerate(steps)}
        self._depths = [0] * len(steps)
        self._connect()
        self._chains_first = chains_first
        self._ready = [self._key(number) for number, count in enumerate(self._waiting) if not count]
        self._blocked: set[int] = set()

    def _connect(self) -> None:
        producer = {name: number for number, step in enumerate(self.steps) for name in step.node.writes}
        for number, step in enumerate(self.steps):
            sources = {producer[name] for name in step.node.reads if name in producer}
            self._waiting[number] = len(sources)
            for source in sources:
                self._children[source].append(number)
                self._depths[number] = max(self._depths[number], self._depths[source] + 1)

    def _key(self, number: int) -> tuple[int, int]:
        return (-self._depths[number] if self._chains_first else 0, number)

    def __bool__(self) -> bool:
        """Whether a step is ready."""
        return bool(self._ready)

    def next(self) -> Step:
        """Return the first ready step of the plan."""
        return self.steps[heapq.heappop(self._ready)[1]]

    def done(self, step: Step) -> None:
        """Count a finished step off for those that wait for it."""
        for child in self._children[self._index[step.node.name]]:
            self._waiting[child] -= 1
            if not self._waiting[child] and child not in self._blocked:
                heapq.heappush(self._ready, self._key(child))

    def block(self, step: Step, spared: Callable[[Step], bool] = lambda _: False) -> list[Step]:
        """Give up everything that depends on a step that failed; return what was not given up before.

        Args:
            spared: which of the steps right behind it can go on nevertheless.
        """
        given_up: list[Step] = []
        children = self._children[self._index[step.node.name]]
        stack = [child for child in children if not spared(self.steps[child])]
        while stack:
            child = stack.pop()
            if child not in self._blocked:
                self._blocked.add(child)
                given_up.append(self.steps[child])
                stack += self._children[child]
        return sorted(given_up, key=lambda item: self._index[item.node.name])
