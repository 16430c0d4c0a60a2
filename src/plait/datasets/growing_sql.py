"""Tables of a database that grow: rows replaced by key, and progress in the transaction of its rows."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import sqlalchemy as sa

from plait.errors import DatasetError, did_you_mean

__all__ = [
    "PROGRESS",
    "newest_by_key",
    "progress_table",
    "read",
    "remove_keys",
    "rows_beyond",
    "spooled",
    "unspooled",
    "write",
]

PROGRESS = "plait_progress"


def progress_table(schema: str | None) -> sa.Table:
    """Return the table that holds the progress of all tables of a schema; a row each."""
    return sa.Table(
        PROGRESS,
        sa.MetaData(),
        sa.Column("table_name", sa.String(255), primary_key=True),
        sa.Column("progress", sa.Text, nullable=False),
        schema=schema,
    )


def read(connection: Any, schema: str | None, name: str) -> dict[str, Any] | None:
    """Return what is stored for a table, or None."""
    table = progress_table(schema)
    if not sa.inspect(connection).has_table(PROGRESS, schema):
        return None
    text = connection.scalar(sa.select(table.c.progress).where(table.c.table_name == name))
    return None if text is None else json.loads(text)


def write(connection: Any, schema: str | None, name: str, document: Mapping[str, Any]) -> None:
    """Store something for a table, in the transaction of the connection."""
    table = progress_table(schema)
    connection.execute(sa.delete(table).where(table.c.table_name == name))
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    connection.execute(sa.insert(table).values(table_name=name, progress=text))


def newest_by_key(chunk: Any, key: Sequence[str]) -> Any:
    """Return a pandas table with one row a key, the last.

    Raises:
        DatasetError: a column of the key is missing, or holds nothing in some row.
    """
    for column in key:
        if column not in chunk.columns:
            raise DatasetError(
                f"a chunk has no column '{column}', which is the key of the table",
                hint=did_you_mean(column, map(str, chunk.columns)),
            )
    if chunk[list(key)].isna().any(axis=None):
        raise DatasetError(
            f"the key {', '.join(key)} is missing in some rows", hint="drop or fill those rows"
        )
    return chunk.drop_duplicates(list(key), keep="last")


def remove_keys(connection: Any, table: sa.Table, key: Sequence[str], chunk: Any) -> None:
    """Remove the rows whose key is in a pandas table."""
    same = sa.and_(*(table.c[column] == sa.bindparam(f"k{place}") for place, column in enumerate(key)))
    columns = [chunk[column].tolist() for column in key]  # Python's own values, which drivers take
    rows = [
        {f"k{place}": _plain(value) for place, value in enumerate(row)} for row in zip(*columns, strict=True)
    ]
    if rows:
        connection.execute(sa.delete(table).where(same), rows)


def rows_beyond(table: sa.Table, column: str, mark: Any) -> Any:
    """Return the query of the rows beyond a mark, in the order of the column.

    Raises:
        DatasetError: there is no such column.
    """
    if column not in table.c:
        raise DatasetError(f"there is no column '{column}'", hint=did_you_mean(column, table.c.keys()))
    query = sa.select(table).order_by(table.c[column])
    return query if mark is None else query.where(table.c[column] > _typed(mark, table.c[column].type))


def spooled(spool: IO[bytes], chunks: Iterable[Any]) -> int:
    """Write pandas tables to a file that only this process reads; return how many."""
    count = 0
    for chunk in chunks:
        pickle.dump(chunk, spool, protocol=5)
        count += 1
    return count


def unspooled(spool: IO[bytes], count: int) -> Iterator[Any]:
    """Give the tables back, one at a time."""
    spool.seek(0)
    for _ in range(count):
        yield pickle.load(spool)  # written above, to a file without a name


def _plain(value: Any) -> Any:
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def _typed(mark: Any, kind: Any) -> Any:
    if isinstance(mark, str) and isinstance(kind, sa.Numeric):
        return Decimal(mark)
    if not isinstance(mark, str) or not isinstance(kind, sa.DateTime | sa.Date):
        return mark
    found = datetime.fromisoformat(mark)
    return found if isinstance(kind, sa.DateTime) else date(found.year, found.month, found.day)
