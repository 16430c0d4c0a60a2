"""What DuckDB is asked: SQL as text, in which every name is quoted by one rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plait.datasets.identifiers import TableName, quote

__all__ = [
    "appended",
    "changed_by_cast",
    "created",
    "digest",
    "merged",
    "selected",
    "stamp",
    "unique_key",
    "without_key",
]


def selected(
    source: str, columns: Sequence[str] = (), where: str | None = None, limit: int | None = None
) -> str:
    """Return the query of some columns and rows.

    Args:
        source: a quoted name, or a query in parentheses.
        where: the user's own condition, in SQL.
    """
    text = f"SELECT {', '.join(map(quote, columns)) or '*'} FROM {source}"
    if where is not None:
        text += f" WHERE ({where})"
    return text if limit is None else f"{text} LIMIT {limit:d}"


def created(table: str, kind: str, query: str) -> str:
    """Return the statement that puts a table or view in the place of what is there, whole or not at all."""
    return f"CREATE OR REPLACE {kind} {table} AS {query}"


def appended(table: str, query: str) -> str:
    """Return the statement that adds rows; columns meet by their names."""
    return f"INSERT INTO {table} BY NAME {query}"


def merged(table: str, query: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """Return the statement that puts rows in the place of those with the same key, and adds the others."""
    same = " AND ".join(f"old.{quote(name)} = new.{quote(name)}" for name in key)
    changes = ", ".join(f"{quote(name)} = new.{quote(name)}" for name in columns if name not in key)
    names = ", ".join(map(quote, columns))
    values = ", ".join(f"new.{quote(name)}" for name in columns)
    update = f" WHEN MATCHED THEN UPDATE SET {changes}" if changes else ""
    return (
        f"MERGE INTO {table} AS old USING ({query}) AS new ON {same}{update} "
        f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"
    )


def without_key(query: str, key: Sequence[str]) -> str:
    """Return the query of one row that lacks a part of its key."""
    missing = " OR ".join(f"{quote(name)} IS NULL" for name in key)
    return f"SELECT 1 FROM ({query}) WHERE {missing} LIMIT 1"


def unique_key(query: str, key: Sequence[str]) -> str:
    """Return the query of one key that several rows have."""
    names = ", ".join(map(quote, key))
    return f"SELECT {names} FROM ({query}) GROUP BY {names} HAVING count(*) > 1 LIMIT 1"


def changed_by_cast(query: str, column: str, given: str, there: str) -> str:
    """Return the query of one value that is another after a cast from one type to the other and back."""
    name = quote(column)
    back = f"TRY_CAST(TRY_CAST({name} AS {there}) AS {given})"
    return f"SELECT {name}::VARCHAR FROM ({query}) WHERE {name} IS DISTINCT FROM {back} LIMIT 1"


def digest(source: str, columns: Mapping[str, str]) -> str:
    """Return the query of what all rows amount to, in whatever order: count, and two sums of their hashes.

    Of some types DuckDB hashes values alike that are not, ``NULL`` and ``[]`` among them: what they read as
    is hashed too.
    """
    parts = [part for name, kind in columns.items() for part in _hashed(quote(name), kind)]
    hashes = f"SELECT hash({', '.join(parts)}) AS h FROM {source}"
    return f"SELECT count(*), coalesce(bit_xor(h), 0), coalesce(sum(h::HUGEINT), 0) FROM ({hashes})"


def _hashed(name: str, kind: str) -> list[str]:
    is_loose = kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "INTERVAL", "VARIANT"))
    return [name, f"{name}::VARCHAR"] if is_loose else [name]


def stamp(table: TableName) -> str:
    """Return the query of where and how a table lies in its file, by metadata only.

    It changes with the table as long as the file is open: a checkpoint gives the room of old rows to new
    ones, and after two changes a table may lie as it lay before. It may change where the table does not.
    """
    name = table.quoted("duckdb")
    literal = "'" + name.replace("'", "''") + "'"
    return (
        f"SELECT (SELECT count(*) FROM {name}), count(*), coalesce(sum(hash(place)::HUGEINT), 0) "
        f"FROM pragma_storage_info({literal}) AS place"
    )
