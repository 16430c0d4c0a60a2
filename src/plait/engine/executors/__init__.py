"""Where node calls happen. One scheduler drives every executor through a few methods."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from plait.engine.executors.inline import InlineExecutor
from plait.engine.executors.site import Site
from plait.engine.executors.threads import ThreadExecutor
from plait.engine.limits import refuse_unfit
from plait.engine.perform import Outcome, Task
from plait.engine.plan import Plan
from plait.errors import PlaitError, Problems, UsageError, did_you_mean

if TYPE_CHECKING:
    from plait.engine.options import RunOptions
    from plait.engine.workers import Workers

__all__ = ["EXECUTORS", "Executor", "Site", "check_fit", "choose_executor", "cores", "make_executor"]

EXECUTORS = ("inline", "threads", "processes")


class Executor(Protocol):
    """Performs tasks.

    Attributes:
        capacity: how many tasks it takes at a time.
        chains_first: whether what a node made should be used before more is made.
    """

    @property
    def capacity(self) -> int: ...

    @property
    def chains_first(self) -> bool: ...

    def submit(self, task: Task) -> None:
        """Start one task."""

    def wait(self, patience: float | None = None) -> list[Outcome]:
        """Return outcomes of submitted tasks: at least one, unless ``patience`` seconds pass."""
        ...

    def release(self, name: str) -> None:
        """Let the dataset ``name`` free what it holds in memory, where that is not this process."""

    def close(self) -> None:
        """Give back what the executor holds, and break off what still runs."""


def choose_executor(name: str | None, workers: int | Workers | None) -> str:
    """Return the executor that a caller means: workers alone mean processes.

    Raises:
        UsageError: there is no such executor, it has no workers, or their number makes no sense.
    """
    chosen = name or ("inline" if workers is None else "processes")
    if chosen not in EXECUTORS:
        raise UsageError(
            f"There is no executor '{chosen}'",
            why="Known are " + ", ".join(EXECUTORS),
            hint=did_you_mean(chosen, EXECUTORS),
        )
    if chosen == "inline" and workers is not None:
        raise UsageError(
            "The inline executor has no workers", hint="leave workers out, or use executor='processes'"
        )
    if isinstance(workers, int) and workers < 1:
        raise UsageError(f"There cannot be {workers} workers", hint="workers is at least 1")
    if chosen == "threads" and workers is not None and not isinstance(workers, int):
        raise UsageError("The threads executor has no worker processes", hint="give a number of threads")
    return chosen


def check_fit(plan: Plan, options: RunOptions) -> None:
    """Raise what the executor would stumble over, all at once, before anything runs."""
    executor = choose_executor(options.executor, options.workers)
    if options.limits:
        refuse_unfit(plan.steps, options.limits)
    problems: list[PlaitError] = []
    if executor == "processes":
        from plait.engine.executors.sending import unsendable

        problems += unsendable(plan.steps)
    else:
        problems += [
            _no_timeout(step.node.name, executor) for step in plan.steps if step.node.timeout is not None
        ]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def make_executor(site: Site) -> Executor:
    """Return the executor that the options name."""
    name, workers = site.options.executor, site.options.workers
    if name == "processes":
        from plait.engine.executors.processes import ProcessExecutor

        return ProcessExecutor(site)
    if name == "threads":
        return ThreadExecutor(site, workers if isinstance(workers, int) else cores())
    return InlineExecutor(site)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _no_timeout(node: str, executor: str) -> PlaitError:
    return UsageError(
        f"Node '{node}' has a timeout, which the {executor} executor cannot keep",
        where=f"node '{node}'",
        why="A call that runs in the coordinating process cannot be stopped from outside",
        hint="run it in worker processes: plait run --executor processes",
    )
