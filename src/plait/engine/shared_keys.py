"""What the runs of one step tell each other about its keys, beside outputs that all of them see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from plait.engine.plan import Step
from plait.engine.shared_parts import SharedParts
from plait.engine.shared_traces import SharedTraces
from plait.ledger.traces import TraceRow

__all__ = ["SharedKeys", "together"]

Traces = Mapping[str, Sequence[TraceRow]]
"""Key → its traces, newest first."""


class SharedKeys:
    """Reads and adds to the records beside the outputs of steps; does nothing where none is shared.

    Args:
        location: says where a dataset lies.
    """

    def __init__(self, shared: SharedTraces, location: Callable[[str], str]) -> None:
        self._shared = shared
        self._location = location

    def add(self, step: Step, rows: Sequence[TraceRow]) -> None:
        """Take records of what was just made."""
        for place in self._beside(step):
            place.add(rows)

    def settle(self, step: Step) -> None:
        """Write down what was made since."""
        for place in self._beside(step):
            place.settle()

    def withdraw(self, step: Step, home: str, run: str, keys: Iterable[str]) -> None:
        """Take back what was recorded of keys in a run."""
        for place in self._beside(step):
            place.withdraw(home, run, keys)

    def exchange(self, step: Step, home: str, own: Iterable[TraceRow]) -> dict[str, list[TraceRow]]:
        """Return what lies there, and add what is known here only.

        Args:
            own: the traces of this state folder that fit what lies there, one for each key.
        """
        found: dict[str, list[TraceRow]] = {}
        mine = list(own) if (places := self._beside(step)) else []
        for place in places:
            rows = [row for row in place.rows() if row.home == home and row.part is not None]
            for row in rows:
                found.setdefault(row.part or "", []).append(row)
            told = {(row.part, row.run) for row in rows}
            place.add([row for row in mine if (row.part, row.run) not in told])
        return found

    def _beside(self, step: Step) -> list[SharedParts]:
        names = [save.name for save in step.saves if save.place == "stored"]
        found = [self._shared.parts(name, self._location(name)) for name in names]
        return [place for place in found if place is not None]


def together(own: Traces, others: Traces) -> dict[str, Sequence[TraceRow]]:
    """Return all traces of each key, the own ones first."""
    return {**own, **{key: [*own.get(key, ()), *rows] for key, rows in others.items()}}
