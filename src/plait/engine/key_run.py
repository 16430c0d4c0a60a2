"""The keys of one step while they run: what is to do, in batches, and what became of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from plait.engine.key_plan import KeyPlan, listed
from plait.engine.parts import Part
from plait.engine.perform import Outcome, Task
from plait.engine.plan import Step
from plait.engine.result import KeyCounts
from plait.errors import KeysError, PlaitError

__all__ = ["KeyRun"]

_BATCH = 0.2  # seconds a batch should take: little against the hand-over, and soon over when a run is stopped
_GROWTH = 4  # how much larger than the last a batch may be: the first keys may be quick by chance
_SHARE = 4  # batches that should be left for each worker, so that all end at about the same time


@dataclass(slots=True)
class KeyRun:
    """Hands out the keys of a step, and counts.

    Attributes:
        failed: what became of keys that failed for good.
        in_flight: keys that are with the executor, or wait to be tried again, with the number of the try.
        batches: how many tasks with keys have no outcome yet, which may be told of all its keys before.
    """

    step: Step
    plan: KeyPlan
    capacity: int
    begun: float = field(default_factory=time.time)
    failed: dict[str, Part] = field(default_factory=dict)
    done: int = 0
    in_flight: dict[str, int] = field(default_factory=dict)
    gave_up: bool = False
    stopped: bool = False
    batches: int = 0
    _pending: deque[str] = field(default_factory=deque)
    _size: int = 1
    _broken: BaseException | None = None

    def __post_init__(self) -> None:
        if self._on_error == "stop" and (self.plan.unmatched or self.plan.blocked):
            self.gave_up = bool(self.plan.run)
            return
        self._pending.extend(self.plan.run)

    @property
    def _on_error(self) -> str:
        return self.step.node.on_error or "continue"

    @property
    def is_over(self) -> bool:
        """Whether nothing is to do and nothing runs."""
        return not self._pending and not self.in_flight and not self.batches

    def next(self) -> Task | None:
        """Return the next batch, or None where all keys are handed out."""
        if not self._pending:
            return None
        fair = max(1, len(self._pending) // (self.capacity * _SHARE))
        # A timeout is that of one call.
        size = 1 if self.step.node.timeout is not None else min(self._size, fair)
        keys = tuple([self._pending.popleft() for _ in range(size)])
        self.in_flight.update(dict.fromkeys(keys, 1))
        self.batches += 1
        return Task(self.step, 1, keys)

    def took(self, part: Part) -> bool:
        """Count a key that is done or failed; return whether it shall be tried again."""
        attempt = self.in_flight.pop(part.key, part.attempt)
        if part.error is None:
            self.done += 1
            return False
        if attempt <= self.step.node.retries and not self.stopped:
            self.in_flight[part.key] = attempt + 1
            self.batches += 1
            return True
        if self.failed:
            # The first keeps its frames, for the debugger; the others would keep their data alive.
            part.error.__traceback__ = None
        self.failed[part.key] = part
        if self._on_error == "stop":
            self.give_up()
        return False

    def measured(self, outcome: Outcome) -> None:
        """Count a batch off, and learn from it how large the next may be."""
        self.batches -= 1
        keys = outcome.task.keys or ()
        if outcome.error is None and keys:
            fitting = int(_BATCH * len(keys) / max(outcome.seconds, 1e-6))
            self._size = max(1, min(fitting, _GROWTH * max(self._size, len(keys))))

    def left_by(self, outcome: Outcome) -> list[str]:
        """Return the keys of a batch that broke off before it came to them, in order."""
        attempt = outcome.task.attempt
        return [key for key in outcome.task.keys or () if self.in_flight.get(key) == attempt]

    def put_back(self, keys: Sequence[str]) -> None:
        """Have keys run after all that were in a batch which broke off."""
        for key in keys:
            del self.in_flight[key]
        if not self.stopped and not self.gave_up:
            self._pending.extendleft(reversed(keys))
        # Whatever broke it off, the next batches should lose less.
        self._size = 1

    def broke(self, error: BaseException, keys: Iterable[str]) -> None:
        """Give up: no key can run."""
        self._broken = error
        for key in keys:
            self.in_flight.pop(key, None)
        self.give_up()

    def give_up(self) -> None:
        """Start no further key: the node has failed."""
        self.gave_up = self.gave_up or bool(self._pending)
        self._pending.clear()

    def stop(self) -> None:
        """Start no further key: the run is to end."""
        self.stopped = self.stopped or bool(self._pending)
        self._pending.clear()

    def lost(self) -> list[str]:
        """Return the keys that the outputs lack, or have only from earlier inputs."""
        unmatched = {key for gap in self.plan.unmatched.values() for key in gap}
        return sorted({*self.failed, *self.plan.blocked, *unmatched})

    @property
    def counts(self) -> KeyCounts:
        plan = self.plan
        missing = sum(map(len, plan.unmatched.values()))
        return KeyCounts(self.done, plan.skip, len(self.failed), len(plan.blocked), missing, len(plan.retire))

    def outcome(self) -> Outcome:
        """Return what became of the node as a whole."""
        text = "" if self._broken is not None else self._traceback()
        return Outcome(Task(self.step), self.begun, time.time() - self.begun, self._error(), text)

    def _error(self) -> BaseException | None:
        """Return what the node failed with, or None if it has done all it could."""
        if self._broken is not None:
            return self._broken
        if not self.failed and not self.plan.unmatched:
            return None
        node = self.step.node
        error = KeysError(self._headline(), where=f"node '{node.name}'", why="\n".join(self._lines()))
        first = next(iter(self.failed.values()), None)
        error.__cause__ = first.error if first is not None else None
        return error

    def _traceback(self) -> str:
        """Return the user's own frames of the first failure."""
        return next((f"key '{key}'\n{part.traceback}" for key, part in self.failed.items()), "")

    def _headline(self) -> str:
        parts = []
        if self.failed:
            total = len(self.plan.run) + self.plan.skip
            parts.append(f"{len(self.failed):,} of {total:,} keys failed in node '{self.step.node.name}'")
        if self.plan.unmatched:
            parts.append(f"keys of node '{self.step.node.name}' have no partner")
        return "; ".join(parts)

    def _lines(self) -> list[str]:
        lines = [f"'{key}': {_one_line(part.error)}" for key, part in list(self.failed.items())[:5]]
        if len(self.failed) > len(lines):
            lines.append(f"and {len(self.failed) - len(lines):,} more")
        for name, gap in self.plan.unmatched.items():
            lines.append(f"'{name}' lacks {listed(gap)}; each('{name}', missing='skip') would leave them out")
        return lines


def _one_line(error: BaseException | None) -> str:
    if isinstance(error, PlaitError):
        return error.what
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
