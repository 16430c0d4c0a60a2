"""Telling observers and the ledger what happens to each node.

The ledger is part of the run: when it cannot be written, the run fails. Observers are not.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict

from plait.engine.failure import one_line
from plait.engine.observers import Observers
from plait.engine.parts import Part
from plait.engine.perform import Outcome, Task
from plait.engine.plan import Step
from plait.engine.result import KeyCounts
from plait.events import (
    DatasetLoaded,
    DatasetSaved,
    Event,
    LogLine,
    NodeBlocked,
    NodeFailed,
    NodeFinished,
    NodeSkipped,
    NodeStarted,
    PartitionDone,
    Reason,
)
from plait.ledger import DatasetRecord, LogRecord, MeasuredRecord, RunWriter

__all__ = ["Journal"]


class Journal:
    """Writes each step's fate into the ledger and the event stream, where there are any."""

    def __init__(self, run_id: str, observers: Observers, writer: RunWriter | None) -> None:
        self._run_id = run_id
        self._observers = observers
        self._writer = writer
        self._why: dict[str, str | None] = {}

    def tell(self, event: Event) -> None:
        """Take an event that comes from where a node runs."""
        if self._writer is not None:
            _write(event, self._writer)
        if self._observers.listening:
            self._observers.tell(event)

    @property
    def run_id(self) -> str:
        return self._run_id

    def started(self, task: Task, reasons: tuple[Reason, ...] = ()) -> None:
        now = time.time()
        step, attempt = task.step, task.attempt
        if self._writer is not None:
            self._why[step.node.name] = _reasons(reasons)
            if step.stores:
                self._writer.node_started(step.node.name, now, attempt)
        if self._observers.listening:
            self._observers.tell(NodeStarted(self._run_id, now, step.node.name, attempt, None, reasons))

    def part(self, part: Part, *, will_retry: bool) -> None:
        """Tell what became of one key."""
        now = time.time()
        if part.error is not None:
            what = "failed and will be tried again" if will_retry else "failed"
            text = f"key '{part.key}' {what}\n{part.traceback}".rstrip()
            level = "WARNING" if will_retry else "ERROR"
            if self._writer is not None:
                self._writer.line(LogRecord(now, part.node, "log", level, "plait", text))
        if self._observers.listening:
            error = None if part.error is None else one_line(part.error)
            self._observers.tell(PartitionDone(self._run_id, now, part.node, part.key, part.seconds, error))

    def finished(self, outcome: Outcome, keys: KeyCounts | None = None) -> None:
        step, attempt = outcome.task.step, outcome.task.attempt
        name = step.node.name
        if self._writer is not None:
            for dataset, fingerprint in outcome.saved:
                token = None if fingerprint is None else fingerprint.token
                self._writer.dataset(DatasetRecord(time.time(), name, dataset, "made", 0.0, token))
            self._writer.node_ended(
                name,
                "done",
                started=outcome.started,
                seconds=outcome.seconds,
                attempts=attempt,
                peak_memory=outcome.peak_memory,
                reasons=self._why.pop(name, None),
                durable=step.stores,
            )
        if self._observers.listening:
            self._observers.tell(
                NodeFinished(
                    self._run_id, time.time(), name, outcome.seconds, outcome.peak_memory, _counted(keys)
                )
            )

    def failed(self, outcome: Outcome, *, will_retry: bool, keys: KeyCounts | None = None) -> None:
        assert outcome.error is not None
        step, attempt = outcome.task.step, outcome.task.attempt
        name, error = step.node.name, one_line(outcome.error)
        if self._writer is not None and not will_retry:
            self._writer.node_ended(
                name,
                "failed",
                started=outcome.started,
                seconds=outcome.seconds,
                attempts=attempt,
                peak_memory=outcome.peak_memory,
                error=error,
                traceback=outcome.traceback,
                reasons=self._why.pop(name, None),
                durable=True,
            )
        if self._observers.listening:
            self._observers.tell(
                NodeFailed(
                    self._run_id,
                    time.time(),
                    name,
                    outcome.seconds,
                    error,
                    outcome.traceback,
                    will_retry,
                    _counted(keys),
                )
            )

    def skipped(self, step: Step, reasons: tuple[Reason, ...]) -> None:
        if self._writer is not None:
            self._writer.node_ended(step.node.name, "skipped", reasons=_reasons(reasons))
        if self._observers.listening:
            self._observers.tell(NodeSkipped(self._run_id, time.time(), step.node.name, reasons))

    def noted(self, step: Step, reason: Reason) -> None:
        """Tell what is worth knowing of a node that is done, such as why its result was not recorded."""
        self.tell(LogLine(self._run_id, time.time(), step.node.name, "log", reason.text, "WARNING", "plait"))

    def blocked(self, step: Step, by: str) -> None:
        if self._writer is not None:
            self._writer.node_ended(step.node.name, "blocked", error=by, reasons=_reasons(step.reasons))
        if self._observers.listening:
            self._observers.tell(NodeBlocked(self._run_id, time.time(), step.node.name, by))


def _write(event: Event, writer: RunWriter) -> None:
    match event:
        case DatasetLoaded(_, time, node, dataset, seconds):
            writer.dataset(DatasetRecord(time, node, dataset, "load", seconds, None))
        case DatasetSaved(_, time, node, dataset, seconds, version):
            writer.dataset(DatasetRecord(time, node, dataset, "save", seconds, version))
            writer.measured(
                MeasuredRecord(node, dataset, time, event.rows, event.bytes, event.columns, event.metrics)
            )
        case LogLine(_, time, node, stream, text, level, logger):
            writer.line(LogRecord(time, node, stream, level, logger, text))


def _counted(keys: KeyCounts | None) -> dict[str, int] | None:
    return None if keys is None else asdict(keys)


def _reasons(reasons: tuple[Reason, ...]) -> str | None:
    if not reasons:
        return None
    return json.dumps([item.to_json() for item in reasons])
