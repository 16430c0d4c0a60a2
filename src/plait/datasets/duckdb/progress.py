"""How far the producer of a growing table has come, kept in its file, in the transaction of its rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plait.datasets.duckdb.database import Link
from plait.datasets.duckdb.identities import SCHEMA, is_as_left, kind_of, row_key, strike
from plait.datasets.identifiers import TableName, exactly

__all__ = ["drop", "read", "write"]

_TABLE = exactly(SCHEMA, "progress")


def read(link: Link, table: TableName) -> Mapping[str, Any] | None:
    """Return the progress stored for a table; None where there is none, or the rows are other ones now."""
    if kind_of(link, _TABLE) is None:
        return None
    found = link.ask(f"SELECT document FROM {_TABLE} WHERE table_name = ?", [row_key(table)])
    document = json.loads(found[0][0]) if found else None
    if document is None:
        return None
    if document["rows"] and (kind_of(link, table) is None or not is_as_left(link, table)):
        return None
    return document["progress"]  # type: ignore[no-any-return]


def write(cursor: Any, table: TableName, progress: Mapping[str, Any], *, rows: bool) -> None:
    """Store the progress for a table, in the transaction that is open.

    Args:
        rows: whether there is a table for it to belong to.
    """
    document = json.dumps({"schema": 1, "rows": rows, "progress": dict(progress)}, sort_keys=True)
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} (table_name VARCHAR PRIMARY KEY, document VARCHAR)")
    cursor.execute(f"INSERT OR REPLACE INTO {_TABLE} VALUES (?, ?)", [row_key(table), document])


def drop(link: Link, cursor: Any, table: TableName) -> None:
    """Forget the progress for a table that is written otherwise, in the transaction that is open."""
    strike(link, cursor, _TABLE, table)
