"""The records beside one partitioned dataset, as one run reads them and adds to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from plait.catalog.locations import redact
from plait.engine.segments import Segments, Withdrawal
from plait.ledger.traces import TraceRow

__all__ = ["SharedParts"]

_LATEST = 5.0  # seconds of work that a killed run may have left without a record beside it
_MANY = 8  # segments, above which they are merged


class SharedParts:
    """Collects what a run makes, and writes it down every few seconds and at the end.

    Whatever fails is told and changes nothing else: what has no record is computed again by others.

    Args:
        name: of the dataset, for messages.
        tell: takes messages.
    """

    def __init__(self, name: str, segments: Segments, tell: Callable[[str], None]) -> None:
        self._name = name
        self._segments = segments
        self._tell = tell
        self._told: set[str] = set()
        self._pending: list[TraceRow] = []
        self._written: list[TraceRow] = []
        self._withdrawn: set[Withdrawal] = set()
        self._own: list[str] = []
        self._due = 0.0
        self._many = False

    def rows(self) -> list[TraceRow]:
        """Return the records that lie there, newest first."""
        try:
            found = self._segments.read()
        except Exception as error:  # of whatever store this is
            self._say(f"the records beside '{self._name}' cannot be read: {_short(error)}")
            return []
        self._many = len(found.names) > _MANY
        for file, why in found.ignored.items():
            self._say(f"'{file}' among the records beside '{self._name}' is ignored: {why}")
        return found.rows

    def add(self, rows: Sequence[TraceRow]) -> None:
        """Take records of what was just made."""
        if not rows:
            return
        now = time.monotonic()
        if not self._pending:
            self._due = now + _LATEST
        self._pending += rows
        if now >= self._due:
            self._write(self._pending)

    def withdraw(self, home: str, run: str, parts: Iterable[str] | None = None) -> None:
        """Take back the records of a run, all or those of some parts."""
        gone: set[Withdrawal] = {(home, run, part) for part in ([None] if parts is None else parts)}
        if self._own:
            self._withdrawn |= gone  # somebody may have merged them into a segment of theirs
        for rows in (self._pending, self._written):
            rows[:] = [row for row in rows if gone.isdisjoint(_named(row))]

    def settle(self) -> None:
        """Write what was made since, all of this run in one segment."""
        if not self._pending and len(self._own) < 2 and not self._withdrawn:
            return
        before = self._own
        if not self._write([*self._written, *self._pending]):
            return
        self._tried(lambda: self._segments.remove(before))
        if self._many:
            self._tried(self._segments.merge)
        self._own, self._written, self._withdrawn = [], [], set()

    def _write(self, rows: list[TraceRow]) -> bool:
        names: list[str] = []
        if not self._tried(lambda: names.append(self._segments.write(rows, self._withdrawn))):
            self._due = time.monotonic() + _LATEST
            return False
        self._own = [*self._own, *names]
        self._written += self._pending
        self._pending = []
        return True

    def _tried(self, action: Callable[[], None]) -> bool:
        try:
            action()
        except Exception as error:  # of whatever store this is
            text = f"no records can be kept beside '{self._name}', so others will not recognise it"
            self._say(f"{text}: {_short(error)}")
            return False
        return True

    def _say(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._tell(text)


def _named(row: TraceRow) -> set[Withdrawal]:
    return {(row.home, row.run, None), (row.home, row.run, row.part)}


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return redact(f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)
