"""How far the producer of a growing table has come, in a table beside it, in the transaction of its rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plait.datasets.identifiers import TableName, quote
from plait.datasets.snowflake.connection import Link, is_missing

__all__ = ["beyond", "prepare", "read", "write"]

_NAME = "PLAIT_PROGRESS"


def read(link: Link, table: TableName) -> Mapping[str, Any] | None:
    """Return what is stored for a table, or None."""
    where = table.beside(_NAME).quoted("snowflake")
    try:
        rows = link.ask(f"SELECT progress FROM {where} WHERE table_name = ?", [_key(table)])
    except Exception as error:
        if not is_missing(error):
            raise
        return None
    return json.loads(rows[0][0]) if rows else None


def prepare(link: Link, table: TableName) -> None:
    """Make the table that holds the progress of all tables of a schema; it would end a transaction."""
    where = table.beside(_NAME).quoted("snowflake")
    link.ask(f"CREATE TABLE IF NOT EXISTS {where} (table_name VARCHAR, progress VARCHAR)")


def write(link: Link, table: TableName, document: str) -> None:
    """Store something for a table, in the transaction that is open."""
    where = table.beside(_NAME).quoted("snowflake")
    link.ask(f"DELETE FROM {where} WHERE table_name = ?", [_key(table)])
    link.ask(f"INSERT INTO {where} (table_name, progress) VALUES (?, ?)", [_key(table), document])


def beyond(
    query: str, column: str, mark: Any, *, limit: int | None = None, is_float: bool = False
) -> tuple[str, list[Any]]:
    """Return the query of those rows whose column is greater than a mark, in its order, and its values.

    Args:
        is_float: whether the column may hold NaN, which is greater than all and would come each time.
    """
    name = quote(column)
    where = "" if mark is None else f" WHERE {name} > ?"
    if where and is_float:
        where += f" AND {name} <> 'NaN'::FLOAT"
    last = "" if limit is None else f" LIMIT {limit:d}"
    return f"SELECT * FROM ({query}){where} ORDER BY {name}{last}", [] if mark is None else [mark]


def _key(table: TableName) -> str:
    return table.stored("snowflake")[-1]
