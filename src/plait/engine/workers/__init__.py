"""Worker processes that many runs may use, one after another or at the same time."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from types import TracebackType

from plait.engine.main_script import refuse_while_importing
from plait.engine.workers.worker import Worker
from plait.errors import UsageError, WorkerError

__all__ = ["Worker", "Workers"]


class Workers:
    """Worker processes, started once and used by any number of runs.

    They start when the block is entered or the first run needs them, and end with the block, with
    :meth:`close`, or with this process::

        with plait.Workers(2) as workers:
            plait.run(pipeline, catalog, workers=workers)

    Args:
        count: how many; by default as many as this process may use cores.

    Raises:
        UsageError: the number makes no sense, or the system has no worker processes.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = _cores() if count is None else count
        if self.count < 1:
            raise UsageError(f"There cannot be {self.count} workers", hint="workers is at least 1")
        self._idle: list[Worker] = []
        self._lent: weakref.WeakSet[Worker] = weakref.WeakSet()
        self._started = 0
        self._closed = False
        self._lock = threading.Lock()

    def start(self) -> Workers:
        """Start those that do not run yet, and wait until all have started.

        Raises:
            WorkerError: one of them died instead.
        """
        new = [self._new() for _ in range(self.count - len(self._idle))]
        for worker in new:
            try:
                worker.wait_ready()
            except EOFError:
                raise WorkerError("A worker process did not start", why=worker.cause_of_death()) from None
        with self._lock:
            self._idle += new
        return self

    def lend(self) -> list[Worker]:
        """Return as many workers as there are for one run; while another run has them, further ones."""
        if self._closed:
            raise UsageError(
                "These workers are closed", hint="run inside the block: with plait.Workers() as w: …"
            )
        with self._lock:
            taken, self._idle = self._idle, []
        living = [worker for worker in taken if worker.alive]
        for worker in taken:
            if worker not in living:
                worker.kill()
        lent = living + [self._new() for _ in range(self.count - len(living))]
        self._lent.update(lent)
        return lent

    def take_back(self, workers: list[Worker]) -> None:
        """Keep workers for the next run, as many as there may be."""
        with self._lock:
            room = 0 if self._closed else self.count - len(self._idle)
            self._idle += workers[:room]
        _end(workers[room:])

    def replace(self, worker: Worker) -> Worker:
        """Return a new worker in place of one that is dead or shall be."""
        worker.kill()
        new = self._new()
        self._lent.add(new)
        return new

    def close(self) -> None:
        """End all workers that no run is using; those in use end when it gives them back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        _end(idle)

    def __enter__(self) -> Workers:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Workers({self.count})"

    def _new(self) -> Worker:
        refuse_while_importing()
        if sys.platform == "win32":
            raise UsageError(
                "There are no worker processes on Windows yet", hint="run with --executor threads"
            )
        self._started += 1
        return Worker(self._started)


def _end(workers: list[Worker]) -> None:
    for worker in workers:
        worker.shut_down()
    for worker in workers:
        worker.join()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
