"""What verifies that an output is still right: traces by output location, and the marks of what was begun.

What the partitions of a node have in common is stored once, under its digest.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from plait.ledger.database import Database

__all__ = ["Mark", "TraceRow", "TraceStore"]

_KEPT = 5  # traces per location: going back and forth between environments or branches costs nothing
_CHUNK = 500  # names per query: SQLite takes only so many variables

_INSERT = (
    "INSERT INTO traces (home, part, node, run, time, facts, inputs, outputs) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_DROP_OLDEST = (
    "DELETE FROM traces WHERE home = ? AND part IS ? AND id NOT IN "
    "(SELECT id FROM traces WHERE home = ? AND part IS ? ORDER BY id DESC LIMIT ?)"
)
_UNMARK = "DELETE FROM started WHERE home = ? AND part = ?"
_as_json = json.JSONEncoder(separators=(",", ":")).encode


class TraceRow(NamedTuple):
    """A trace as it is stored.

    Attributes:
        home: the location it is filed under.
        part: the partition key, or None.
        facts: what does not differ between partitions; plain values.
        inputs: argument → plain values.
        outputs: location → token, or None where nothing identifies what lies there.
        number: grows with every trace that is recorded; 0 for one that is not.
    """

    home: str
    node: str
    part: str | None
    run: str
    time: float
    facts: Any
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    number: int = 0


class Mark(NamedTuple):
    """That a node was begun and has not succeeded since: ``status`` is ``started`` or ``failed``."""

    run: str
    status: str


class TraceStore:
    """The traces of a state folder. May be used from several threads, one call at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._facts: dict[str, Any] = {}

    def of(self, homes: Iterable[str]) -> dict[str, list[TraceRow]]:
        """Return the unpartitioned traces filed under each home, newest first."""
        return self._grouped("part IS NULL", homes, lambda row: row.home)

    def newest(self, home: str) -> int:
        """Return the number of the last trace filed under a home, or 0."""
        (row,) = self._database.rows("SELECT max(id) FROM traces WHERE home = ?", (home,))
        return int(row[0] or 0)

    def parts_of(self, home: str) -> dict[str, list[TraceRow]]:
        """Return the traces of each partition of one home, newest first."""
        rows = self._select("home = ? AND part IS NOT NULL", (home,))
        found: dict[str, list[TraceRow]] = {}
        for row in rows:
            found.setdefault(row.part or "", []).append(row)
        return found

    def everything(self) -> list[TraceRow]:
        """Return all traces, newest first."""
        return self._select("1", ())

    def add(self, rows: Sequence[TraceRow], sources: Mapping[str, str] | None = None) -> None:
        """Record traces, drop the oldest of their locations, and take back that they were begun.

        Args:
            sources: digest of a symbol → its source, so that a later change can be shown.
        """
        with self._database.writing() as connection:
            # The partitions of a node share one object.
            facts = {id(row.facts): row.facts for row in rows}
            digests = {name: self._insert_facts(connection, item) for name, item in facts.items()}
            connection.executemany(_INSERT, [_as_stored(row, digests[id(row.facts)]) for row in rows])
            connection.executemany(_DROP_OLDEST, [((row.home, row.part) * 2 + (_KEPT,)) for row in rows])
            connection.executemany(_UNMARK, [(row.home, row.part or "") for row in rows])
            connection.executemany(
                "INSERT OR IGNORE INTO sources VALUES (?, ?)", list((sources or {}).items())
            )

    def forget(self, homes: Iterable[str]) -> int:
        """Drop everything filed under these homes; return how many traces that were."""
        count = 0
        with self._database.writing() as connection:
            for home in homes:
                count += connection.execute("DELETE FROM traces WHERE home = ?", (home,)).rowcount
                connection.execute("DELETE FROM started WHERE home = ?", (home,))
            connection.execute("DELETE FROM facts WHERE digest NOT IN (SELECT facts FROM traces)")
        return count

    def forget_parts(self, home: str, parts: Iterable[str]) -> None:
        """Drop everything filed under these partitions of one home."""
        places = [(home, part) for part in parts]
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM traces WHERE home = ? AND part = ?", places)
            connection.executemany("DELETE FROM started WHERE home = ? AND part = ?", places)

    def begun(self, homes: Iterable[str]) -> dict[str, Mark]:
        """Return the marks of nodes that began and did not succeed since."""
        found: dict[str, Mark] = {}
        for chunk in _chunks(homes):
            rows = self._database.rows(
                f"SELECT home, run, status FROM started WHERE part = '' AND home IN ({_places(chunk)})",  # noqa: S608
                chunk,
            )
            found.update({row["home"]: Mark(row["run"], row["status"]) for row in rows})
        return found

    def unfinished(self) -> frozenset[str]:
        """Return the homes of all that was begun, as a whole or in part, and has not succeeded since."""
        return frozenset([row["home"] for row in self._database.rows("SELECT DISTINCT home FROM started")])

    def as_of(self, run_id: str) -> dict[str, TraceRow]:
        """Return node → what it had last been recorded with when a run ended; partitions are left out."""
        rows = self._select("part IS NULL AND run <= ?", (run_id,))
        return {row.node: row for row in reversed(rows)}  # the newest of each comes last

    def parts_begun(self, home: str) -> dict[str, Mark]:
        """Return the marks of the partitions of one home."""
        rows = self._database.rows(
            "SELECT part, run, status FROM started WHERE home = ? AND part <> ''", (home,)
        )
        return {row["part"]: Mark(row["run"], row["status"]) for row in rows}

    def mark(self, marks: Iterable[tuple[str, str | None, str, str, str]]) -> None:
        """Record, durably against a killed process, that nodes begin or failed.

        Args:
            marks: (home, part, run, node, status).
        """
        rows = [(home, part or "", run, node, status) for home, part, run, node, status in marks]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO started VALUES (?, ?, ?, ?, ?)", rows)

    def unmark(self, homes: Iterable[str]) -> None:
        """Take back that nodes began: they ended, although nothing was recorded of what they made."""
        with self._database.writing() as connection:
            connection.executemany(
                "DELETE FROM started WHERE home = ? AND part = ''", [(home,) for home in homes]
            )

    def source(self, digest: str) -> str | None:
        """Return the source of a symbol as it was when a trace was recorded."""
        rows = self._database.rows("SELECT text FROM sources WHERE digest = ?", (digest,))
        return str(rows[0]["text"]) if rows else None

    def _insert_facts(self, connection: sqlite3.Connection, facts: Any) -> str:
        body = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(body.encode()).hexdigest()
        connection.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (digest, body))
        return digest

    def _grouped(self, condition: str, homes: Iterable[str], key: Any) -> dict[str, list[TraceRow]]:
        found: dict[str, list[TraceRow]] = {}
        for chunk in _chunks(homes):
            for row in self._select(f"{condition} AND home IN ({_places(chunk)})", chunk):
                found.setdefault(key(row), []).append(row)
        return found

    def _select(self, condition: str, values: Sequence[Any]) -> list[TraceRow]:
        rows = self._database.rows(
            f"SELECT * FROM traces WHERE {condition} ORDER BY id DESC",  # noqa: S608 - conditions are constants
            values,
        )
        self._fetch_facts({row["facts"] for row in rows})
        inputs, outputs = (_decoded([row[column] for row in rows]) for column in ("inputs", "outputs"))
        return [
            TraceRow(
                row["home"],
                row["node"],
                row["part"],
                row["run"],
                row["time"],
                self._facts[row["facts"]],
                inputs[number],
                outputs[number],
                row["id"],
            )
            for number, row in enumerate(rows)
        ]

    def _fetch_facts(self, digests: set[str]) -> None:
        for chunk in _chunks(digests - self._facts.keys()):
            rows = self._database.rows(
                f"SELECT digest, body FROM facts WHERE digest IN ({_places(chunk)})",  # noqa: S608
                chunk,
            )
            self._facts.update({row["digest"]: json.loads(row["body"]) for row in rows})


def _as_stored(row: TraceRow, facts: str) -> tuple[Any, ...]:
    inputs, outputs = _as_json(row.inputs), _as_json(row.outputs)
    return row.home, row.part, row.node, row.run, row.time, facts, inputs, outputs


def _decoded(texts: Sequence[str]) -> list[Any]:
    """Return what many JSON texts hold; one call for all costs a fraction of one for each."""
    return json.loads(f"[{','.join(texts)}]")  # type: ignore[no-any-return]


def _chunks(names: Iterable[str]) -> Iterable[list[str]]:
    every = list(names)
    for start in range(0, len(every), _CHUNK):
        yield every[start : start + _CHUNK]


def _places(chunk: Sequence[str]) -> str:
    return ",".join("?" * len(chunk))
