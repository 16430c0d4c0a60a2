"""Calling a node once per key, and telling of each part as soon as it is saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from plait.catalog import storage
from plait.catalog.memory import copied
from plait.engine.data import RunData
from plait.engine.failure import user_traceback
from plait.engine.keys import is_partitioned
from plait.engine.plan import Load, Save, Step
from plait.values import Fingerprint

__all__ = ["KeyedCalls", "Part", "Report", "saved_parts"]


class Part(NamedTuple):
    """What became of one key. ``error`` is None when the parts of all outputs are saved.

    ``saved`` are the stored outputs with what identifies their part, where the run keeps account of that.
    """

    node: str
    key: str
    attempt: int
    started: float
    seconds: float
    error: BaseException | None = None
    traceback: str = ""
    saved: tuple[tuple[str, Fingerprint | None], ...] = ()


Report = Callable[[list[Part]], None]

_TINY = 0.02  # seconds of work that may wait to be told of together with the next


class _Attempt(Protocol):
    def __call__(
        self, step: Step, attempt: int, values: list[Any], key: str, load: Callable[[Load], Any]
    ) -> None: ...


class KeyedCalls:
    """Calls a step for one key after another; what one key loaded is let go before the next."""

    def __init__(self, data: RunData, attempt: _Attempt, *, fingerprint: bool) -> None:
        self._data = data
        self._attempt = attempt
        self._fingerprint = fingerprint

    def perform(self, step: Step, attempt: int, keys: Sequence[str], report: Report) -> None:
        """Call the step for each key. What the user's code raises is reported and ends nothing else."""
        load = _loader(self._data, step, several=len(keys) > 1)
        told = time.perf_counter()
        parts: list[Part] = []
        with storage.many():
            try:
                for key in keys:
                    parts.append(self._one(step, attempt, key, load))
                    now = time.perf_counter()
                    if now - told > _TINY:
                        parts, group, told = [], parts, now
                        report(group)
            finally:
                if parts:
                    report(parts)

    def _one(self, step: Step, attempt: int, key: str, load: Callable[[Load], Any]) -> Part:
        name = step.node.name
        at = step.at(key)
        started, begun = time.time(), time.perf_counter()
        values: list[Any] = []
        try:
            self._attempt(at, attempt, values, key, load)
            saved = saved_parts(self._data, at.saves, key) if self._fingerprint else ()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a SystemExit in a node is the failure of its key
            seconds = time.perf_counter() - begun
            given = zip([binding.dataset for binding in step.node.bindings], values, strict=False)
            return Part(name, key, attempt, started, seconds, error, user_traceback(error, given))
        return Part(name, key, attempt, started, time.perf_counter() - begun, None, "", saved)


def saved_parts(data: RunData, saves: Iterable[Save], key: str) -> tuple[tuple[str, Fingerprint | None], ...]:
    """Identify the parts of a key that were just saved."""
    return tuple(
        [
            (save.name, _dataset(data, save.name).part_fingerprints([key]).get(key))
            for save in saves
            if save.place == "stored" and is_partitioned(_dataset(data, save.name))
        ]
    )


def _dataset(data: RunData, name: str) -> Any:
    return data.catalog.dataset(name)


def _loader(data: RunData, step: Step, *, several: bool) -> Callable[[Load], Any]:
    """Return what loads the arguments of a key; what is whole is loaded once for several keys."""
    whole = {load.name for load in step.loads if load.place == "stored" and load.mode is None}
    if not several or not whole:
        return data.load
    loaded: dict[tuple[str, str | None], Any] = {}

    def load(item: Load) -> Any:
        if item.place != "stored" or item.mode is not None:
            return data.load(item)
        place = item.name, item.frame
        if place not in loaded:
            loaded[place] = data.load(item)
        return copied(loaded[place])

    return load
