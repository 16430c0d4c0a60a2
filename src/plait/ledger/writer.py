"""Writing one run into the ledger as it happens."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from plait.ledger.database import Database, moment_of, new_run_id
from plait.ledger.records import DatasetRecord, LogRecord, MeasuredRecord, Provenance, RunSetting
from plait.processes import host_name, is_gone, signature

__all__ = ["RunWriter", "close_dead_runs"]

_COMMIT_EVERY = 0.25  # seconds: what another process that watches the run has to wait at most

_INSERT_NODE = """
    INSERT INTO run_nodes (run, position, node, status, started, seconds, attempts, peak_memory,
                           error, traceback, reasons)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (run, position) DO UPDATE SET
        status = excluded.status, started = excluded.started, seconds = excluded.seconds,
        attempts = excluded.attempts, peak_memory = excluded.peak_memory, error = excluded.error,
        traceback = excluded.traceback, reasons = excluded.reasons
"""


_INSERT_RUN = """
    INSERT OR IGNORE INTO runs (id, status, started, pipeline, environment, selection, executor, host, pid,
                                process, parameters, python)
    VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class RunWriter:
    """Writes one run as it happens, in short transactions.

    Rows are collected and written together; :meth:`flush` makes them durable against a killed
    process, and happens by itself about every quarter of a second of activity.
    """

    def __init__(
        self,
        database: Database,
        setting: RunSetting,
        nodes: Sequence[str],
        started: float | None = None,
    ) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._positions = {name: position for position, name in enumerate(nodes)}
        self._nodes: dict[int, tuple[Any, ...]] = {}
        self._datasets: list[tuple[Any, ...]] = []
        self._lines: list[tuple[Any, ...]] = []
        self._saved: list[tuple[Any, ...]] = []
        self._metrics: list[tuple[Any, ...]] = []
        self._written = time.monotonic()
        close_dead_runs(database)
        self.run_id, self._key = _insert_run(database, setting, time.time() if started is None else started)

    def node_started(self, node: str, started: float, attempt: int) -> None:
        """Record that a node begins, durably: after a crash it is known as interrupted."""
        self._put(node, ("started", started, None, attempt, None, None, None, None))
        self.flush()

    def node_ended(
        self,
        node: str,
        status: str,
        *,
        started: float | None = None,
        seconds: float | None = None,
        attempts: int = 0,
        peak_memory: int | None = None,
        error: str | None = None,
        traceback: str | None = None,
        reasons: str | None = None,
        durable: bool = False,
    ) -> None:
        """Record what became of a node; ``durable`` writes it at once."""
        self._put(node, (status, started, seconds, attempts, peak_memory, error, traceback, reasons))
        if durable or time.monotonic() - self._written > _COMMIT_EVERY:
            self.flush()

    def dataset(self, record: DatasetRecord) -> None:
        """Record one load or save of stored data."""
        row = (
            self._key,
            record.time,
            record.node,
            record.dataset,
            record.action,
            record.seconds,
            record.version,
        )
        with self._lock:
            self._datasets.append(row)

    def measured(self, record: MeasuredRecord) -> None:
        """Record what was told of data as it was saved."""
        columns = None if record.columns is None else json.dumps(dict(record.columns))
        saved = (self._key, record.time, record.node, record.dataset, record.rows, record.bytes, columns)
        found = (record.metrics or {}).items()
        names = [(f"{record.dataset}.{name}" if name else record.dataset, value) for name, value in found]
        with self._lock:
            if any(value is not None for value in saved[4:]):
                self._saved.append(saved)
            self._metrics += [(self._key, record.node, name, value) for name, value in names]

    def line(self, record: LogRecord) -> None:
        """Record a line that a node printed or logged."""
        row = (self._key, record.time, record.node, record.stream, record.level, record.logger, record.text)
        with self._lock:
            self._lines.append(row)
        if time.monotonic() - self._written > _COMMIT_EVERY:
            self.flush()

    def flush(self) -> None:
        """Write what was collected. Raises LedgerError where that fails."""
        with self._lock:
            nodes, self._nodes = self._nodes, {}
            datasets, self._datasets = self._datasets, []
            lines, self._lines = self._lines, []
            saved, self._saved = self._saved, []
            metrics, self._metrics = self._metrics, []
            self._written = time.monotonic()
            with self._database.writing() as connection:
                connection.executemany(_INSERT_NODE, nodes.values())
                connection.executemany("INSERT INTO dataset_events VALUES (?, ?, ?, ?, ?, ?, ?)", datasets)
                connection.executemany("INSERT INTO log_lines VALUES (?, ?, ?, ?, ?, ?, ?)", lines)
                connection.executemany("INSERT INTO saved_data VALUES (?, ?, ?, ?, ?, ?, ?)", saved)
                connection.executemany("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?)", metrics)

    def finish(self, status: str, counts: Mapping[Any, int], provenance: Provenance) -> None:
        """Record the end of the run."""
        self.flush()
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE runs SET status = ?, finished = ?, done = ?, skipped = ?, failed = ?, blocked = ?, "
                "git_commit = ?, git_dirty = ?, versions = ?, peak_memory = ? WHERE key = ?",
                (
                    status,
                    time.time(),
                    *(counts.get(name, 0) for name in ("done", "skipped", "failed", "blocked")),
                    provenance.git_commit,
                    provenance.git_dirty,
                    json.dumps(dict(provenance.versions), sort_keys=True),
                    provenance.peak_memory,
                    self._key,
                ),
            )

    def _put(self, node: str, values: tuple[Any, ...]) -> None:
        position = self._positions[node]
        with self._lock:
            self._nodes[position] = (self._key, position, node, *values)


def _insert_run(database: Database, setting: RunSetting, started: float) -> tuple[str, int]:
    values = (
        started,
        setting.pipeline,
        setting.environment,
        setting.selection,
        setting.executor,
        host_name(),
        os.getpid(),
        signature(),
        json.dumps(dict(setting.parameters), default=str, sort_keys=True),
        platform.python_version(),
    )
    with database.writing() as connection:
        moment = _after_the_last(connection, started)
        while True:
            run_id = new_run_id(moment)
            cursor = connection.execute(_INSERT_RUN, (run_id, *values))
            if cursor.rowcount:
                key = cursor.lastrowid
                assert key is not None
                return run_id, key
            moment += 0.001  # another run began in the same millisecond


def _after_the_last(connection: sqlite3.Connection, moment: float) -> float:
    """Return a moment after all runs: ids and versions sort as runs follow, even if a clock was put back."""
    (last,) = connection.execute("SELECT max(id) FROM runs").fetchone()
    if last is None or new_run_id(moment) > last:
        return moment
    return moment_of(last) + 0.001


def close_dead_runs(database: Database) -> None:
    """Mark runs of this machine whose process is gone as interrupted."""
    rows = database.rows("SELECT key, process FROM runs WHERE status = 'running'")
    dead = [(key,) for key, process in rows if is_gone(process)]
    if dead:
        with database.writing() as connection:
            connection.executemany("UPDATE runs SET status = 'interrupted' WHERE key = ?", dead)
            connection.executemany(
                "UPDATE run_nodes SET status = 'interrupted' WHERE run = ? AND status = 'started'", dead
            )
