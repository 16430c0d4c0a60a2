"""Keeping a ledger small, and carrying what it knows elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from plait.errors import LedgerError
from plait.ledger.database import Database
from plait.ledger.traces import TraceRow, TraceStore

__all__ = ["drop_runs", "exported", "import_lines", "old_runs", "size_of_runs"]

_SCHEMA = 1
_OF_A_RUN = ("run_nodes", "dataset_events", "log_lines", "saved_data", "metrics")


def old_runs(database: Database, keep: int) -> list[str]:
    """Return the ids of the runs beyond the ``keep`` newest; those that are going on are never among them."""
    rows = database.rows(
        "SELECT id FROM runs WHERE status <> 'running' ORDER BY id DESC LIMIT -1 OFFSET ?",
        (keep,),
    )
    return [row["id"] for row in rows]


def size_of_runs(database: Database, ids: Iterable[str]) -> int:
    """Return about how many bytes the texts of these runs take up."""
    wanted = set(ids)
    rows = database.rows(
        "SELECT r.id AS id, SUM(LENGTH(l.text)) AS size "
        "FROM runs r JOIN log_lines l ON l.run = r.key GROUP BY r.id"
    )
    nodes = database.rows(
        "SELECT r.id AS id, COUNT(*) * 120 AS size "
        "FROM runs r JOIN run_nodes n ON n.run = r.key GROUP BY r.id"
    )
    return sum(row["size"] or 0 for row in (*rows, *nodes) if row["id"] in wanted)


def drop_runs(database: Database, ids: Iterable[str]) -> None:
    """Forget runs, with their nodes and logs. What says that outputs are up to date stays."""
    with database.writing() as connection:
        for run in ids:
            (key,) = connection.execute("SELECT key FROM runs WHERE id = ?", (run,)).fetchone()
            for table in _OF_A_RUN:
                connection.execute(f"DELETE FROM {table} WHERE run = ?", (key,))  # noqa: S608 - constants
            connection.execute("DELETE FROM runs WHERE key = ?", (key,))


def exported(database: Database) -> Iterator[str]:
    """Give the traces, the sources they were made from, and the runs, one JSON document a line."""
    yield json.dumps({"kind": "plait-state", "schema": _SCHEMA})
    for row in database.rows("SELECT digest, text FROM sources"):
        yield json.dumps({"kind": "source", "digest": row["digest"], "text": row["text"]})
    for trace in reversed(TraceStore(database).everything()):
        yield json.dumps({"kind": "trace", **trace._asdict()})
    for run in database.rows("SELECT * FROM runs WHERE status <> 'running' ORDER BY key"):
        nodes = database.rows("SELECT * FROM run_nodes WHERE run = ? ORDER BY position", (run["key"],))
        named = [name for name in run.keys() if name not in ("key", "process")]  # noqa: SIM118 - a row is no mapping
        about = {name: run[name] for name in named}
        rows = [{name: node[name] for name in node.keys() if name != "run"} for node in nodes]  # noqa: SIM118
        yield json.dumps({"kind": "run", **about, "nodes": rows})


def import_lines(database: Database, lines: Iterable[str]) -> dict[str, int]:
    """Take in what :func:`exported` gave; return how much of each kind was new.

    Raises:
        LedgerError: the lines are something else, or of a newer Plait.
    """
    documents = (_parsed(line, number) for number, line in enumerate(lines, start=1) if line.strip())
    head = next(documents, {})
    if head.get("kind") != "plait-state" or head.get("schema") != _SCHEMA:
        raise LedgerError(
            "This is no state that this Plait can import",
            why=f"it begins with kind {head.get('kind')!r}, schema {head.get('schema')!r}",
            hint="make it with: plait state export FILE",
        )
    counts = {"trace": 0, "source": 0, "run": 0}
    store = TraceStore(database)
    known = {(row.home, row.part, row.run, row.time) for row in store.everything()}
    for document in documents:
        kind = document.pop("kind", None)
        if kind == "trace":
            row = TraceRow(**document)
            if (row.home, row.part, row.run, row.time) not in known:
                store.add([row])
                counts["trace"] += 1
        elif kind == "source":
            counts["source"] += _insert(database, "sources", document)
        elif kind == "run":
            counts["run"] += _import_run(database, document)
    return counts


def _parsed(line: str, number: int) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError as error:
        raise LedgerError("The state cannot be read", where=f"line {number}", why=str(error)) from None
    return document if isinstance(document, dict) else {}


def _import_run(database: Database, document: dict[str, Any]) -> int:
    nodes = document.pop("nodes", [])
    if not _insert(database, "runs", document):
        return 0
    (row,) = database.rows("SELECT key FROM runs WHERE id = ?", (document["id"],))
    for node in nodes:
        _insert(database, "run_nodes", {"run": row["key"], **node})
    return 1


def _insert(database: Database, table: str, values: Mapping[str, Any]) -> int:
    """Insert the columns that this ledger has too; return 0 where the row is there already."""
    columns = {row["name"] for row in database.rows(f"PRAGMA table_info({table})")}
    kept = {name: value for name, value in values.items() if name in columns}
    places = ", ".join("?" * len(kept))
    with database.writing() as connection:
        cursor = connection.execute(
            f"INSERT OR IGNORE INTO {table} ({', '.join(kept)}) VALUES ({places})",  # noqa: S608 - own columns
            list(kept.values()),
        )
        return cursor.rowcount
