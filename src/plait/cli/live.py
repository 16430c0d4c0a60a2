"""The live view of a run on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from plait.cli.output import duration
from plait.cli.progress import Clock, headline, outcome, said, slow, unlisted
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

__all__ = ["LiveView"]

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SHOWN = 8  # running nodes
_BAR = 20  # characters


class LiveView:
    """Finished nodes above, and below them what runs now, how much is done and what is left.

    Args:
        usual: what nodes took when they last succeeded, asked once when the run begins.
    """

    def __init__(self, usual: Callable[[tuple[str, ...]], Mapping[str, float]]) -> None:
        self._usual = usual
        self._clock = Clock({}, ())
        self._total = 0
        self._ended = 0
        self._turn = 0
        # The stream as it is now: while nodes run, what is written to sys.stdout is taken for theirs.
        self._console = Console(
            file=sys.stdout, highlight=False, no_color=bool(os.environ.get("NO_COLOR")) or None
        )
        self._live = Live(
            self,
            console=self._console,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self._live.stop()

    def announce(self, plan: Plan, catalog: DataCatalog) -> None:
        """Say which free outputs will live in memory only."""
        for text in unlisted(plan, catalog):
            self.note(text)

    def note(self, text: str) -> None:
        """Print a line above the view."""
        self._console.print(Text.from_ansi(text))

    def on_event(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._begin(event)
            case NodeStarted():
                self._clock.starts(event.node)
            case NodeFailed(will_retry=True):
                self._clock.running.pop(event.node, None)
                self.note(outcome(event))
            case NodeFinished() | NodeSkipped() | NodeBlocked() | NodeFailed():
                self._end(event)
            case LogLine():
                if (text := said(event)) is not None:
                    self.note(text)

    def _begin(self, event: RunStarted) -> None:
        self._total = len(event.nodes)
        self._clock = Clock(self._usual(event.nodes), event.nodes)
        self.note(headline(event))
        self._live.start()

    def _end(self, event: NodeFinished | NodeSkipped | NodeBlocked | NodeFailed) -> None:
        self._ended += 1
        self._clock.ends(event.node)
        if slow(event, self._total):
            self.note(outcome(event))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self._turn += 1
        running = list(self._clock.running.items())
        for node, since in running[:_SHOWN]:
            seconds = self._clock.elapsed_since(since)
            yield Text.assemble(
                (f"{_SPINNER[self._turn % 10]} ", "cyan"), node, (f"  {duration(seconds)}", "dim")
            )
        if len(running) > _SHOWN:
            yield Text(f"  and {len(running) - _SHOWN} more", style="dim")
        yield self._bar()

    def _bar(self) -> Text:
        done = round(_BAR * self._ended / self._total) if self._total else 0
        left = self._clock.left
        rest = f", about {duration(left)} left" if left else ""
        return Text.assemble(
            ("━" * done, "green"),
            ("━" * (_BAR - done), "dim"),
            f" {self._ended}/{self._total}  {duration(self._clock.elapsed)}{rest}",
        )
