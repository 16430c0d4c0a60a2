"""From a query into a table, in the transaction that is open: which statements, and what has to fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from plait.datasets.duckdb import statements
from plait.datasets.identifiers import TableName
from plait.datasets.modes import Mode, key_missing, key_twice, value_lost
from plait.errors import DatasetError, did_you_mean

__all__ = ["differing_types", "types_of", "write"]


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
    given = {} if mode == "overwrite" else types_of(cursor, query)
    if mode == "upsert":
        _demand_key(cursor, query, given, key)
    if kind is None or mode == "overwrite":
        if kind is not None and kind != wanted:
            cursor.execute(f"DROP {kind} {name}")
        elif kind is None and len(table.parts) > 1:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {TableName(table.parts[:-1]).quoted('duckdb')}")
        cursor.execute(statements.created(name, wanted, query))
        return
    if kind == "VIEW":
        raise DatasetError(f"rows cannot be added to the view {table}", hint="`mode: overwrite`")
    there = types_of(cursor, f"FROM {name}")
    _demand_columns(given, there)
    _demand_values(cursor, query, given, there)
    if mode == "upsert":
        cursor.execute(statements.merged(name, query, list(given), key))
    else:
        cursor.execute(statements.appended(name, query))


def types_of(cursor: Any, query: str) -> dict[str, str]:
    """Return the columns of a query and their types, in order."""
    return {row[0]: row[1] for row in cursor.execute(f"DESCRIBE {query}").fetchall()}


def differing_types(given: Mapping[str, str], there: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the columns whose values a save turns into another type, with theirs and that of the table."""
    known = {name.lower(): kind for name, kind in there.items()}
    both = {name: (kind, known.get(name.lower(), kind)) for name, kind in given.items()}
    return {
        name: kinds for name, kinds in both.items() if kinds[0] != kinds[1] and all(map(_is_plain, kinds))
    }


def _is_plain(kind: str) -> bool:
    return not (kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "VARIANT", '"NULL"')))


def _demand_columns(given: Iterable[str], there: Collection[str]) -> None:
    known = {name.casefold() for name in there}
    odd = next((name for name in given if name.casefold() not in known), None)
    if odd is not None:
        raise DatasetError(
            f"the data has a column '{odd}', and the table has none of that name",
            why=f"its columns are {', '.join(there)}",
            hint=did_you_mean(odd, there) or "`mode: overwrite` makes the table anew",
        )


def _demand_values(cursor: Any, query: str, given: Mapping[str, str], there: Mapping[str, str]) -> None:
    """Refuse values that would be others in the table: 5.6 in a column of integers, '05' as a number."""
    for name, (kind, wanted) in differing_types(given, there).items():
        lost = cursor.execute(statements.changed_by_cast(query, name, kind, wanted)).fetchall()
        if lost:
            raise value_lost(lost[0][0], name, kind, wanted)


def _demand_key(cursor: Any, query: str, given: Collection[str], key: Iterable[str]) -> None:
    key = list(key)
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
