"""The loop that drives an executor through a plan, and decides what a failure means for the rest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from plait.catalog import DataCatalog
from plait.catalog.protocols import Fingerprinted, Releases
from plait.engine.agenda import Agenda
from plait.engine.allocation import collection_paused
from plait.engine.executors import Executor
from plait.engine.intake import Intakes, Parts, Whole
from plait.engine.journal import Journal
from plait.engine.judge import Judge
from plait.engine.keeping import Keeping
from plait.engine.key_run import KeyRun
from plait.engine.key_runs import KeyRuns, by_node
from plait.engine.keys import RunKeys
from plait.engine.limits import Limits
from plait.engine.memory import RunMemory
from plait.engine.parts import Part
from plait.engine.perform import Outcome, Task
from plait.engine.plan import Plan, Step
from plait.engine.result import NodeResult, NodeStatus
from plait.engine.stop import Stop
from plait.errors import PlaitError, WorkerError
from plait.events import Reason
from plait.ledger.leases import Leases
from plait.values import Fingerprint

__all__ = ["Execution"]

_FIRST_DELAY = 0.5  # seconds before the first retry; doubled for each further one
_LONGEST_DELAY = 60.0
_TOLD_OF_SKIPS = ("removals_held", "consumed_changed", "applies_to_new")
_ASK_AGAIN = 0.05  # seconds between two looks at outputs that another run is writing


class Execution:
    """One pass over a plan.

    Args:
        judge: decides what need not run; None runs everything.
        leases: keep other runs from writing the same outputs.
        limits: how much there is of what nodes name in ``resources``.
        fail_fast: stop at the first failure instead of finishing independent branches.
        wait: whether to wait for outputs that another run is writing.
        stop: looked at before each node.
        keeping: keeps what would be lost; None where the run keeps no state.
    """

    def __init__(
        self,
        plan: Plan,
        catalog: DataCatalog,
        memory: RunMemory,
        executor: Executor,
        journal: Journal,
        *,
        judge: Judge | None = None,
        leases: Leases | None = None,
        limits: Mapping[str, float] | None = None,
        fail_fast: bool = False,
        wait: bool = True,
        stop: Stop | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        self._plan = plan
        self._catalog = catalog
        self._memory = memory
        self._executor = executor
        self._journal = journal
        self._judge = judge
        self._fail_fast = fail_fast
        self._stop = stop or Stop()
        self._keeping = keeping
        with collection_paused():
            self._agenda = Agenda(
                plan,
                judge,
                leases,
                self._skipped,
                wait=wait,
                chains_first=executor.chains_first,
                restore=None if keeping is None else keeping.restore,
            )
            self.nodes = {step.node.name: NodeResult(step.node.name) for step in plan.steps}
        keys = RunKeys(catalog) if judge is None else judge.parts.keys
        self._intakes = Intakes(catalog, *_fingerprints(catalog))
        self._keys = KeyRuns(judge, keys, executor.capacity)
        self._steps = {step.node.name: step for step in plan.steps}
        self._limits = Limits(limits or {})
        self._running = 0
        self._retries: list[tuple[float, Task]] = []
        self._stored_readers = _stored_readers(plan)

    def run(self) -> Mapping[str, NodeResult]:
        """Execute the plan and return what became of each node."""
        try:
            self._give_up_blocked()
            while self._submit_ready() or self._running or self._retries or self._agenda.held_up:
                self._take_outcomes()
            for step in () if self._stop.requested else self._agenda.left_over():
                self._skipped(step, (Reason("not_needed", "nothing that runs needs its result"),))
        finally:
            for run in self._keys:
                self.nodes[run.step.node.name].keys = run.counts
            self._executor.close()
        return self.nodes

    def _submit_ready(self) -> bool:
        submitted = False
        while self._running < self._executor.capacity and not self._stop.requested:
            task = self._limits.next()
            if task is None:
                task = self._due_retry() or self._next_task()
                if task is None:
                    break
                if not self._limits.take(task):
                    continue
            self._submit(task)
            submitted = True
        return submitted

    def _next_task(self) -> Task | None:
        task = self._keys.next()
        while task is None and not self._stop.requested:
            following = self._agenda.next()
            if following is None:
                return None
            step = following.step
            self.nodes[step.node.name].reasons = following.reasons
            if step.node.maps:
                self._begin_keys(step)
                task = self._keys.next()
            else:
                task = self._task(step)
                if task is not None and not self._keeps_foreign(step):
                    task = None
        return task

    def _task(self, step: Step, attempt: int = 1) -> Task | None:
        if step.node.incremental:
            return self._task_on_new(step, attempt)
        completed = frozenset[str]()
        if self._judge is not None and "Completed" in step.node.injected.values():
            completed = self._judge.completed(step)
        return Task(step, attempt, None, completed)

    def _task_on_new(self, step: Step, attempt: int) -> Task | None:
        """Return the task for what is new of a step's inputs, if anything is."""
        intake = self._intakes.of(step) if self._judge is None else self._judge.intake(step)
        if intake.problem is not None:
            self._failed_unstarted(step, intake.problem)
            return None
        if not intake.is_new:
            self._skipped(step, intake.reasons)
            self._agenda.performed(step)
            return None
        self.nodes[step.node.name].reasons = intake.reasons
        return Task(intake.step, attempt)

    def _submit(self, task: Task) -> None:
        step = task.step
        if task.keys is not None:
            if self._judge is not None:
                self._judge.parts.begin(self._journal.run_id, step, task.keys)
        else:
            if self._judge is not None and step.stores:
                self._judge.begin(self._journal.run_id, [step])
            self._journal.started(task, self.nodes[step.node.name].reasons)
        self._running += 1
        self._executor.submit(task)

    def _take_outcomes(self) -> None:
        if self._stop.requested:
            self._retries.clear()
            self._keys.stop()
            self._limits.forget()
            self._agenda.give_up()
        if not self._running:
            self._pause()
            return
        for outcome in self._executor.wait(self._patience()):
            self._running -= 1
            self._limits.give_back(outcome.task.step)
            if outcome.task.keys is not None:
                self._batch_ended(outcome)
            elif outcome.error is None:
                self._succeeded(outcome)
            else:
                self._failed(outcome)

    def _pause(self) -> None:
        """Nothing runs: wait for the next retry, or for another run to finish with an output."""
        time.sleep(self._next_look() or 0.0)

    def _patience(self) -> float | None:
        """Return how long to wait for outcomes before something else may be started."""
        return self._next_look() if self._running < self._executor.capacity else None

    def _next_look(self) -> float | None:
        """Return the seconds until something that waits may be due, or None if nothing waits."""
        waits = [due - time.monotonic() for due, _ in self._retries]
        if self._agenda.held_up:
            waits.append(_ASK_AGAIN)
        return max(0.0, min(waits)) if waits else None

    def _succeeded(self, outcome: Outcome) -> None:
        step = outcome.task.step
        if self._judge is not None:
            if step.node.streams:
                self._end_stream(outcome.task)
            unrecorded = self._judge.succeeded(self._journal.run_id, step, dict(outcome.saved))
            if unrecorded is not None:
                self._journal.noted(step, unrecorded)
        self._note(outcome, "done")
        self._journal.finished(outcome)
        self._release(step)
        self._agenda.performed(step)

    def _failed(self, outcome: Outcome) -> None:
        step, attempt = outcome.task.step, outcome.task.attempt
        will_retry = attempt <= step.node.retries and not self._stop.requested
        self._journal.failed(outcome, will_retry=will_retry)
        self._note(outcome, "failed")
        if will_retry:
            again = outcome.task._replace(attempt=attempt + 1)
            if "Completed" in step.node.injected.values():
                again = self._task(step, attempt + 1) or again
            self._retries.append((time.monotonic() + _delay(attempt), again))
            return
        if self._judge is not None and not step.node.maps:
            self._judge.failed(self._journal.run_id, step)
        self._keep_inputs(step)
        self._block_dependants(step)
        self._release(step)
        if self._fail_fast:
            self._stop.request()

    # --- Keys

    def report(self, parts: list[Part]) -> None:
        """Take what became of keys, as soon as it is known."""
        for name, group in by_node(parts).items():
            step = self._steps[name]
            if self._judge is not None:
                for reason in self._judge.parts.done(self._journal.run_id, step, group):
                    self._journal.noted(step, reason)
            run = self._keys.of(name)
            if run is None:
                self._keys.yielded(name, [part.key for part in group])
            for part in group:
                self._take_part(step, part, run)

    def _take_part(self, step: Step, part: Part, run: KeyRun | None) -> None:
        again = run is not None and run.took(part)
        self._journal.part(part, will_retry=again)
        if again:
            task = Task(step, part.attempt + 1, (part.key,))
            self._retries.append((time.monotonic() + _delay(part.attempt), task))
        elif part.error is not None and self._fail_fast:
            self._stop.request()

    def _begin_keys(self, step: Step) -> None:
        if not self._keeps_foreign(step):
            return
        run = self._keys.begin(step)
        self._journal.started(Task(step), self.nodes[step.node.name].reasons)
        if run.is_over:
            self._end_keys(run)

    def _batch_ended(self, outcome: Outcome) -> None:
        run = self._keys.of(outcome.task.step.node.name)
        assert run is not None
        run.measured(outcome)
        left = run.left_by(outcome)
        if isinstance(outcome.error, WorkerError):
            # Keys are called in order: it was the first of them that took the process along.
            self.report([_broken_part(outcome, key) for key in left[:1]])
            run.put_back(left[1:])
        elif outcome.error is not None:
            run.broke(outcome.error, left)
        if run.is_over:
            self._end_keys(run)

    def _end_keys(self, run: KeyRun) -> None:
        step, result = run.step, self.nodes[run.step.node.name]
        result.keys = run.counts
        if run.stopped:
            return
        self._keys.end(run)
        unrecorded = self._judge.finish_parts(step) if self._judge is not None else None
        notices = self._judge.notices() if self._judge is not None else ()
        for reason in (unrecorded, run.plan.held, *notices):
            if reason is not None:
                self._journal.noted(step, reason)
        outcome = run.outcome()
        if outcome.error is not None:
            self._note(outcome, "failed")
            self._journal.failed(outcome, will_retry=False, keys=run.counts)
            self._keep_inputs(step)
            self._let_go_of_keys(run)
        elif run.plan.blocked:
            self._note(outcome, "blocked")
            name = self._keys.blocking(step, self._plan.pipeline.producers)
            producer = self._plan.pipeline.producers.get(name)
            self._block(step, name if producer is None else producer.name)
            self._let_go_of_keys(run)
        else:
            self._note(outcome, "done")
            self._journal.finished(outcome, run.counts)
            self._release(step)
            self._agenda.performed(step)

    def _let_go_of_keys(self, run: KeyRun) -> None:
        """Block what needs all keys of a step, and let the rest go on with those there are."""
        step = run.step
        dropped = self._agenda.failed(step) if run.gave_up else self._agenda.lacks_keys(step)
        for dependant in dropped:
            if self.nodes[dependant.node.name].status == "not run":
                self._block(dependant, step.node.name)
        if self.nodes[step.node.name].status == "failed":
            self._release(step)

    def _end_stream(self, task: Task) -> None:
        assert self._judge is not None
        keys = self._keys.all_yielded(task.step.node.name) | task.completed
        held = self._judge.finish_stream(task.step, keys)
        if held is not None:
            self._journal.noted(task.step, held)

    # --- What became of steps

    def _note(self, outcome: Outcome, status: NodeStatus) -> None:
        step, attempt = outcome.task.step, outcome.task.attempt
        result = self.nodes[step.node.name]
        result.status = status
        result.started = outcome.started
        result.seconds = outcome.seconds
        result.attempts = attempt
        result.peak_memory = outcome.peak_memory
        result.error = outcome.error
        result.traceback = outcome.traceback

    def _skipped(self, step: Step, reasons: tuple[Reason, ...]) -> None:
        result = self.nodes[step.node.name]
        result.status = "skipped"
        result.reasons = reasons
        self._journal.skipped(step, reasons)
        for reason in reasons:
            if reason.kind in _TOLD_OF_SKIPS:
                self._journal.noted(step, reason)
        self._release(step)

    def _give_up_blocked(self) -> None:
        for step in self._plan.steps:
            if step.action == "blocked" and self.nodes[step.node.name].status != "blocked":
                self._block(step, step.reasons[0].text)
                self._block_dependants(step)

    def _block_dependants(self, step: Step) -> None:
        for dependant in self._agenda.failed(step):
            if self.nodes[dependant.node.name].status == "not run":
                self._block(dependant, step.node.name)

    def _block(self, step: Step, by: str) -> None:
        result = self.nodes[step.node.name]
        result.status = "blocked"
        result.blocked_by = by
        result.reasons = step.reasons or result.reasons
        self._journal.blocked(step, by)
        self._keep_inputs(step)
        self._release(step)

    def _keeps_foreign(self, step: Step) -> bool:
        """Keep what lies where a step saves, if Plait did not make it, and say so.

        Where it cannot be kept it must not be replaced either: the step fails.
        """
        if self._keeping is None or not step.stores:
            return True
        try:
            kept = self._keeping.before(step)
        except PlaitError as error:
            self._failed_unstarted(step, error)
            return False
        result = self.nodes[step.node.name]
        for reason in kept:
            self._journal.noted(step, reason)
            result.reasons = (*result.reasons, reason)
        return True

    def _failed_unstarted(self, step: Step, error: PlaitError) -> None:
        self._failed(Outcome(Task(step, step.node.retries + 1), time.time(), 0.0, error, str(error)))

    def _keep_inputs(self, step: Step) -> None:
        if self._keeping is not None and step.reads:
            self._keeping.broken(step, partial(self._journal.noted, step))

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
        self._executor.release(name)
        dataset = self._catalog.dataset(name)
        if issubclass(type(dataset), Releases):  # many times faster than isinstance for a protocol
            cast(Releases, dataset).release()

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


def _delay(attempt: int) -> float:
    """Return the seconds to wait after a failed attempt."""
    return float(min(_FIRST_DELAY * 2 ** (attempt - 1), _LONGEST_DELAY))


def _broken_part(outcome: Outcome, key: str) -> Part:
    task = outcome.task
    return Part(
        task.step.node.name,
        key,
        task.attempt,
        outcome.started,
        outcome.seconds,
        outcome.error,
        outcome.traceback,
    )


def _fingerprints(catalog: DataCatalog) -> tuple[Parts, Whole]:
    """Return what identifies parts and datasets where nobody remembers it."""

    def parts(name: str) -> Mapping[str, Fingerprint]:
        dataset: Any = catalog.dataset(name)
        return dict(dataset.part_fingerprints())

    def whole(name: str) -> Fingerprint | None:
        dataset = catalog.dataset(name)
        return dataset.fingerprint() if isinstance(dataset, Fingerprinted) else None

    return parts, whole


def _stored_readers(plan: Plan) -> dict[str, int]:
    """Count the readers of stored data that this run itself makes; free inputs are never released."""
    made = {save.name for step in plan.steps for save in step.saves if save.place == "stored"}
    readers: Counter[str] = Counter()
    for step in plan.steps:
        readers.update({load.name for load in step.loads if load.name in made})
    return readers
