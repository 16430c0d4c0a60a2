"""Whatever a node returned, within reach of a statement: as a query over this file, or as rows beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from plait.catalog import frames
from plait.datasets.duckdb.database import Link
from plait.datasets.identifiers import quote
from plait.errors import DatasetError

__all__ = ["as_query", "is_computed_here", "reachable"]

_ROWS = "plait_rows"
_STAGED = "plait_staged"
_WIDE = ("HUGEINT", "UHUGEINT")
_NARROW = "BIGINT"


@contextmanager
def reachable(link: Link, data: Any) -> Iterator[str]:
    """Give the query of data over the cursor of this thread.

    An Ibis table of this file is its own query, so that its rows never leave the engine; all else is lent
    to it as Arrow.
    """
    if is_computed_here(link, data):
        yield as_query(link, data)
        return
    cursor = link.mine()
    rows = frames.to_save(data, "arrow")
    _demand_names(rows.schema.names)
    cursor.register(_ROWS, rows)
    try:
        yield f"SELECT * FROM {_ROWS}"
    finally:
        cursor.unregister(_ROWS)


def _demand_names(names: Sequence[str]) -> None:
    """Refuse what DuckDB would give another name without a word."""
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(name.lower(), name)
        if not name:
            raise DatasetError("a column has no name", hint="give each column a name of its own")
        if other is not name:
            raise DatasetError(
                f"the columns '{other}' and '{name}' are one to DuckDB, which does not tell cases apart",
                hint="rename one of them",
            )


@contextmanager
def staged(link: Link, chunks: Sequence[Any] = ()) -> Iterator[Any]:
    """Give a function that takes chunks into a table that only this thread sees, and the query of it."""
    cursor = link.mine()
    cursor.execute(f"DROP TABLE IF EXISTS temp.{_STAGED}")
    count = 0

    def take(chunk: Any) -> None:
        nonlocal count
        with reachable(link, chunk) as query:
            if count:
                cursor.execute(f"INSERT INTO temp.{_STAGED} BY NAME {query}")
            else:
                cursor.execute(f"CREATE TEMP TABLE {_STAGED} AS {query}")
        count += 1

    for chunk in chunks:
        take(chunk)
    try:
        yield take
    finally:
        cursor.execute(f"DROP TABLE IF EXISTS temp.{_STAGED}")


def staged_query() -> str:
    """Return the query of what was staged."""
    return f"SELECT * FROM temp.{_STAGED}"


def is_computed_here(link: Link, data: Any) -> bool:
    """Say whether data is an Ibis table over this file alone."""
    if frames.frame_of(data) != "ibis":
        return False
    backends, unbound = data._find_backends()
    if unbound:
        raise DatasetError(
            "an Ibis table without data cannot be saved",
            why="it was made by `ibis.table(…)`, which only describes columns",
            hint="start from a table that the node was given, or from `ibis.memtable(…)`",
        )
    return bool(backends) and all(link.owns(backend) for backend in backends)


def as_query(link: Link, data: Any) -> str:
    """Return the SQL of an Ibis table of this file; what it holds in memory is lent to the engine."""
    backend = link.ibis()
    backend._run_pre_execute_hooks(data)  # functions and tables of Python's; there is no public name for it
    return _as_ibis_means(link.mine(), str(backend.compile(data)), data.schema())


def _as_ibis_means(cursor: Any, query: str, schema: Any) -> str:
    """Return a query whose sums of integers have the 64 bits that Ibis says, where DuckDB takes 128."""
    kinds = cursor.execute(f"DESCRIBE {query}").fetchall()
    wide = [quote(row[0]) for row in kinds if row[1] in _WIDE and schema[row[0]].is_integer()]
    if not wide:
        return query
    casts = ", ".join(f"CAST({name} AS {_NARROW}) AS {name}" for name in wide)
    return f"SELECT * REPLACE ({casts}) FROM ({query})"
