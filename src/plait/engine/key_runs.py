"""The steps of a run that are called key by key, and what generators have yielded so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from plait.engine.judge import Judge
from plait.engine.key_plan import KeyPlan
from plait.engine.key_run import KeyRun
from plait.engine.keys import RunKeys
from plait.engine.parts import Part
from plait.engine.perform import Task
from plait.engine.plan import Step
from plait.pipeline import Each, strip_transcoding

__all__ = ["KeyRuns", "by_node"]


class KeyRuns:
    """Keeps the steps whose keys are running.

    Args:
        judge: decided which keys run; without one all of them do.
        capacity: how many batches run at once.
    """

    def __init__(self, judge: Judge | None, keys: RunKeys, capacity: int) -> None:
        self._judge = judge
        self._keys = keys
        self._capacity = capacity
        self._active: dict[str, KeyRun] = {}
        self._yielded: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[KeyRun]:
        return iter(self._active.values())

    def begin(self, step: Step) -> KeyRun:
        """Take up a step."""
        run = self._active[step.node.name] = KeyRun(step, self._plan(step), self._capacity)
        return run

    def end(self, run: KeyRun) -> None:
        """Count a step off; what its outputs lack is known from now on."""
        del self._active[run.step.node.name]
        lost = run.lost()
        if lost:
            self._keys.lose(run.step, lost)

    def next(self) -> Task | None:
        """Return the next batch of keys of any step."""
        for run in self._active.values():
            task = run.next()
            if task is not None:
                return task
        return None

    def of(self, name: str) -> KeyRun | None:
        """Return the keys of a node, where it is called key by key."""
        return self._active.get(name)

    def stop(self) -> None:
        """Start no further key."""
        for run in self._active.values():
            run.stop()

    def yielded(self, name: str, keys: Iterable[str]) -> None:
        """Note keys that a generator has yielded."""
        self._yielded.setdefault(name, set()).update(keys)

    def all_yielded(self, name: str) -> set[str]:
        """Return the keys that a generator has yielded in this run."""
        return self._yielded.pop(name, set())

    def blocking(self, step: Step, producers: Mapping[str, object]) -> str:
        """Return the dataset that makes keys of a step impossible."""
        names = [strip_transcoding(load.name) for load in step.loads if isinstance(load.mode, Each)]
        return next((name for name in names if name in self._keys.lost and name in producers), names[0])

    def _plan(self, step: Step) -> KeyPlan:
        if self._judge is not None:
            return self._judge.parts.plan(step)
        joined = self._keys.of(step)
        return KeyPlan(joined.keys, 0, joined.unmatched, joined.blocked)


def by_node(parts: Iterable[Part]) -> dict[str, list[Part]]:
    """Group what became of keys by their node."""
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(part.node, []).append(part)
    return found
