"""Writes down what MLflow is to be told of a run, and starts who tells it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from plait.events import DatasetLoaded, DatasetSaved, Event, NodeFailed, NodeFinished, RunFinished, RunStarted
from plait.mlflow.settings import Tracking
from plait.mlflow.spool import Spool
from plait.processes import signature

__all__ = ["MlflowObserver"]

_HELD = 0.5  # seconds that lines may wait for others
_LOCAL, _REMOTE = 2.0, 0.2  # seconds that the end of a run waits for what it wrote to arrive
_LOOK = 0.02

_log = logging.getLogger("plait.mlflow")


class MlflowObserver:
    """Listens to one run.

    Args:
        state: the state folder of the project.
        about: returns what is known of the run when it begins: ``params``, ``tags``, ``texts`` (file → text).
        after: returns what is known when it ends, for the datasets it loaded: ``tags``, and ``inputs``
            (name → fingerprint and location).
    """

    def __init__(
        self,
        tracking: Tracking,
        state: Path,
        about: Callable[[RunStarted], Mapping[str, Any]],
        after: Callable[[str, frozenset[str]], Mapping[str, Any]],
    ) -> None:
        self._tracking = tracking
        self._state = state
        self._about = about
        self._after = after
        self._loaded: set[str] = set()
        self._spool: Spool | None = None
        self._held: list[dict[str, Any]] = []
        self._due = 0.0
        self._sender: subprocess.Popen[bytes] | None = None

    def on_event(self, event: Event) -> None:
        """Take an event; at most a line is written, nothing is sent from here."""
        match event:
            case RunStarted():
                self._begin(event)
            case DatasetLoaded():
                self._loaded.add(event.dataset)
            case DatasetSaved(metrics=metrics) if metrics:
                self._hold(event, {f"{event.dataset}.{name}": value for name, value in metrics.items()})
            case NodeFinished() | NodeFailed():
                self._hold(event, {f"seconds.{event.node}": event.seconds})
            case RunFinished():
                self._end(event)

    def _begin(self, event: RunStarted) -> None:
        self._spool = Spool(self._state, event.run_id)
        about = dict(self._about(event))
        where = self._tracking.as_document()
        told = {"run": event.run_id, "time": event.time, "process": signature(), "where": where}
        head = {"kind": "run", "schema": 1, **told, **about}
        self._spool.write([head])
        self._sender = _started(self._state, event.run_id, self._tracking.login)

    def _hold(self, event: Event, metrics: Mapping[str, float]) -> None:
        self._held.append({"kind": "metrics", "time": event.time, "metrics": dict(metrics)})
        now = time.monotonic()
        if len(self._held) == 1:
            self._due = now + _HELD
        if now >= self._due:
            self._write()

    def _write(self) -> None:
        if self._spool is not None and self._held:
            self._spool.write(self._held)
        self._held = []

    def _end(self, event: RunFinished) -> None:
        if self._spool is None:
            return
        self._hold(event, {"seconds": event.seconds})
        counts = {f"plait.{name}": getattr(event, name) for name in ("done", "skipped", "failed", "blocked")}
        end = {"time": event.time, "status": event.status, "counts": counts}
        self._held.append({"kind": "end", **end, **self._after(event.run_id, frozenset(self._loaded))})
        self._write()
        self._spool.close()
        self._await_arrival(self._spool)

    def _await_arrival(self, spool: Spool) -> None:
        """Wait a moment for all to arrive; who sends goes on by itself when that is not enough."""
        patience = time.monotonic() + (_LOCAL if self._tracking.is_local else _REMOTE)
        while not spool.is_gone() and time.monotonic() < patience:
            if spool.problem or (self._sender is not None and self._sender.poll() is not None):
                break
            time.sleep(_LOOK)
        if not spool.is_gone() and (spool.problem or (self._sender and self._sender.poll())):
            why = spool.problem or "who was to send it ended early"
            _log.warning("MLflow was not told of this run: %s. It is kept: plait mlflow sync", why)


def _started(state: Path, run: str, login: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one, so that what is not sent at the end is sent after it."""
    return subprocess.Popen(
        [sys.executable, "-m", "plait.mlflow.sending", str(state), run],
        env={**os.environ, **login},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
