"""What a run shows while it goes on: live on a terminal, plain lines elsewhere, JSON lines on request."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from plait.cli.output import SCHEMA, duration, styled
from plait.events import (
    Event,
    LogLine,
    NodeBlocked,
    NodeFailed,
    NodeFinished,
    NodeSkipped,
    NodeStarted,
    RunStarted,
)

if TYPE_CHECKING:
    from plait.catalog import DataCatalog
    from plait.engine import Plan
    from plait.project import Project

__all__ = ["JsonLines", "PlainLines", "Progress", "begin"]

_QUIET_FROM = 60  # nodes: above, only slow nodes get a line of their own on a terminal
_LOUD = {"WARNING", "ERROR", "CRITICAL"}


class Progress(Protocol):
    """Shows a run; an observer that is also told the plan, and given notes between."""

    def announce(self, plan: Plan, catalog: DataCatalog) -> None: ...
    def note(self, text: str) -> None: ...
    def on_event(self, event: Event) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None: ...


def begin(project: Project, *, as_json: bool) -> Progress:
    """Return the view that fits where the output goes."""
    if as_json:
        return JsonLines()
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        from plait.cli.live import LiveView

        return LiveView(_history(project))
    return PlainLines()


def _history(project: Project) -> Any:
    """Return a function from node names to what they usually take, in seconds."""

    def usual(nodes: tuple[str, ...]) -> Mapping[str, float]:
        from plait.ledger import Ledger

        ledger = Ledger.find(project.state)
        return ledger.usual_seconds(nodes) if ledger is not None else {}

    return usual


class _Printed:
    """Writes to stdout as it was when the run began: while nodes run, ``sys.stdout`` is theirs."""

    def __init__(self) -> None:
        self._out = sys.stdout

    def _print(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self._out.flush()


class JsonLines(_Printed):
    """One JSON document a line, one line an event."""

    def announce(self, plan: Plan, catalog: DataCatalog) -> None:
        """Nothing: the events say it all."""

    def note(self, text: str) -> None:
        """Nothing: notes are for people."""

    def on_event(self, event: Event) -> None:
        self._print(json.dumps({"schema": SCHEMA, **event.to_json()}, default=str))


class PlainLines(_Printed):
    """One line for each node that ends, and for each line that a node prints."""

    def __init__(self) -> None:
        super().__init__()
        self._total = 0
        self._ended = 0
        self._why: dict[str, str] = {}

    def announce(self, plan: Plan, catalog: DataCatalog) -> None:
        """Say which free outputs will live in memory only, before hours go into them."""
        for text in unlisted(plan, catalog):
            self.note(text)

    def note(self, text: str) -> None:
        self._print(text)

    def on_event(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._total = len(event.nodes)
                self.note(headline(event))
            case NodeStarted(attempt=1):
                self._why[event.node] = because(event)
            case NodeStarted(attempt=attempt) if attempt > 1:
                self.note(f"{self._place()} {event.node} starts again (attempt {attempt})")
            case NodeFinished() | NodeSkipped() | NodeBlocked() | NodeFailed():
                self._end(event)
            case LogLine():
                if (text := said(event)) is not None:
                    self.note(text)

    def _end(self, event: NodeFinished | NodeSkipped | NodeBlocked | NodeFailed) -> None:
        if not (isinstance(event, NodeFailed) and event.will_retry):
            self._ended += 1
        why = self._why.pop(event.node, "")
        shown = "" if isinstance(event, NodeFailed) else why  # its error is what matters now
        self.note(f"{self._place()} {outcome(event)}{shown}")

    def _place(self) -> str:
        width = len(str(self._total))
        return f"[{self._ended:>{width}}/{self._total}]"


def unlisted(plan: Plan, catalog: DataCatalog) -> list[str]:
    """Return one line for each free output that the catalog does not know."""
    from plait.errors import did_you_mean

    known = [name for name in catalog.keys() if catalog.entry(name) is not None]  # noqa: SIM118
    names = sorted(name for name in plan.kept if catalog.entry(name) is None and name not in known)
    texts = []
    for name in names:
        hint = did_you_mean(name, known)
        texts.append(
            f"'{name}' is not in the catalog and lives in memory only" + (f": {hint}" if hint else "")
        )
    return texts


def headline(event: RunStarted) -> str:
    """Return the first line of a run."""
    count = len(event.nodes)
    name = "" if event.pipeline == "__default__" else f"{event.pipeline}, "
    where = f", {event.environment}" if event.environment not in (None, "local") else ""
    return f"{name}{count} node{'' if count == 1 else 's'}{where}   run {event.run_id}"


def outcome(event: NodeFinished | NodeSkipped | NodeBlocked | NodeFailed) -> str:
    """Return one line about a node that ended."""
    match event:
        case NodeFinished():
            return f"{styled('✓', '32')} {event.node}  {styled(duration(event.seconds), '2')}"
        case NodeSkipped():
            return f"{styled('·', '2')} {event.node}  skipped"
        case NodeBlocked():
            by = f": {event.by}" if " " in event.by else f" by {event.by}"  # an input, or a node
            return f"{styled('○', '33')} {event.node}  blocked{by}"
        case NodeFailed():
            again = ", will be tried again" if event.will_retry else ""
            return f"{styled('✗', '31;1')} {event.node}  {event.error}{again}"


def said(event: LogLine) -> str | None:
    """Return what a node said, or None for what is only worth keeping (``plait runs logs`` shows it)."""
    if event.stream == "log" and event.level not in _LOUD:
        return None
    level = f"{event.level} " if event.level else ""
    return f"  {styled(f'{event.node} │', '2')} {level}{event.text}"


def because(event: NodeStarted) -> str:
    """Return in short why a node runs; nothing for one that never ran before."""
    reason = event.reasons[0] if event.reasons else None
    if reason is None or reason.kind in ("never_ran", "needed"):
        return ""
    others = sum(other.kind != "kept" for other in event.reasons[1:])  # that one is told at once
    more = f" (+{others})" if others else ""
    return styled(f"  {reason.text}{more}", "2")


def slow(event: Event, total: int) -> bool:
    """Tell whether a node that ended deserves a line of its own."""
    return total <= _QUIET_FROM or (isinstance(event, NodeFinished) and event.seconds >= 1)


class Clock:
    """What is running, since when, and how long the rest will take by what it took before."""

    def __init__(self, usual: Mapping[str, float], nodes: tuple[str, ...]) -> None:
        self._usual = usual
        self._left = dict.fromkeys(nodes)
        self._begun = time.monotonic()
        self.running: dict[str, float] = {}

    def starts(self, node: str) -> None:
        """A node starts."""
        self.running[node] = time.monotonic()

    def ends(self, node: str) -> None:
        """A node has ended, in whatever way."""
        self.running.pop(node, None)
        self._left.pop(node, None)

    def elapsed_since(self, moment: float) -> float:
        """Seconds since a moment of this clock."""
        return time.monotonic() - moment

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._begun

    @property
    def left(self) -> float | None:
        """Seconds that are left, or None where too little is known."""
        known = [name for name in self._left if name in self._usual]
        if not known or len(known) < len(self._left):
            return None
        now = time.monotonic()
        spent = {name: now - since for name, since in self.running.items()}
        return sum(max(self._usual[name] - spent.get(name, 0.0), 0.0) for name in known)
