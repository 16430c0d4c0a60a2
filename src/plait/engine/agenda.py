"""What to do next: steps that are ready, decided, wanted, and free to write.

A step is *settled* once it is known what its outputs are: it ran, it was skipped, or it leaves everything in
memory and is known by what it is made from. A step that leaves everything in memory is left for later, and
*wanted* only when a step that runs, or the caller, needs its value.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from typing import NamedTuple

from plait.engine.judge import Judge
from plait.engine.memory_needs import MemoryNeeds
from plait.engine.plan import Plan, Step
from plait.engine.schedule import Schedule
from plait.errors import UsageError
from plait.events import Reason
from plait.ledger.leases import Holder, Leases
from plait.pipeline import strip_transcoding

__all__ = ["Agenda", "Next"]

_ASK_AGAIN = 0.1  # seconds between two looks at a location that somebody else holds

Skip = Callable[[Step, tuple[Reason, ...]], None]


class Next(NamedTuple):
    """A step to perform, and why."""

    step: Step
    reasons: tuple[Reason, ...]


class Agenda:
    """Hands out the steps of a plan.

    Args:
        judge: decides steps; None runs all of them.
        leases: asked before a step may write; None lets every step.
        skipped: told of each step that need not run.
        wait: whether to wait for locations that another run holds; otherwise that is an error.
        restore: brings back what a step leaves in memory from an earlier run; returns whether it could.
        chains_first: whether what a step made is used before more is made.
    """

    def __init__(
        self,
        plan: Plan,
        judge: Judge | None,
        leases: Leases | None,
        skipped: Skip,
        *,
        wait: bool = True,
        chains_first: bool = False,
        restore: Callable[[Step], bool] | None = None,
    ) -> None:
        self._plan = plan
        self._judge = judge
        self._leases = leases
        self._skipped = skipped
        self._wait = wait
        self._restore = restore
        self._schedule = Schedule(plan.steps, chains_first=chains_first)
        self._number = {step.node.name: number for number, step in enumerate(plan.steps)}
        self._runnable: list[int] = []
        self._reasons: dict[int, tuple[Reason, ...]] = {}
        self._settled: set[int] = set()
        self._performed: set[int] = set()
        self._dropped: set[int] = set()
        self._held: list[int] = []
        self._asked = 0.0
        self._memory = MemoryNeeds(plan) if judge is not None else None

    def next(self) -> Next | None:
        """Return a step that may run now, or None while there is none."""
        while True:
            number = self._take()
            if number is None:
                return None
            step = self._plan.steps[number]
            holder = self._lease(step)
            if holder is None:
                if self._still_wanted(number):
                    return Next(step, self._reasons.get(number, ()))
            elif self._wait:
                self._held.append(number)
            else:
                raise _held_by(holder, step)

    @property
    def held_up(self) -> bool:
        """Whether steps wait for another run to finish with their outputs."""
        return bool(self._held)

    def performed(self, step: Step) -> None:
        """Count a step off that has run."""
        number = self._number[step.node.name]
        self._performed.add(number)
        self._give_back(step)
        if self._memory is not None:
            for waiter in self._memory.made(number):
                self._push(waiter)
        self._settle(number)
        self._done_with(number)

    def failed(self, step: Step) -> list[Step]:
        """Drop everything that needs a step that failed; return what was not dropped before."""
        self._give_back(step)
        dropped = [item for item in self._schedule.block(step) if self._drop(item)]
        self._done_with(self._number[step.node.name])
        return dropped

    def lacks_keys(self, step: Step) -> list[Step]:
        """Drop what needs the whole of a step that lacks keys; what takes it key by key goes on."""
        self._give_back(step)
        number = self._number[step.node.name]
        given_up = self._schedule.block(step, lambda child: _takes_parts(child, step))
        dropped = [item for item in given_up if self._drop(item)]
        self._performed.add(number)
        self._settle(number)
        self._done_with(number)
        return dropped

    def give_up(self) -> None:
        """Wait for nobody any more: the run is to stop."""
        self._held.clear()

    def left_over(self) -> list[Step]:
        """Return the steps that were left for later and never wanted."""
        if self._memory is None:
            return []
        return [self._plan.steps[number] for number in self._memory.unwanted()]

    # --- Inside

    def _take(self) -> int | None:
        self._ask_again()
        while not self._runnable:
            if not self._schedule:
                return None
            step = self._schedule.next()
            if step.action != "blocked":
                self._decide(self._number[step.node.name])
        number = heapq.heappop(self._runnable)
        return number if number not in self._dropped else self._take()

    def _decide(self, number: int) -> None:
        step = self._plan.steps[number]
        if self._judge is None or self._memory is None:
            self._push(number)
            return
        if self._memory.only(number):
            self._judge.defer(step)
            self._memory.leave(number)
            if self._asked_for(step):
                self._want(number, (Reason("needed", "the caller asked for its result"),))
            self._settle(number)
            self._unneeded(number)
            return
        decision = self._judge.decide(step)
        if decision.action == "skip" and not self._asked_for(step):
            self._memory.leave(number)
            self._skipped(step, (*decision.reasons, *self._judge.adopt(step, decision)))
            self._settle(number)
            self._done_with(number)
        else:
            self._want(number, decision.reasons)

    def _asked_for(self, step: Step) -> bool:
        return any(save.place == "memory" and save.name in self._plan.kept for save in step.saves)

    def _want(self, number: int, reasons: tuple[Reason, ...]) -> None:
        """Have a step run, after those whose values in memory it needs."""
        assert self._memory is not None
        wanted = [(number, reasons)]
        while wanted:
            number, reasons = wanted.pop()
            if number in self._reasons:
                continue
            self._reasons[number] = reasons
            needed = (Reason("needed", f"'{self._plan.steps[number].node.name}' needs its result"),)
            self._bring_back(number)
            producers = self._memory.needs(number, self._performed)
            wanted += [(producer, needed) for producer in producers]
            if not producers:
                self._push(number)

    def _bring_back(self, number: int) -> None:
        """Take from an earlier run what it had made for this step before it failed."""
        assert self._memory is not None
        for producer in self._memory.producers(number):
            step = self._plan.steps[producer]
            waits = (
                producer in self._performed or producer in self._reasons or not self._memory.only(producer)
            )
            if waits or self._restore is None or not self._restore(step):
                continue
            self._performed.add(producer)
            self._memory.give_up(producer)
            self._skipped(step, (Reason("restored", "its result was kept when an earlier run failed"),))
            self._done_with(producer)

    def _push(self, number: int) -> None:
        heapq.heappush(self._runnable, number)

    def _settle(self, number: int) -> None:
        if number not in self._settled:
            self._settled.add(number)
            self._schedule.done(self._plan.steps[number])

    def _drop(self, step: Step) -> bool:
        number = self._number[step.node.name]
        finished = number in self._performed or (number in self._settled and number not in self._reasons)
        if finished or number in self._dropped:
            return False
        self._dropped.add(number)
        return True

    def _done_with(self, number: int) -> None:
        """Tell the producers of its inputs in memory that this step will not need them any more."""
        if self._memory is None:
            return
        for producer in self._memory.done_with(number):
            self._unneeded(producer)

    def _unneeded(self, number: int) -> None:
        assert self._memory is not None
        if number not in self._reasons and self._memory.nobody_waits(number):
            self._memory.give_up(number)
            self._skipped(
                self._plan.steps[number], (Reason("not_needed", "nothing that runs needs its result"),)
            )
            self._done_with(number)

    def _lease(self, step: Step) -> Holder | None:
        if self._leases is None or self._judge is None or not step.stores:
            return None
        return self._leases.take(self._judge.locations(step))

    def _give_back(self, step: Step) -> None:
        if self._leases is not None and self._judge is not None and step.stores:
            self._leases.give_back(self._judge.locations(step))

    def _ask_again(self) -> None:
        """Look again for the locations that others held."""
        if not self._held or time.monotonic() - self._asked < _ASK_AGAIN:
            return
        self._asked = time.monotonic()
        held, self._held = self._held, []
        for number in held:
            if self._lease(self._plan.steps[number]) is None:
                self._push(number)
            else:
                self._held.append(number)

    def _still_wanted(self, number: int) -> bool:
        """Decide once more, now that the outputs are ours, if another run has made them in the meantime."""
        step = self._plan.steps[number]
        if self._leases is None or self._judge is None or not step.stores:
            return True
        if not self._judge.is_overtaken(step):
            return True
        self._judge.look_again(step)
        decision = self._judge.decide(step)
        if decision.action != "skip" or self._asked_for(step):
            return True
        self._give_back(step)
        self._skipped(step, decision.reasons)
        self._settle(number)
        self._done_with(number)
        return False


def _takes_parts(child: Step, step: Step) -> bool:
    made = set(step.node.writes)
    return all(load.mode is not None for load in child.loads if strip_transcoding(load.name) in made)


def _held_by(holder: Holder, step: Step) -> UsageError:
    return UsageError(
        f"'{holder.location}' is being written by another run",
        where=f"node '{step.node.name}'",
        why=f"run {holder.run} (process {holder.pid} on {holder.host}) holds it",
        hint="wait for it to finish, or leave --no-wait out",
    )
