"""From a query into a table, in the transaction that is open: which statements, and what has to fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from plait.datasets.duckdb import statements
from plait.datasets.identifiers import TableName
from plait.datasets.modes import Mode, key_missing, key_twice, value_lost
from plait.errors import DatasetError, did_you_mean

__all__ = ["differing_types", "write"]


def write(
    cursor: Any,
    table: TableName,
    kind: str | None,
    query: str,
    mode: Mode,
    key: Sequence[str] = (),
    *,
    wanted: str = "TABLE",
) -> None:
    """Put what a query gives into a table.

    Args:
        kind: what is there: ``TABLE``, ``VIEW``, or None.
        wanted: what a save makes: ``TABLE`` or ``VIEW``.

    Raises:
        DatasetError: the columns do not fit, or a key is missing or there twice.
    """
    name = table.quoted("duckdb")
    if mode == "upsert":
        _demand_key(cursor, query, key)
    if kind is None or mode == "overwrite":
        if kind is not None and kind != wanted:
            cursor.execute(f"DROP {kind} {name}")
        elif kind is None and len(table.parts) > 1:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {TableName(table.parts[:-1]).quoted('duckdb')}")
        cursor.execute(statements.created(name, wanted, query))
        return
    if kind == "VIEW":
        raise DatasetError(f"rows cannot be added to the view {table}", hint="`mode: overwrite`")
    given = _demand_columns(cursor, table, query)
    _demand_values(cursor, table, query)
    if mode == "upsert":
        cursor.execute(statements.merged(name, query, given, key))
    else:
        cursor.execute(statements.appended(name, query))


def _demand_columns(cursor: Any, table: TableName, query: str) -> list[str]:
    """Return the columns of a query. Raises DatasetError where the table has not all of them."""
    given, there = _columns(cursor, query), _columns(cursor, f"FROM {table.quoted('duckdb')}")
    known = {name.casefold() for name in there}
    odd = next((name for name in given if name.casefold() not in known), None)
    if odd is not None:
        raise DatasetError(
            f"the data has a column '{odd}', and the table has none of that name",
            why=f"its columns are {', '.join(there)}",
            hint=did_you_mean(odd, there) or "`mode: overwrite` makes the table anew",
        )
    return given


def differing_types(cursor: Any, table: TableName, query: str) -> dict[str, tuple[str, str]]:
    """Return the columns whose values a save turns into another type, with theirs and that of the table."""
    there = {name.lower(): kind for name, kind in _types(cursor, f"FROM {table.quoted('duckdb')}").items()}
    return {
        name: (kind, there[name.lower()])
        for name, kind in _types(cursor, query).items()
        if there.get(name.lower(), kind) != kind and _is_plain(kind) and _is_plain(there[name.lower()])
    }


def _is_plain(kind: str) -> bool:
    return not (kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "VARIANT", '"NULL"')))


def _demand_values(cursor: Any, table: TableName, query: str) -> None:
    """Refuse values that would be others in the table: 5.6 in a column of integers, '05' as a number."""
    for name, (given, there) in differing_types(cursor, table, query).items():
        lost = cursor.execute(statements.changed_by_cast(query, name, given, there)).fetchall()
        if lost:
            raise value_lost(lost[0][0], name, given, there)


def _types(cursor: Any, query: str) -> dict[str, str]:
    return {row[0]: row[1] for row in cursor.execute(f"DESCRIBE {query}").fetchall()}


def _columns(cursor: Any, query: str) -> list[str]:
    return list(_types(cursor, query))


def _demand_key(cursor: Any, query: str, key: Iterable[str]) -> None:
    key = list(key)
    given = _columns(cursor, query)
    lacking = next((name for name in key if name not in given), None)
    if lacking is not None:
        raise DatasetError(
            f"the data has no column '{lacking}', which is the key of the table",
            hint=did_you_mean(lacking, given),
        )
    if cursor.execute(statements.without_key(query, key)).fetchall():
        raise key_missing(key)
    twice = cursor.execute(statements.unique_key(query, key)).fetchall()
    if twice:
        raise key_twice(key, twice[0])
