"""Node calls in worker processes."""

from __future__ import annotations

import inspect
import os
import secrets
import sys
import tempfile
import time
from multiprocessing import connection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from plait.engine.executors.handover import Handover
from plait.engine.executors.sending import pickled_surroundings, pickled_task, raw_data
from plait.engine.executors.site import Site
from plait.engine.executors.threads import Threads
from plait.engine.failure import user_traceback
from plait.engine.main_script import main_script
from plait.engine.parcels import Parcel, shared_folders
from plait.engine.parts import Part
from plait.engine.perform import Outcome, Task
from plait.engine.plan import Step
from plait.engine.workers import Worker, Workers
from plait.engine.workers import messages as say
from plait.engine.workers.errors_sent import received
from plait.engine.workers.ownership import owner_prefix, sweep, sweep_dead
from plait.errors import PlaitError, WorkerError

__all__ = ["ProcessExecutor"]


class _Job:
    """A task on its way: with a worker, or waiting for values that lie with others."""

    def __init__(self, task: Task, ticket: int) -> None:
        self.task = task
        self.ticket = ticket
        self.missing: set[str] = set()
        self.deadline: float | None = None


class ProcessExecutor:
    """Performs tasks in worker processes, each where its data is as far as that is free.

    Nodes on datasets that are bound to a live connection run in threads of this process.
    """

    chains_first = True

    def __init__(self, site: Site) -> None:
        workers = site.options.workers
        self._site = site
        self._own = not isinstance(workers, Workers)
        self._pool = workers if isinstance(workers, Workers) else Workers(workers)
        self._run = secrets.token_hex(4)
        self._folders = shared_folders(_fallback(site))
        sweep_dead(self._folders)
        self._prefix = f"{owner_prefix()}{self._run}-"
        self._tickets = 0
        self._outcomes: list[Outcome] = []
        self._bound: dict[str, bool] = {}
        self._handover = Handover(site, self._folders, self._prefix)
        self._local = _LocalThreads(site)
        self._data: dict[str, Parcel] = {}
        self._surroundings = b""
        self._jobs: dict[Worker, _Job] = {}
        self._queued: dict[Worker, list[_Job]] = {}
        self._workers: list[Worker] = []
        self.capacity = self._pool.count

    # --- Taking tasks

    def submit(self, task: Task) -> None:
        if self._is_bound(task.step):
            self._local.start(task)
            return
        if not self._workers:
            self._begin()
        self._tickets += 1
        self._place(_Job(task, self._tickets))

    def _begin(self) -> None:
        """Get workers and what they need; a run that has nothing to do needs neither."""
        site = self._site
        steps = [step for step in site.plan.steps if step.action != "blocked" and not self._is_bound(step)]
        self._data = raw_data(steps, site.catalog, self._folders, self._prefix)
        self._surroundings = pickled_surroundings(site, steps)
        self._workers = self._pool.lend()

    def _place(self, job: _Job) -> None:
        """Give a job to a worker: where most of its data is, or else to any that is free."""
        lost = self._handover.lost(job.task.step)
        if lost is not None:
            self._fail(job.task, lost)
            return
        owners = self._handover.owners(job.task.step)
        pinned = next((owner for name, owner in owners if name in self._handover.stuck), None)
        worker = pinned or self._choose([owner for _, owner in owners])
        if worker in self._jobs:
            self._queued.setdefault(worker, []).append(job)
            return
        self._jobs[worker] = job
        for name, owner in owners:
            if owner is not worker and name not in self._handover.stuck:
                job.missing.add(name)
                owner.send(say.Fetch(self._run, name))
        if not job.missing:
            self._dispatch(worker, job)

    def _choose(self, owners: list[Worker]) -> Worker:
        free = [worker for worker in self._workers if worker not in self._jobs]
        return max(free or self._workers, key=owners.count)

    def _dispatch(self, worker: Worker, job: _Job) -> None:
        step = job.task.step
        try:
            payload = pickled_task(job.task)
            given = self._handover.given(step)
        except PlaitError as error:
            self._free(worker)
            self._fail(job.task, error)
            return
        pack, keep = self._handover.destinations(step, self._is_bound)
        self._open(worker)
        worker.send(say.Perform(self._run, job.ticket, step.node.name, payload, given, pack, keep))

    def _open(self, worker: Worker) -> None:
        if self._run in worker.runs:
            return
        worker.runs.add(self._run)
        options = self._site.options
        worker.send(
            say.Open(
                self._run,
                main_script(),
                str(Path.cwd()),
                tuple(sys.path),
                self._surroundings,
                self._data,
                self._site.facts,
                self._site.plan.copy_modes,
                tuple(map(str, self._folders)),
                f"{self._prefix}{worker.number}",
                self._site.observed,
                options.capture,
                options.echo,
            )
        )

    def _is_bound(self, step: Step) -> bool:
        names = [load.name for load in step.loads if load.place == "stored"]
        names += [save.name for save in step.saves if save.place == "stored"]
        return any(self._has_connection(name) for name in names)

    def _has_connection(self, name: str) -> bool:
        known = self._bound.get(name)
        if known is None:
            dataset = self._site.catalog.dataset(name)
            # Looked up without being called: a property may open the connection.
            known = inspect.getattr_static(dataset, "connection", None) is not None
            self._bound[name] = known
        return known

    # --- Waiting for what becomes of them

    def wait(self, patience: float | None = None) -> list[Outcome]:
        end = None if patience is None else time.monotonic() + patience
        while not self._outcomes:
            self._listen(end)
            self._end_overdue()
            if end is not None and time.monotonic() >= end:
                break
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def _listen(self, end: float | None) -> None:
        moments = [job.deadline for job in self._jobs.values() if job.deadline is not None]
        moments += [] if end is None else [end]
        timeout = max(0.0, min(moments) - time.monotonic()) if moments else None
        watched = {item: worker for worker in self._workers for item in worker.watched}
        ready = connection.wait([*watched, self._local.wakeup], timeout)
        for worker in {watched[item]: None for item in ready if item in watched}:
            self._hear(worker)
        self._outcomes += self._local.outcomes()

    def _hear(self, worker: Worker) -> None:
        try:
            messages = worker.receive()
        except EOFError:
            self._died(worker)
            return
        parts = [part for item in messages if isinstance(item, say.Saved) for part in self._parts(item)]
        if parts:
            self._site.report(parts)
        for message in messages:
            self._take(worker, message)

    def _take(self, worker: Worker, message: Any) -> None:
        match message:
            case say.Told(run, event) if run == self._run:
                self._site.tell(event)
            case say.Begun(ticket):
                self._begun(worker, ticket)
            case say.Done():
                self._done(worker, message)
            case say.Fetched(run) if run == self._run:
                self._fetched(worker, message)
            case say.Refused(run, error) if run == self._run:
                raise received(error)

    def _parts(self, message: say.Saved) -> list[Part]:
        if message.run != self._run:
            return []
        errors = {key: received(error) for key, error in message.errors.items()}
        return [
            part._replace(error=errors[part.key]) if part.key in errors else part for part in message.parts
        ]

    def _begun(self, worker: Worker, ticket: int) -> None:
        job = self._jobs.get(worker)
        if job is not None and job.ticket == ticket and job.task.step.node.timeout is not None:
            job.deadline = time.monotonic() + job.task.step.node.timeout

    def _done(self, worker: Worker, message: say.Done) -> None:
        job = self._jobs.get(worker)
        if job is None or job.ticket != message.ticket:
            return
        error = None if message.error is None else received(message.error)
        if error is None:
            self._handover.made(job.task.step, message.outputs, worker, self._run)
        self._outcomes.append(
            Outcome(
                job.task,
                message.started or time.time(),
                message.seconds,
                error,
                message.traceback,
                message.peak_memory,
                message.saved,
            )
        )
        self._free(worker)

    def _fetched(self, owner: Worker, message: say.Fetched) -> None:
        asked = self._handover.asked.pop(message.name, None)
        if asked is not None:
            asked.answer(message)
            return
        if message.parcel is None:
            self._handover.stuck.add(message.name)
        else:
            self._handover.arrived(message.name, message.parcel)
        for worker, job in list(self._jobs.items()):
            if message.name not in job.missing:
                continue
            job.missing.discard(message.name)
            if message.parcel is None:
                self._free(worker)
                self._move(job, owner, message)
            elif not job.missing:
                self._dispatch(worker, job)

    def _move(self, job: _Job, owner: Worker, message: say.Fetched) -> None:
        """Send a job to where a value lies that cannot leave its process."""
        others = [
            other for name, other in self._handover.owners(job.task.step) if name in self._handover.stuck
        ]
        if any(other is not owner for other in others):
            self._fail(job.task, self._handover.cannot_meet(job.task.step, message))
            return
        job.missing.clear()
        self._place(job)

    def _free(self, worker: Worker) -> None:
        """Let a worker take the next job that waits for it."""
        self._jobs.pop(worker, None)
        waiting = self._queued.get(worker)
        if waiting:
            self._place(waiting.pop(0))

    # --- What goes wrong

    def _end_overdue(self) -> None:
        now = time.monotonic()
        for worker, job in list(self._jobs.items()):
            if job.deadline is not None and job.deadline <= now:
                seconds = job.task.step.node.timeout
                self._replace(worker, "its timeout")
                self._fail(job.task, _overdue(job.task.step, seconds), seconds)

    def _died(self, worker: Worker) -> None:
        cause = worker.cause_of_death()
        job = self._jobs.get(worker)
        self._replace(worker, f"the death of its process ({cause[0].lower()}{cause[1:]})")
        if job is not None:
            self._fail(job.task, _death(job.task.step, cause))

    def _replace(self, worker: Worker, cause: str) -> None:
        """Put a new process in a dead one's place."""
        job = self._jobs.pop(worker, None)
        self._handover.lose(worker, cause)
        new = self._pool.replace(worker)
        self._workers[self._workers.index(worker)] = new
        sweep(self._folders, f"{self._prefix}{worker.number}-", self._handover.paths)
        self._queued[new] = self._queued.pop(worker, [])
        for other in list(self._jobs.values()):
            if other is not job and other.missing:
                self._retry_placing(other)
        self._free(new)

    def _retry_placing(self, job: _Job) -> None:
        """Fail a job that waits for what has just been lost."""
        lost = self._handover.lost(job.task.step)
        if lost is None:
            return
        worker = next(owner for owner, held in self._jobs.items() if held is job)
        self._free(worker)
        self._fail(job.task, lost)

    def _fail(self, task: Task, error: PlaitError, seconds: float | None = None) -> None:
        now = time.time()
        began = now - (seconds or 0.0)
        self._outcomes.append(Outcome(task, began, seconds or 0.0, error, user_traceback(error)))

    # --- The end

    def release(self, name: str) -> None:
        for worker in self._workers:
            if self._run in worker.runs:
                worker.send(say.Release(self._run, name))

    def close(self) -> None:
        """Fetch what the caller keeps, remove what is shared, and break off what still runs."""
        self._queued.clear()
        try:
            self._await_asked()
        finally:
            self._end()

    def _await_asked(self) -> None:
        """Wait for values that somebody wants to keep, but not for those behind a task that is broken off."""
        while any(held.worker not in self._jobs for held in self._handover.asked.values()):
            self._listen(None)

    def _end(self) -> None:
        idle = [worker for worker in self._workers if worker not in self._jobs]
        for worker in self._jobs:
            worker.kill()
            self._handover.lose(worker, "the run was broken off")
        for worker in idle:
            if self._run in worker.runs:
                worker.send(say.Close(self._run))
                worker.runs.discard(self._run)
        try:
            self._site.memory.bring_home()
        finally:
            self._local.close()
            if self._workers:
                sweep(self._folders, self._prefix)
            self._pool.take_back(idle)
            if self._own:
                self._pool.close()


class _LocalThreads:
    """Threads of this process whose outcomes can be waited for together with workers."""

    def __init__(self, site: Site) -> None:
        self._queue: SimpleQueue[Outcome | list[Part] | BaseException] = SimpleQueue()
        self.wakeup, self._bell = os.pipe()
        self._report = site.report
        self._threads = Threads(site.performer, self._done)
        site.performer.report = self._done

    def start(self, task: Task) -> None:
        self._threads.start(task)

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes there are. Raises what broke a task off."""
        found: list[Outcome] = []
        try:
            while True:
                outcome = self._queue.get_nowait()
                os.read(self.wakeup, 1)
                if isinstance(outcome, BaseException):
                    raise outcome
                if isinstance(outcome, list):
                    self._report(outcome)
                else:
                    found.append(outcome)
        except Empty:
            return found

    def close(self) -> None:
        self._threads.close()
        os.close(self.wakeup)
        self.wakeup = -1

    def _done(self, outcome: Outcome | list[Part] | BaseException) -> None:
        os.write(self._bell, b".")
        self._queue.put(outcome)


def _fallback(site: Site) -> Path:
    state = site.options.state
    return Path(tempfile.gettempdir()) if state is None else state.resolve() / "shared"


def _overdue(step: Step, seconds: float | None) -> WorkerError:
    return WorkerError(
        f"Node '{step.node.name}' exceeded its timeout of {seconds:g} s",
        where=step.node.where,
        why="Its worker process was ended",
        hint="let it do less, or give it a longer timeout",
    )


def _death(step: Step, cause: str) -> WorkerError:
    return WorkerError(
        f"The worker process of node '{step.node.name}' died", where=step.node.where, why=cause
    )
