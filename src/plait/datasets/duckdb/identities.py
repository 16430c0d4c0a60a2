"""What identifies a table: a digest of its rows, taken anew only where the table was touched.

The digest counts rows and adds up their hashes inside the engine, in whatever order they lie: equal means
equal rows, so that a step that made the same rows again makes nothing behind it run. A stamp tells by the
metadata alone that nobody touched the table since; stamps and digests are kept in the file itself, in the
schema ``plait``, written when the connection closes. Where they are missing the rows are read again.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import Any, NamedTuple

from plait.datasets.duckdb import statements
from plait.datasets.duckdb.database import Link, closed
from plait.datasets.identifiers import TableName, parse
from plait.values import Fingerprint

__all__ = [
    "SCHEMA",
    "Identity",
    "columns_of",
    "identify",
    "kind_of",
    "remember",
    "row_key",
    "tables_starting",
]

SCHEMA = "plait"
_KEPT = f"{SCHEMA}.identities"

# What a view gives may change although no table did: such a view is identified by its rows.
_UNSTEADY = re.compile(r"(?i)\b(read_\w+|\w+_scan|glob|random|\w*uuid|now|today|current_\w+)\b")


class Identity(NamedTuple):
    """What is known of a table: how it lay in the file, and its digest.

    ``kept`` says that the file knows it too.
    """

    stamp: str
    token: str
    kept: bool


def row_key(table: TableName) -> str:
    """Return what stands for a table in the tables of the schema ``plait``."""
    return "\0".join(table.stored("duckdb"))


def kind_of(link: Link, table: TableName) -> str | None:
    """Return ``TABLE`` or ``VIEW``, or None where there is neither; by metadata only."""
    found = link.ask(
        "SELECT table_type FROM information_schema.tables "
        "WHERE table_schema = ? AND table_name = ? AND table_catalog = current_database()",
        table.stored("duckdb"),
    )
    return None if not found else "VIEW" if found[0][0] == "VIEW" else "TABLE"


def tables_starting(link: Link, table: TableName, start: str) -> list[str]:
    """Return the names of the tables and views beside one that begin so; by metadata only."""
    found = link.ask(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = ? AND starts_with(table_name, ?) AND table_catalog = current_database()",
        [table.stored("duckdb")[0], start],
    )
    return [row[0] for row in found]


def columns_of(link: Link, table: TableName) -> dict[str, str]:
    """Return the columns of a table or view and their types, in order; none where there is no table."""
    return dict(
        link.ask(
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE schema_name = ? AND table_name = ? AND database_name = current_database() "
            "ORDER BY column_index",
            table.stored("duckdb"),
        )
    )


def identify(link: Link, table: TableName) -> Fingerprint | None:
    """Return what identifies the rows of a table or view, or None where there is none."""
    kind = kind_of(link, table)
    if kind is None:
        return None
    if kind == "VIEW":
        return Fingerprint(_view_token(link, table), "content")
    return Fingerprint(_table_token(link, table), "content")


def remember(link: Link) -> None:
    """Keep in the file what was found out of its tables, so that nobody need read them again.

    A checkpoint comes first: it moves rows from the log into the file, which changes how they lie there.
    """
    new = [table for table, identity in link.known.items() if not identity.kept]
    if not new or not link.writable:
        return
    with suppress(Exception):  # it is only a memory: without it the rows are read again
        link.ask("CHECKPOINT")
        rows = [
            ("\0".join(table.stored("duckdb")), _stamp(link, table), link.known[table].token) for table in new
        ]
        with link.transaction() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            columns = "table_name VARCHAR PRIMARY KEY, stamp VARCHAR, token VARCHAR"
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {_KEPT} ({columns})")
            cursor.executemany(f"INSERT OR REPLACE INTO {_KEPT} VALUES (?, ?, ?)", rows)


def _table_token(link: Link, table: TableName) -> str:
    stamp = _stamp(link, table)
    known = link.known.get(table) or _kept(link, table)
    if known is None or known.stamp != stamp:
        known = Identity(stamp, _digest(link, table), kept=False)
    link.known[table] = known
    return known.token


def _kept(link: Link, table: TableName) -> Identity | None:
    try:
        found = link.ask(f"SELECT stamp, token FROM {_KEPT} WHERE table_name = ?", [row_key(table)])
    except Exception:  # nothing was kept in this file yet, or by something else under that name
        return None
    return Identity(found[0][0], found[0][1], kept=True) if found else None


def _stamp(link: Link, table: TableName) -> str:
    (found,) = link.ask(statements.stamp(table))
    return " ".join(map(str, found))


def _digest(link: Link, table: TableName) -> str:
    columns = columns_of(link, table)
    with closed(link.cursor()) as cursor:
        (found,) = cursor.execute(statements.digest(table.quoted("duckdb"), columns)).fetchall()
    return _token([*columns.items()], found)


def _token(shape: Any, rows: Any) -> str:
    return f"duckdb-rows:{hashlib.sha256(repr((shape, rows)).encode()).hexdigest()}"


def _view_token(link: Link, view: TableName) -> str:
    """Identify a view by its text and the tables it reads; by its rows where those are not all."""
    (text,) = link.ask(
        "SELECT sql FROM duckdb_views() WHERE schema_name = ? AND view_name = ? "
        "AND database_name = current_database()",
        view.stored("duckdb"),
    )[0]
    tokens = None if _UNSTEADY.search(text) else _tokens_below(link, view)
    if tokens is None:
        return _digest(link, view)
    return f"duckdb-view:{hashlib.sha256(repr((text, tokens)).encode()).hexdigest()}"


def _tokens_below(link: Link, view: TableName) -> list[tuple[str, str]] | None:
    """Return what identifies the tables that a view reads, or None where it reads anything else."""
    found = []
    for name in _read_by(link, view):
        identity = identify(link, name.within(None, "main"))
        if identity is None:
            return None
        found.append((str(name), identity.token))
    return found or None


def _read_by(link: Link, view: TableName) -> list[TableName]:
    with closed(link.cursor()) as cursor:
        (text,) = cursor.execute(
            "SELECT view_definition FROM information_schema.views WHERE table_schema = ? AND table_name = ?",
            list(view.stored("duckdb")),
        ).fetchone()
        try:
            names = cursor.get_table_names(text.partition(" AS ")[2].rstrip("; "), qualified=True)
            return [parse(name.partition(" AS ")[0]) for name in sorted(names)]
        except Exception:  # a text that this reading does not understand: its rows tell
            return []
