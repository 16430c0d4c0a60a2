"""The loop that drives an executor through a plan, and decides what a failure means for the rest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from plait.catalog import DataCatalog
from plait.catalog.protocols import Releases
from plait.engine.allocation import collection_paused
from plait.engine.executors import Executor
from plait.engine.failure import user_traceback
from plait.engine.journal import Journal
from plait.engine.memory import RunMemory
from plait.engine.perform import Outcome, Task
from plait.engine.plan import Plan, Step
from plait.engine.result import NodeResult
from plait.engine.schedule import Schedule

__all__ = ["Execution", "Stop"]

_FIRST_DELAY = 0.5  # seconds before the first retry; doubled for each further one
_LONGEST_DELAY = 60.0


@dataclass(slots=True)
class Stop:
    """Asks a run to start nothing more and to let running calls finish."""

    requested: bool = False

    def request(self) -> None:
        self.requested = True


class Execution:
    """One pass over a plan.

    Args:
        fail_fast: stop at the first failure instead of finishing independent branches.
        stop: looked at before each node.
    """

    def __init__(
        self,
        plan: Plan,
        catalog: DataCatalog,
        memory: RunMemory,
        executor: Executor,
        journal: Journal,
        *,
        fail_fast: bool = False,
        stop: Stop | None = None,
    ) -> None:
        self._plan = plan
        self._catalog = catalog
        self._memory = memory
        self._executor = executor
        self._journal = journal
        self._fail_fast = fail_fast
        self._stop = stop or Stop()
        with collection_paused():
            self._schedule = Schedule(plan.steps)
            self.nodes = {step.node.name: NodeResult(step.node.name) for step in plan.steps}
        self._running = 0
        self._retries: list[tuple[float, Task]] = []
        self._stored_readers = _stored_readers(plan)

    def run(self) -> Mapping[str, NodeResult]:
        """Execute the plan and return what became of each node."""
        try:
            self._give_up_blocked()
            while self._submit_ready() or self._running or self._retries:
                self._take_outcomes()
        finally:
            self._executor.close()
        return self.nodes

    @property
    def stopped(self) -> bool:
        return self._stop.requested

    def _submit_ready(self) -> bool:
        submitted = False
        while self._running < self._executor.capacity and not self._stop.requested:
            task = self._due_retry()
            if task is None and self._schedule:
                task = Task(self._schedule.next())
            if task is None:
                break
            if task.step.action == "blocked":
                continue
            self._submit(task)
            submitted = True
        return submitted

    def _submit(self, task: Task) -> None:
        self._journal.started(task)
        self._running += 1
        self._executor.submit(task)

    def _take_outcomes(self) -> None:
        if self._stop.requested:
            self._retries.clear()
        if not self._running:
            if self._retries:
                time.sleep(max(0.0, min(due for due, _ in self._retries) - time.monotonic()))
            return
        for outcome in self._executor.wait():
            self._running -= 1
            if outcome.error is None:
                self._succeeded(outcome)
            else:
                self._failed(outcome)

    def _succeeded(self, outcome: Outcome) -> None:
        step = outcome.task.step
        try:
            for name in step.node.confirms:
                self._catalog.confirm(name)
        except Exception as error:
            self._failed(outcome._replace(error=error, traceback=user_traceback(error)))
            return
        self._note(outcome, "done")
        self._journal.finished(outcome)
        self._release(step)
        self._schedule.done(step)

    def _failed(self, outcome: Outcome) -> None:
        step, attempt = outcome.task
        will_retry = attempt <= step.node.retries and not self._stop.requested
        self._journal.failed(outcome, will_retry=will_retry)
        self._note(outcome, "failed")
        if will_retry:
            delay = min(_FIRST_DELAY * 2 ** (attempt - 1), _LONGEST_DELAY)
            self._retries.append((time.monotonic() + delay, Task(step, attempt + 1)))
            return
        self._block_dependants(step, step.node.name)
        self._release(step)
        if self._fail_fast:
            self._stop.request()

    def _note(self, outcome: Outcome, status: str) -> None:
        step, attempt = outcome.task
        result = self.nodes[step.node.name]
        result.status = status  # type: ignore[assignment]
        result.started = outcome.started
        result.seconds = outcome.seconds
        result.attempts = attempt
        result.peak_memory = outcome.peak_memory
        result.error = outcome.error
        result.traceback = outcome.traceback
        result.reasons = step.reasons

    def _give_up_blocked(self) -> None:
        for step in self._plan.steps:
            if step.action == "blocked" and self.nodes[step.node.name].status != "blocked":
                self._block(step, step.reasons[0].text)
                self._block_dependants(step, step.node.name)

    def _block_dependants(self, step: Step, by: str) -> None:
        for dependant in self._schedule.block(step):
            if self.nodes[dependant.node.name].status != "blocked":
                self._block(dependant, by)

    def _block(self, step: Step, by: str) -> None:
        result = self.nodes[step.node.name]
        result.status = "blocked"
        result.blocked_by = by
        result.reasons = step.reasons
        self._journal.blocked(step, by)
        self._release(step)

    def _release(self, step: Step) -> None:
        """Let go of inputs that nobody else waits for."""
        for name in step.reads:
            self._memory.done_with(name)
        if not self._stored_readers:
            return
        for name in {load.name for load in step.loads if load.name in self._stored_readers}:
            self._release_stored(name)

    def _release_stored(self, name: str) -> None:
        left = self._stored_readers[name] = self._stored_readers[name] - 1
        if left:
            return
        dataset = self._catalog.dataset(name)
        if isinstance(dataset, Releases):
            dataset.release()

    def _due_retry(self) -> Task | None:
        if not self._retries:
            return None
        now = time.monotonic()
        for item in self._retries:
            due, task = item
            if due <= now:
                self._retries.remove(item)
                return task
        return None


def _stored_readers(plan: Plan) -> dict[str, int]:
    """Count the readers of stored data that this run itself makes; free inputs are never released."""
    made = {save.name for step in plan.steps for save in step.saves if save.place == "stored"}
    readers: Counter[str] = Counter()
    for step in plan.steps:
        readers.update({load.name for load in step.loads if load.name in made})
    return readers
