"""Node calls in threads of the coordinating process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from plait.engine.executors.site import Site
from plait.engine.parts import Part
from plait.engine.perform import Outcome, Performer, Task

__all__ = ["ThreadExecutor", "Threads"]


class Threads:
    """Threads that perform tasks; one more is started whenever all are busy.

    Args:
        done: is given the outcome of each task, or what broke it off; called in its thread.
    """

    def __init__(self, performer: Performer, done: Callable[[Outcome | BaseException], None]) -> None:
        self._performer = performer
        self._done = done
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._count = 0

    def start(self, task: Task) -> None:
        if not self._idle.acquire(blocking=False):
            self._count += 1
            # Daemons: a second Ctrl-C does not wait for a node that computes for hours.
            threading.Thread(target=self._work, name=f"plait-{self._count}", daemon=True).start()
        self._tasks.put(task)

    def close(self) -> None:
        """Let the threads end when they are done."""
        for _ in range(self._count):
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                outcome: Outcome | BaseException = self._performer.perform(task)
            except BaseException as error:  # KeyboardInterrupt raised by the node's own code
                outcome = error
            self._idle.release()
            self._done(outcome)


class ThreadExecutor:
    """Performs as many tasks at a time as there are threads."""

    chains_first = True

    def __init__(self, site: Site, count: int) -> None:
        self.capacity = count
        self._outcomes: SimpleQueue[Outcome | list[Part] | BaseException] = SimpleQueue()
        self._report = site.report
        site.performer.report = self._outcomes.put
        self._threads = Threads(site.performer, self._outcomes.put)

    def submit(self, task: Task) -> None:
        self._threads.start(task)

    def wait(self, patience: float | None = None) -> list[Outcome]:
        outcomes: list[Outcome] = []
        parts: list[Part] = []
        try:
            self._sort(self._outcomes.get(timeout=patience), outcomes, parts)
            while True:
                self._sort(self._outcomes.get_nowait(), outcomes, parts)
        except Empty:
            pass
        finally:
            if parts:
                self._report(parts)
        return outcomes

    def _sort(
        self, item: Outcome | list[Part] | BaseException, outcomes: list[Outcome], parts: list[Part]
    ) -> None:
        if isinstance(item, BaseException):
            raise item
        if isinstance(item, list):
            parts += item
        else:
            outcomes.append(item)

    def release(self, name: str) -> None:
        """Nothing to do: there are no datasets but those of this process."""

    def close(self) -> None:
        self._threads.close()
