"""Which keys a step works on: those that all its ``each`` inputs have, within what was selected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plait.catalog import DataCatalog
from plait.engine.plan import Step
from plait.pipeline import Each, strip_transcoding

__all__ = ["Joined", "RunKeys", "chosen", "is_partitioned", "join"]


@dataclass(frozen=True, slots=True)
class Joined:
    """The keys of a step.

    Attributes:
        keys: those to work on, sorted.
        unmatched: dataset → keys it lacks although it should have them.
        blocked: keys that an input lacks because they failed, or were blocked, earlier in the run.
    """

    keys: tuple[str, ...]
    unmatched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()


def join(
    keys: Mapping[str, Iterable[str]],
    skips: frozenset[str] = frozenset(),
    failed: Mapping[str, frozenset[str]] | None = None,
) -> Joined:
    """Join datasets on their keys.

    Args:
        keys: dataset → the keys it has.
        skips: datasets that may lack keys of the others.
        failed: dataset → keys that it should have had; what lies there under them is of no use.
    """
    lost = failed or {}
    blocked = frozenset[str]().union(*lost.values())
    have = {name: frozenset(found) - blocked for name, found in keys.items()}
    every = frozenset[str]().union(*have.values())
    missing = {name: every - found for name, found in have.items() if len(found) < len(every)}
    unmatched = {name: tuple(sorted(gap)) for name, gap in missing.items() if name not in skips}
    common = every.difference(*missing.values())
    return Joined(tuple(sorted(common)), unmatched, tuple(sorted(blocked)))


def chosen(keys: Sequence[str], patterns: Sequence[str] | None) -> tuple[str, ...]:
    """Return the keys that any of the patterns fits (``*`` and ``?`` as in selectors); None picks all."""
    if patterns is None:
        return tuple(keys)
    exact = frozenset(patterns)
    globs = [_expression(pattern) for pattern in patterns if "*" in pattern or "?" in pattern]
    return tuple([key for key in keys if key in exact or any(glob.fullmatch(key) for glob in globs)])


def is_partitioned(dataset: Any) -> bool:
    """Say whether a dataset has keyed parts, without looking at the whole protocol each time."""
    return hasattr(type(dataset), "part_fingerprints")


class RunKeys:
    """The keys there are during one run.

    Attributes:
        lost: dataset → keys that failed or were blocked in this run.
    """

    def __init__(self, catalog: DataCatalog) -> None:
        self._catalog = catalog
        self.lost: dict[str, frozenset[str]] = {}

    def of(self, step: Step, listed: Callable[[str], Iterable[str]] | None = None) -> Joined:
        """Join the ``each`` inputs of a step, within its selection.

        Args:
            listed: gives the keys of a dataset where they are known already.
        """
        modes = {load.name: load.mode for load in step.loads if isinstance(load.mode, Each)}
        found = {name: (listed or self._listed)(name) for name in modes}
        skips = frozenset(name for name, mode in modes.items() if mode.missing == "skip")
        lost = {name: self.lost[base] for name in modes if (base := strip_transcoding(name)) in self.lost}
        joined = join(found, skips, lost)
        if step.keys is None:
            return joined
        return Joined(
            chosen(joined.keys, step.keys),
            {name: picked for name, gap in joined.unmatched.items() if (picked := chosen(gap, step.keys))},
            chosen(joined.blocked, step.keys),
        )

    def lose(self, step: Step, keys: Iterable[str]) -> None:
        """Note keys that a step's outputs lack from now on."""
        for save in step.saves:
            self.lost[strip_transcoding(save.name)] = frozenset(keys)

    def _listed(self, name: str) -> Iterable[str]:
        dataset: Any = self._catalog.dataset(name)
        keys: list[str] = dataset.keys()
        return keys


def _expression(pattern: str) -> re.Pattern[str]:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)
