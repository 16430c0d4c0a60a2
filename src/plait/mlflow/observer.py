"""Writes down what MLflow is to be told of a run, and starts who tells it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from plait.errors import PlaitError
from plait.events import (
    DatasetLoaded,
    DatasetSaved,
    Event,
    NodeFailed,
    NodeFinished,
    NodeSkipped,
    NodeStarted,
    RunFinished,
    RunStarted,
)
from plait.mlflow.settings import Tracking
from plait.mlflow.spool import Spool
from plait.mlflow.telling import lines_of
from plait.processes import signature

if TYPE_CHECKING:
    from plait.catalog import DataCatalog

__all__ = ["MlflowObserver", "Surroundings"]

_HELD = 0.5  # seconds that lines may wait for others
_LOCAL, _REMOTE = 2.0, 0.2  # seconds that the end of a run waits for what it wrote to arrive
_LOOK = 0.02

_log = logging.getLogger("plait.mlflow")


class Surroundings(Protocol):
    """What a project knows of a run that its events do not say."""

    @property
    def catalog(self) -> DataCatalog: ...

    def about(self, event: RunStarted) -> Mapping[str, Any]:
        """Return ``params``, ``tags``, ``texts`` (file → text) and ``children`` (node → child run)."""
        ...

    def outputs(self, node: str) -> Iterable[str]:
        """Return what a node saves."""
        ...

    def reused(self, node: str) -> Mapping[str, float]:
        """Return the metrics of a node that is skipped, from the run that it was done in."""
        ...

    def after(self, run: str, loaded: frozenset[str]) -> Mapping[str, Any]:
        """Return ``tags``, ``inputs``, ``outputs`` and ``loaded_models`` when all is recorded."""
        ...


class MlflowObserver:
    """Listens to one run.

    Args:
        state: the state folder of the project.
    """

    def __init__(self, tracking: Tracking, state: Path, surroundings: Surroundings) -> None:
        self._tracking = tracking
        self._state = state
        self._around = surroundings
        self._loaded: set[str] = set()
        self._told: set[str] = set()
        self._started: RunStarted | None = None
        self._skipped: list[NodeSkipped] = []
        self._spool: Spool | None = None
        self._held: list[dict[str, Any]] = []
        self._due = 0.0
        self._sender: subprocess.Popen[bytes] | None = None

    def on_event(self, event: Event) -> None:
        """Take an event; at most lines and files are written here, nothing is sent."""
        match event:
            case RunStarted():
                self._started = event
            case NodeStarted():
                self._begin()
            case DatasetLoaded():
                self._loaded.add(event.dataset)
            case DatasetSaved():
                self._saved(event)
            case NodeFinished() | NodeFailed():
                self._ended(event)
            case NodeSkipped() if self._spool is None:
                self._skipped.append(event)
            case NodeSkipped():
                self._tell_reused(event)
            case RunFinished():
                self._end(event)

    def _begin(self) -> None:
        """Begin when something is done: a run that finds all of it done before is none of MLflow's."""
        event, self._started = self._started, None
        if event is None:
            return
        self._spool = Spool(self._state, event.run_id)
        about = dict(self._around.about(event))
        if not self._tracking.child_runs:
            about.pop("children", None)
        where = self._tracking.as_document()
        told = {"run": event.run_id, "time": event.time, "process": signature(), "where": where}
        self._held = [{"kind": "run", "schema": 1, **told, **about}]
        self._write()
        for skipped in self._skipped:
            self._tell_reused(skipped)
        self._sender = _sender_of(self._state, event.run_id, self._tracking.login)

    def _saved(self, event: DatasetSaved) -> None:
        if not self._tell_data(event, event.node, event.dataset, event.version) and event.metrics:
            self._hold_metrics(event, event.node, _named(event.dataset, event.metrics))

    def _ended(self, event: NodeFinished | NodeFailed) -> None:
        if isinstance(event, NodeFinished):
            for name in self._around.outputs(event.node):  # streams and keys are saved without an event
                self._tell_data(event, event.node, name)
        self._hold_metrics(event, event.node, {f"seconds.{event.node}": event.seconds})
        if isinstance(event, NodeFailed) and not event.will_retry:
            self._hold({"kind": "failed", "node": event.node})

    def _tell_reused(self, event: NodeSkipped) -> None:
        """Tell of the metrics that an earlier run has measured: they are those of this run, too."""
        numbers = dict(self._around.reused(event.node))
        for name in self._around.outputs(event.node):
            entry = self._around.catalog.entry(name)
            if (
                entry is not None
                and entry.tracked is not None
                and entry.tracked.kind in ("metric", "metrics")
            ):
                self._tell_data(event, event.node, name)
                numbers = {key: item for key, item in numbers.items() if not _is_of(key, name)}
        if numbers:
            self._hold_metrics(event, event.node, numbers)

    def _tell_data(self, event: Event, node: str, name: str, version: str | None = None) -> bool:
        """Hold what is told of a dataset that the catalog says is tracked; say whether it is one."""
        entry = self._around.catalog.entry(name)
        if entry is None or entry.tracked is None or self._spool is None:
            return False
        if name not in self._told:
            self._told.add(name)
            try:
                for line in lines_of(self._around.catalog, name, version, event.time, self._spool):
                    self._hold({**line, "node": node})
            except (PlaitError, OSError) as error:
                _log.warning("MLflow was not told of '%s': %s", name, error)
        return True

    def _hold_metrics(self, event: Event, node: str, metrics: Mapping[str, float]) -> None:
        self._hold({"kind": "metrics", "time": event.time, "node": node, "metrics": dict(metrics)})

    def _hold(self, line: dict[str, Any]) -> None:
        self._held.append(line)
        now = time.monotonic()
        if len(self._held) == 1:
            self._due = now + _HELD
        if now >= self._due:
            self._write()

    def _write(self) -> OSError | None:
        """Write what is held; what cannot be written, because the disk is full, is held on."""
        if self._spool is None:
            return None
        try:
            self._spool.write(self._held)
        except OSError as error:
            return error
        self._held = []
        return None

    def _end(self, event: RunFinished) -> None:
        if self._spool is None:
            return
        self._hold({"kind": "metrics", "time": event.time, "metrics": {"seconds": event.seconds}})
        counts = {f"plait.{name}": getattr(event, name) for name in ("done", "skipped", "failed", "blocked")}
        end = {"time": event.time, "status": event.status, "counts": counts}
        self._held.append({"kind": "end", **end, **self._around.after(event.run_id, frozenset(self._loaded))})
        if (error := self._write()) is not None:
            _log.warning("MLflow is not told of the whole of this run: %s", error)
            return
        self._spool.close()
        self._await_arrival(self._spool)

    def _await_arrival(self, spool: Spool) -> None:
        """Wait a moment for all to arrive; who sends goes on by itself when that is not enough."""
        patience = time.monotonic() + (_LOCAL if self._tracking.is_local else _REMOTE)
        while not spool.is_gone() and time.monotonic() < patience:
            if spool.problem or (self._sender is not None and self._sender.poll() is not None):
                break
            time.sleep(_LOOK)
        _tell_arrival(spool, self._sender, self._tracking.is_local)


def _tell_arrival(spool: Spool, sender: subprocess.Popen[bytes] | None, is_local: bool) -> None:
    """Say what has not arrived at the end of a run, as far as that is known by then."""
    if spool.is_gone():
        refused = (spool.arrival() or {}).get("refused", ())
        if refused:
            _log.warning("MLflow has this run without what it refused: %s", "; ".join(refused))
    elif spool.problem or (sender is not None and sender.poll()):
        why = spool.problem or "who was to send it ended early"
        _log.warning("MLflow was not told of this run: %s. It is kept: plait mlflow sync tries again", why)
    elif is_local:  # a server is not waited for; a store beside the run is expected to answer
        _log.warning(
            "MLflow has not been told of this run yet, after %g seconds, and is being told on. What does not "
            "arrive is kept: plait mlflow sync tries again",
            _LOCAL,
        )


def _named(dataset: str, metrics: Mapping[str, float]) -> dict[str, float]:
    """Return metrics by the name of their dataset; one that is a number alone has no name of its own."""
    return {f"{dataset}.{name}" if name else dataset: value for name, value in metrics.items()}


def _is_of(metric: str, dataset: str) -> bool:
    return metric == dataset or metric.startswith(f"{dataset}.")


def _sender_of(state: Path, run: str, login: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one, so that what is not sent at the end is sent after it."""
    return subprocess.Popen(
        [sys.executable, "-m", "plait.mlflow.sending", str(state), run],
        env={**os.environ, **login},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
