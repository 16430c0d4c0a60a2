"""What Snowflake is told: each function returns one statement, and asks nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plait.datasets.identifiers import TableName, quote
from plait.errors import CatalogError

__all__ = [
    "Columns",
    "changed_by_cast",
    "copied_in",
    "created",
    "described",
    "filled",
    "inserted",
    "merged",
    "named_like",
    "overwritten",
    "replaced",
    "row_count",
    "selected",
    "staged_table",
    "text",
    "time_travel",
    "uploaded",
]

Columns = Mapping[str, str]
"""Column → its type."""

_PARQUET = "(TYPE = PARQUET BINARY_AS_TEXT = FALSE USE_LOGICAL_TYPE = TRUE)"


def selected(
    table: str,
    columns: Sequence[str] = (),
    where: str | None = None,
    limit: int | None = None,
    at: str = "",
    order: str | None = None,
) -> str:
    """Return the query of a table's rows; ``table`` and ``order`` are quoted already."""
    parts = [f"SELECT {_list(columns) or '*'} FROM {table}{at}"]
    if where:
        parts.append(f"WHERE {where}")
    if order:
        parts.append(f"ORDER BY {order}")
    if limit is not None:
        parts.append(f"LIMIT {int(limit)}")
    return " ".join(parts)


def time_travel(at: object) -> str:
    """Return the clause for a moment of a table's past.

    Args:
        at: a date and time; seconds before now, negative; or ``{statement: query id}``; also
            ``{timestamp: …}``, ``{offset: …}``, ``{before: query id}``.

    Raises:
        CatalogError: it is none of these.
    """
    if at is None:
        return ""
    kind, value = _moment(at)
    if kind == "timestamp":
        return f" AT (TIMESTAMP => {text(_iso(value))}::TIMESTAMP_TZ)"
    if kind == "offset":
        return f" AT (OFFSET => {_past(value)})"
    return f" {'BEFORE' if kind == 'before' else 'AT'} (STATEMENT => {text(str(value))})"


def created(table: TableName, columns: Columns, kind: str = "") -> str:
    """Return the statement that makes an empty table."""
    typed = ", ".join(f"{quote(name)} {type_}" for name, type_ in columns.items())
    return f"CREATE {kind + ' ' if kind else ''}TABLE {table.quoted('snowflake')} ({typed})"


def staged_table(table: TableName, columns: Columns) -> str:
    """Return the statement that makes the temporary table which rows wait in."""
    return created(table, columns, "TEMPORARY")


def filled(table: TableName, source: TableName, kind: str = "") -> str:
    """Return the statement that makes a table with the rows of another: it is there with them, or not."""
    return (
        f"CREATE {kind + ' ' if kind else ''}TABLE {table.quoted('snowflake')} "
        f"AS SELECT * FROM {source.quoted('snowflake')}"
    )


def replaced(table: TableName, source: TableName, kind: str = "") -> str:
    """Return the statement that puts a table of other columns in the place of one, with its grants."""
    return (
        f"CREATE OR REPLACE {kind + ' ' if kind else ''}TABLE {table.quoted('snowflake')} COPY GRANTS "
        f"AS SELECT * FROM {source.quoted('snowflake')}"
    )


def overwritten(table: TableName, source: str, values: Mapping[str, str]) -> str:
    """Return the statement that exchanges all rows and leaves the table itself as it is.

    Grants, policies, comments, clustering and streams stay, as do the past rows for time travel.
    """
    return f"INSERT OVERWRITE {_into(table, source, values)}"


def inserted(table: TableName, source: str, values: Mapping[str, str]) -> str:
    """Return the statement that adds rows.

    Args:
        source: a table, quoted, or ``@`` and a stage.
        values: column of the table → expression over the source.
    """
    return f"INSERT {_into(table, source, values)}"


def merged(table: TableName, source: TableName, columns: Mapping[str, str], key: Sequence[str]) -> str:
    """Return the statement that puts rows in the place of those of the same key, and adds the others.

    Args:
        columns: of the table → of the source.
        key: columns of the table.
    """
    same = " AND ".join(f"t.{quote(name)} = s.{quote(columns[name])}" for name in key)
    changes = ", ".join(
        f"t.{quote(name)} = s.{quote(given)}" for name, given in columns.items() if name not in key
    )
    update = f" WHEN MATCHED THEN UPDATE SET {changes}" if changes else ""
    values = ", ".join(f"s.{quote(name)}" for name in columns.values())
    return (
        f"MERGE INTO {table.quoted('snowflake')} t USING {source.quoted('snowflake')} s ON {same}{update}"
        f" WHEN NOT MATCHED THEN INSERT ({_list(columns)}) VALUES ({values})"
    )


def changed_by_cast(table: TableName, column: str, given: str, there: str) -> str:
    """Return the query of one value that is another after a cast from one type to the other and back."""
    name = quote(column)
    back = f"CAST(CAST({name} AS {there}) AS {given})"
    return (
        f"SELECT CAST({name} AS VARCHAR) FROM {table.quoted('snowflake')} "
        f"WHERE {name} IS DISTINCT FROM {back} LIMIT 1"
    )


def stage(name: TableName) -> str:
    """Return the statement that makes the place which Parquet files wait in."""
    return f"CREATE TEMPORARY STAGE {name.quoted('snowflake')} FILE_FORMAT = {_PARQUET}"


def uploaded(file: str, stage: TableName) -> str:
    """Return the statement that sends a local file to a stage."""
    url = text(f"file://{file}")
    return f"PUT {url} @{stage.quoted('snowflake')} PARALLEL=8 AUTO_COMPRESS=FALSE OVERWRITE=TRUE"


def copied_in(table: TableName, stage: TableName, parsed: Mapping[str, str]) -> str:
    """Return the statement that reads all files of a stage into a table.

    Args:
        parsed: column → the expression that makes its value.
    """
    source = f"SELECT {', '.join(parsed.values())} FROM @{stage.quoted('snowflake')}"
    return (
        f"COPY INTO {table.quoted('snowflake')} ({_list(parsed)}) FROM ({source}) "
        f"FILE_FORMAT = {_PARQUET} PURGE = TRUE"
    )


def described(table: TableName) -> str:
    """Return the statement that lists the columns of a table or view; no warehouse has to run for it."""
    return f"DESCRIBE TABLE {table.quoted('snowflake')}"


def row_count(table: TableName) -> tuple[str, tuple[str, ...]]:
    """Return the query of how many rows a table has by its metadata, and its values."""
    where, values = _metadata(table)
    return f"SELECT row_count FROM {where} AND table_name = ?", (*values, table.stored("snowflake")[-1])


def named_like(table: TableName, start: str) -> tuple[str, tuple[str, ...]]:
    """Return the query of the tables beside one whose names begin so, and its values."""
    where, values = _metadata(table)
    return f"SELECT table_name FROM {where} AND STARTSWITH(table_name, ?)", (*values, start)


def _metadata(table: TableName) -> tuple[str, tuple[str, ...]]:
    """Return how a query of the tables in the schema of one goes on after FROM, and its values."""
    outer = table.stored("snowflake")[:-1]
    catalog = f"{quote(outer[0])}." if len(outer) > 1 else ""
    schema = "?" if outer else "CURRENT_SCHEMA()"
    return f"{catalog}information_schema.tables WHERE table_schema = {schema}", outer[-1:]


def _into(table: TableName, source: str, values: Mapping[str, str]) -> str:
    taken = ", ".join(values.values())
    return f"INTO {table.quoted('snowflake')} ({_list(values)}) SELECT {taken} FROM {source}"


def _list(columns: Sequence[str] | Mapping[str, str]) -> str:
    return ", ".join(map(quote, columns))


def text(value: str) -> str:
    """Return a text as a literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _moment(at: object) -> tuple[str, Any]:
    if isinstance(at, Mapping) and len(at) == 1:
        ((kind, value),) = at.items()
        if kind in ("timestamp", "offset", "statement", "before"):
            return str(kind), value
    elif isinstance(at, (int, float)) and not isinstance(at, bool):
        return "offset", at
    elif isinstance(at, (str, datetime)):
        return "timestamp", at
    raise CatalogError(
        f"`at: {at}` is no moment",
        hint="`at: 2024-05-01 12:00:00+00:00`, `at: -3600` (seconds), or `at: {statement: <query id>}`",
    )


def _iso(value: object) -> str:
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise CatalogError(f"`at: {value}` is no date and time", why=str(error)) from None
    return found.isoformat(sep=" ")


def _past(value: object) -> object:
    if not isinstance(value, (int, float)) or value > 0:
        raise CatalogError(f"`at: {value}` is not in the past", hint="seconds before now are negative: -3600")
    return value
