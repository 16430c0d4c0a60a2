"""What identifies the rows of tables: when each was last changed, asked for many at once.

``SYSTEM$LAST_CHANGE_COMMIT_TIME`` answers for tables and for views (by the tables below them); the time
when an object was last altered would miss changes of rows below a view.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from plait.datasets.identifiers import TableName
from plait.datasets.snowflake.connection import Link, is_missing
from plait.datasets.snowflake.statements import text
from plait.values import Fingerprint

__all__ = ["last_changes", "of_rows", "of_tables"]

_AT_ONCE = 200


def last_changes(tables: Sequence[TableName]) -> str:
    """Return the one query of when each of some tables was last changed."""
    named = (text(table.quoted("snowflake")) for table in tables)
    return "SELECT " + ", ".join(f"SYSTEM$LAST_CHANGE_COMMIT_TIME({name})" for name in named)


def of_tables(link: Link, tables: Sequence[tuple[TableName, str | None]]) -> list[Fingerprint | None]:
    """Return what identifies tables, in order; None for one that does not exist.

    Args:
        tables: names, each with the query that the catalog gives to identify it, or None.
    """
    asked = list(dict.fromkeys(name for name, query in tables if query is None))
    changes: dict[TableName, Any] = {}
    for start in range(0, len(asked), _AT_ONCE):
        changes |= _changes(link, asked[start : start + _AT_ONCE])
    return [
        _token(name, changes[name]) if query is None else of_rows(link.ask(query), query)
        for name, query in tables
    ]


def of_rows(rows: Iterable[Sequence[Any]], said: str = "") -> Fingerprint:
    """Return the digest of what a query gave, which may be less than all rows."""
    digest = hashlib.sha256(said.encode())
    digest.update(repr([tuple(row) for row in rows]).encode())
    return Fingerprint(f"rows:{digest.hexdigest()}", "token")


def _changes(link: Link, tables: Sequence[TableName]) -> dict[TableName, Any]:
    """Ask for all at once; where one of them is missing, for halves, until it is found."""
    try:
        (row,) = link.ask(last_changes(tables))
    except Exception as error:
        if not is_missing(error):
            raise
        if len(tables) == 1:
            return {tables[0]: None}
        half = len(tables) // 2
        return {**_changes(link, tables[:half]), **_changes(link, tables[half:])}
    return dict(zip(tables, row, strict=True))


def _token(table: TableName, changed: Any) -> Fingerprint | None:
    if changed is None:
        return None
    return Fingerprint(f"snowflake:{table.quoted('snowflake')}:{changed}", "token")
