"""The ledger: a local SQLite database of what ran. It stores and finds; it decides nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from plait.errors import RunNotFoundError
from plait.ledger.database import Database, ignore_folder, open_database, unwritable
from plait.ledger.records import DatasetRecord, LogRecord, NodeRecord, RunRecord, RunSetting
from plait.ledger.writer import RunWriter

__all__ = ["Ledger"]


class Ledger:
    """The record of runs in a state folder.

    Open it with :meth:`open`. One ledger may be used from several threads; each run writes through
    a :class:`RunWriter` of its own.
    """

    def __init__(self, database: Database, notice: str | None = None) -> None:
        self.database = database
        self.notice = notice

    @classmethod
    def open(cls, folder: Path) -> Ledger:
        """Open the ledger of a state folder, making it where there is none.

        A ledger that cannot be read, or that a newer Plait wrote, is set aside under another name;
        ``notice`` then says so. Raises LedgerError where the folder cannot be written.
        """
        path = folder / "ledger.db"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            ignore_folder(folder)
        except OSError as error:
            raise unwritable(path, error) from error
        return cls(*open_database(path))

    @classmethod
    def find(cls, folder: Path) -> Ledger | None:
        """Open the ledger of a state folder for reading, or return None where there is none yet."""
        return cls.open(folder) if (folder / "ledger.db").exists() else None

    def begin(self, setting: RunSetting, nodes: Sequence[str], started: float | None = None) -> RunWriter:
        """Record that a run begins, and return the writer for what follows."""
        return RunWriter(self.database, setting, nodes, started)

    def runs(self, limit: int | None = None) -> list[RunRecord]:
        """Return the runs, newest first."""
        rows = self._rows("SELECT * FROM runs ORDER BY id DESC LIMIT ?", (-1 if limit is None else limit,))
        return [_run_record(row) for row in rows]

    def run(self, reference: str = "last") -> RunRecord:
        """Return one run by its id, a unique beginning of it, ``last``, or ``-2`` for the last but one.

        Raises RunNotFoundError when nothing or more than one run fits.
        """
        back = _steps_back(reference)
        if back is not None:
            rows = self._rows("SELECT * FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?", (back,))
        else:
            pattern = reference.replace("%", "").replace("_", "") + "%"
            rows = self._rows("SELECT * FROM runs WHERE id LIKE ? ORDER BY id DESC LIMIT 5", (pattern,))
        exact = [row for row in rows if row["id"] == reference] or rows
        if len(exact) == 1:
            return _run_record(exact[0])
        raise _no_such_run(reference, [row["id"] for row in exact])

    def nodes(self, run_id: str) -> list[NodeRecord]:
        """Return the nodes of a run, in the order of its plan."""
        rows = self._of_run("SELECT n.* FROM run_nodes n", run_id, "n", "position")
        return [_node_record(row) for row in rows]

    def dataset_events(self, run_id: str) -> list[DatasetRecord]:
        """Return what a run loaded and saved, in order of time."""
        rows = self._of_run("SELECT d.* FROM dataset_events d", run_id, "d", "rowid")
        records = [DatasetRecord(*[row[name] for name in DatasetRecord.__slots__]) for row in rows]
        return [record for record in records if record.action != "made"]

    def data_as_of(self, run_id: str) -> dict[str, str]:
        """Return what identified the data of each output after a run, made in it or in an earlier one."""
        rows = self._rows(_DATA_AS_OF, (run_id,))
        return {row["dataset"]: row["version"] for row in rows if row["version"] is not None}

    def logs(self, run_id: str, node: str | None = None) -> list[LogRecord]:
        """Return what the nodes of a run, or one of them, printed and logged."""
        rows = self._of_run("SELECT l.* FROM log_lines l", run_id, "l", "rowid")
        records = [LogRecord(*[row[name] for name in LogRecord.__slots__]) for row in rows]
        return records if node is None else [record for record in records if record.node == node]

    def saves_as_of(self, run_id: str, datasets: Collection[str]) -> dict[str, tuple[str, str | None]]:
        """Return dataset → run and version of its last save, in that run or an earlier one."""
        rows = self._rows(
            "SELECT d.dataset, r.id AS run, d.version, MAX(d.run) FROM dataset_events d "
            "JOIN runs r ON r.key = d.run WHERE d.action = 'save' AND r.id <= ? GROUP BY d.dataset",
            (run_id,),
        )
        return {row["dataset"]: (row["run"], row["version"]) for row in rows if row["dataset"] in datasets}

    def node_history(self, node: str, limit: int) -> list[dict[str, Any]]:
        """Return how a node did in its last runs, newest first, with times, errors and reasons."""
        rows = self._rows(
            "SELECT r.id AS run, n.node, n.status, n.started, n.seconds, n.error, n.traceback, n.reasons "
            "FROM run_nodes n JOIN runs r ON r.key = n.run "
            "WHERE n.node = ? AND n.status != 'waiting' ORDER BY n.run DESC LIMIT ?",
            (node, limit),
        )
        return [{**dict(row), "reasons": json.loads(row["reasons"] or "[]")} for row in rows]

    def data_history(self, dataset: str, limit: int) -> list[dict[str, Any]]:
        """Return run, time, rows, bytes and columns of a dataset's last saves, newest first."""
        rows = self._rows(
            "SELECT r.id AS run, s.time, s.rows, s.bytes, s.columns FROM saved_data s "
            "JOIN runs r ON r.key = s.run WHERE s.dataset = ? ORDER BY s.run DESC, s.time DESC LIMIT ?",
            (dataset, limit),
        )
        return [{**dict(row), "columns": json.loads(row["columns"] or "null")} for row in rows]

    def last_columns(self) -> dict[str, dict[str, str]]:
        """Return dataset → its columns, name → type, as they were last saved."""
        rows = self._rows(
            "SELECT dataset, columns, MAX(rowid) FROM saved_data WHERE columns IS NOT NULL GROUP BY dataset",
            (),
        )
        return {row["dataset"]: json.loads(row["columns"]) for row in rows}

    def metrics(self, run_id: str | None = None) -> dict[str, dict[str, float]]:
        """Return run → metric → value, for one run or for all."""
        rows = self._rows(
            "SELECT r.id, m.name, m.value FROM metrics m JOIN runs r ON r.key = m.run "
            "WHERE ?1 IS NULL OR r.id = ?1 ORDER BY m.run, m.name",
            (run_id,),
        )
        found: dict[str, dict[str, float]] = {}
        for row in rows:
            found.setdefault(row["id"], {})[row["name"]] = row["value"]
        return found

    def last_metrics(self) -> dict[str, dict[str, float]]:
        """Return node → metric → value, of the last run that measured something in the node."""
        rows = self._rows(
            "SELECT m.node, m.name, m.value FROM metrics m JOIN "
            "(SELECT node, MAX(run) AS run FROM metrics GROUP BY node) last "
            "ON last.node = m.node AND last.run = m.run",
            (),
        )
        found: dict[str, dict[str, float]] = {}
        for row in rows:
            found.setdefault(row["node"], {})[row["name"]] = row["value"]
        return found

    def metrics_as_of(self, run_id: str) -> dict[str, float]:
        """Return metric → value as they stood after a run: what it skipped was measured by an earlier one."""
        rows = self._rows(
            "SELECT m.name, m.value FROM metrics m JOIN "
            "(SELECT m.node, MAX(m.run) AS run FROM metrics m JOIN runs r ON r.key = m.run "
            "WHERE r.id <= ?1 GROUP BY m.node) last ON last.node = m.node AND last.run = m.run "
            "WHERE m.node IN (SELECT n.node FROM run_nodes n JOIN runs r ON r.key = n.run "
            "WHERE r.id = ?1 AND n.status IN ('done', 'skipped')) ORDER BY m.name",
            (run_id,),
        )
        return {row["name"]: row["value"] for row in rows}

    def usual_seconds(self, nodes: Iterable[str]) -> dict[str, float]:
        """Return how long each node took when it last succeeded, where that is known."""
        found = [row for node in nodes for row in self._rows(_LAST_SECONDS, (node,))]
        return {row["node"]: row["seconds"] for row in found}

    def close(self) -> None:
        """Close the database; a closed ledger is not used again."""
        self.database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _of_run(self, select: str, run_id: str, alias: str, order: str) -> list[sqlite3.Row]:
        return self._rows(
            f"{select} JOIN runs r ON r.key = {alias}.run WHERE r.id = ? ORDER BY {alias}.{order}",
            (run_id,),
        )

    def _rows(self, query: str, arguments: tuple[Any, ...]) -> list[sqlite3.Row]:
        return self.database.rows(query, arguments)


_DATA_AS_OF = """
    SELECT dataset, version, MAX(rowid) FROM dataset_events
    WHERE action = 'made' AND run <= (SELECT key FROM runs WHERE id = ?) GROUP BY dataset
"""
_LAST_SECONDS = """
    SELECT node, seconds FROM run_nodes WHERE node = ? AND status = 'done' ORDER BY run DESC LIMIT 1
"""


def _steps_back(reference: str) -> int | None:
    if reference == "last":
        return 0
    if reference.startswith("-") and reference[1:].isdigit():
        return max(int(reference[1:]) - 1, 0)
    return None


def _no_such_run(reference: str, found: Sequence[str]) -> RunNotFoundError:
    if found:
        return RunNotFoundError(
            f"'{reference}' fits several runs", why=", ".join(found), hint="give more of the id"
        )
    return RunNotFoundError(
        f"There is no run '{reference}'", hint="see `plait runs list`; `last` and `-2` work too"
    )


def _run_record(row: sqlite3.Row) -> RunRecord:
    values = {name: row[name] for name in RunRecord.__slots__}
    values["parameters"] = json.loads(row["parameters"])
    values["versions"] = json.loads(row["versions"])
    values["git_dirty"] = None if row["git_dirty"] is None else bool(row["git_dirty"])
    return RunRecord(**values)


def _node_record(row: sqlite3.Row) -> NodeRecord:
    values = {name: row[name] for name in NodeRecord.__slots__}
    values["reasons"] = tuple(json.loads(row["reasons"] or "[]"))
    return NodeRecord(**values)
