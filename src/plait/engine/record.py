"""The record of one run: its ledger rows and its events, from the first to the last."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from plait.engine.capture import Capture
from plait.engine.journal import Journal
from plait.engine.observers import Observers
from plait.engine.options import RunOptions
from plait.engine.perform import Performer, peak_memory
from plait.engine.plan import Plan
from plait.engine.provenance import GitState, imported_versions
from plait.engine.recorded_parameters import recorded_parameters
from plait.engine.result import NodeResult
from plait.events import LogLine, RunFinished, RunStarted, RunStatus
from plait.ledger import Ledger, Provenance, RunSetting, RunWriter, new_run_id

__all__ = ["Record"]


class Record:
    """Opens and closes what a run writes about itself.

    Attributes:
        run_id: identifier of the run.
        journal: where the fate of each node is told.
        observed: whether anybody listens, so that events are worth making.
    """

    def __init__(self, options: RunOptions, writer: RunWriter | None) -> None:
        self._options = options
        self._writer = writer
        self._observers = Observers(options.observers)
        self.run_id = new_run_id() if writer is None else writer.run_id
        self.journal = Journal(self.run_id, self._observers, writer)
        self.observed = writer is not None or bool(self._observers.listening)

    @classmethod
    def begin(cls, plan: Plan, options: RunOptions, ledger: Ledger | None) -> Record:
        """Begin the record in the ledger and tell the observers. Raises LedgerError."""
        names = tuple([step.node.name for step in plan.steps])
        writer = None
        if ledger is not None:
            if options.git is not None:
                options.git.ask()
            setting = RunSetting(
                options.pipeline_name,
                options.executor,
                options.environment,
                options.selection,
                recorded_parameters(options.parameters),
            )
            writer = ledger.begin(setting, names)
        record = cls(options, writer)
        if record._observers.listening:
            record._observers.tell(
                RunStarted(
                    record.run_id,
                    time.time(),
                    options.pipeline_name,
                    options.environment,
                    options.executor,
                    names,
                )
            )
        return record

    @contextlib.contextmanager
    def listening(self, performer: Performer) -> Iterator[None]:
        """Turn what nodes print and log into events while the block runs, if that is asked for."""
        if not self._options.capture:
            yield
            return
        capture = Capture(self._said, echo=self._options.echo, aside=self._observers.speaking)
        performer.capture = capture
        with capture.installed():
            yield

    def end(self, status: RunStatus, seconds: float, nodes: Iterable[NodeResult]) -> None:
        """Close the record. Raises LedgerError when the ledger cannot be written."""
        counts = Counter(node.status for node in nodes)
        if self._writer is not None:
            git = GitState() if self._options.git is None else self._options.git.state()
            provenance = Provenance(git.commit, git.dirty, imported_versions(), peak_memory())
            self._writer.finish(status, counts, provenance)
        if self._observers.listening:
            self._observers.tell(
                RunFinished(
                    self.run_id,
                    time.time(),
                    status,
                    seconds,
                    counts["done"],
                    counts["skipped"],
                    counts["failed"],
                    counts["blocked"],
                )
            )

    @property
    def observer_errors(self) -> tuple[str, ...]:
        return tuple(self._observers.errors)

    def _said(self, node: str, stream: str, text: str, level: str | None, logger: str | None) -> None:
        self.journal.tell(LogLine(self.run_id, time.time(), node, stream, text, level, logger))  # type: ignore[arg-type]
