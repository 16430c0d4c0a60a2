"""From rows that wait beside a table into it, by one statement: which one, and what has to fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plait.datasets.identifiers import TableName, quote
from plait.datasets.modes import Mode, key_missing, key_twice, value_lost
from plait.datasets.snowflake import statements
from plait.datasets.snowflake.connection import Link
from plait.datasets.snowflake.staging import Staged

__all__ = ["write"]


def write(
    link: Link,
    table: TableName,
    there: Mapping[str, str] | None,
    staged: Staged,
    mode: Mode,
    key: Sequence[str] = (),
    kind: str = "",
    *,
    keep_table: bool = False,
) -> None:
    """Put the rows that wait into a table; whatever stops it, all of them are there or none.

    Args:
        there: the table's columns and their types, or None where it does not exist yet.
        kind: of a table that is made.
        keep_table: never put another table in its place, because a transaction is open that it would end.

    Raises:
        DatasetError: the columns do not fit, or a key is missing or there twice.
    """
    cast = _cast(table, there, staged) if there is not None and mode in ("append", "upsert") else {}
    if there is None or cast or not _takes_file(there, staged, mode):
        staged.gather()
    _demand_values(link, staged, cast)
    if mode == "upsert":
        _demand_key(link, staged, key)
    if there is None:
        link.ask(statements.filled(table, staged.table, kind))
        return
    if mode == "overwrite" and not keep_table and not _same(there, staged.columns):
        link.ask(statements.replaced(table, staged.table, kind))
        return
    link.ask(_statement(table, there, staged, mode, key))


def _takes_file(there: Mapping[str, str], staged: Staged, mode: Mode) -> bool:
    """Say whether a file can go into a table as it is, which spares writing the rows twice."""
    fits = mode == "append" or (mode == "overwrite" and _same(there, staged.columns))
    return staged.is_one_file and fits


def _statement(
    table: TableName, there: Mapping[str, str], staged: Staged, mode: Mode, key: Sequence[str]
) -> str:
    from plait.datasets.snowflake.columns import chosen

    meant = chosen(list(staged.columns), list(there), f"table {table}")
    columns = dict(zip(meant, staged.columns, strict=True))
    if mode == "upsert":
        return statements.merged(table, staged.table, columns, chosen(key, list(there), f"table {table}"))
    source, given = staged.source
    values = {name: given[column] for name, column in columns.items()}
    if mode == "overwrite":
        return statements.overwritten(table, source, values)
    return statements.inserted(table, source, values)


def _cast(table: TableName, there: Mapping[str, str], staged: Staged) -> dict[str, str]:
    """Return the columns of the data whose values become another type in the table, and which."""
    from plait.datasets.snowflake.columns import chosen

    meant = dict(
        zip(staged.columns, chosen(list(staged.columns), list(there), f"table {table}"), strict=True)
    )
    return {
        given: there[name]
        for given, name in meant.items()
        if _kind(there[name]) != _kind(staged.columns[given])
        and _is_plain(there[name], staged.columns[given])
    }


def _is_plain(*types: str) -> bool:
    return not any(
        type_.startswith(("VARIANT", "OBJECT", "ARRAY", "GEO", "VECTOR", "MAP")) for type_ in types
    )


def _demand_values(link: Link, staged: Staged, cast: Mapping[str, str]) -> None:
    """Refuse values that would be others in the table: 5.6 in a column of integers, '05' as a number."""
    for name, there in cast.items():
        given = staged.columns[name]
        lost = link.ask(statements.changed_by_cast(staged.table, name, given, there))
        if lost:
            raise value_lost(lost[0][0], name, given, there)


def _same(there: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Say whether rows of given columns can take the place of a table's rows without another table."""
    return list(there) == list(given) and all(_kind(there[name]) == _kind(given[name]) for name in there)


def _kind(type_: str) -> str:
    """Return a type without what a longer text or a wider number would change."""
    name = type_.partition("(")[0]
    scale = type_.rpartition(",")[2].rstrip(")") if name == "NUMBER" and "," in type_ else ""
    return f"{name} {scale}"


def _demand_key(link: Link, staged: Staged, key: Sequence[str]) -> None:
    from plait.datasets.snowflake.columns import chosen

    columns = list(map(quote, chosen(key, list(staged.columns), "the data")))
    listed = ", ".join(columns)
    missing = " OR ".join(f"{column} IS NULL" for column in columns)
    where = staged.table.quoted("snowflake")
    if link.ask(f"SELECT 1 FROM {where} WHERE {missing} LIMIT 1"):
        raise key_missing(key)
    twice = link.ask(f"SELECT {listed} FROM {where} GROUP BY {listed} HAVING COUNT(*) > 1 LIMIT 1")
    if twice:
        raise key_twice(key, twice[0])
