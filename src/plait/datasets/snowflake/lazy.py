"""Snowpark DataFrames: made of a table, and written to one, without their rows ever leaving Snowflake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plait.datasets.identifiers import TableName, parse
from plait.datasets.modes import Mode, key_missing, key_twice, refuse_existing

__all__ = ["columns_of", "narrowed", "there", "write"]


def columns_of(frame: Any) -> dict[str, str]:
    """Return the columns of a DataFrame, without quotes → as Snowpark writes them."""
    return {parse(name).stored("snowflake")[-1]: name for name in frame.columns}


def narrowed(
    frame: Any, columns: Sequence[str] = (), where: str | None = None, limit: int | None = None
) -> Any:
    """Return a DataFrame of some rows and columns; nothing is computed."""
    from plait.datasets.snowflake.columns import chosen

    if where:
        frame = frame.filter(where)
    if columns:
        known = columns_of(frame)
        frame = frame.select([known[name] for name in chosen(columns, list(known), "the table")])
    return frame if limit is None else frame.limit(limit)


def there(session: Any, name: TableName) -> Any:
    """Return the DataFrame of a table, or None where there is none."""
    from snowflake.snowpark.exceptions import SnowparkClientException

    from plait.datasets.snowflake.connection import is_missing

    try:
        frame = session.table(name.quoted("snowflake"))
        _ = frame.schema  # asks the metadata
    except SnowparkClientException as error:
        if is_missing(error):
            return None
        raise
    return frame


def write(
    session: Any,
    name: TableName,
    data: Any,
    mode: Mode,
    key: Sequence[str] = (),
    kind: str = "",
    tag: Mapping[str, str] | None = None,
) -> None:
    """Write the rows of a DataFrame of this session as ``mode`` says, by one statement.

    Args:
        kind: of a table that is made.
        tag: the query tag.

    Raises:
        DatasetError: the table is there and ``mode`` is ``error``, the columns do not fit, or a key is
            missing or there twice.
    """
    old = there(session, name)
    if old is not None and mode in ("error", "ignore"):
        refuse_existing(f"table {name}", mode)
        return
    if mode == "upsert":
        data = _with_unique_key(data, key)
    told = {"statement_params": dict(tag)} if tag else {}
    if old is None:
        _store(data, name, "errorifexists", kind, **told)
    elif mode == "overwrite":
        _replace(data, name, old, kind, **told)
    else:
        fitting = _named_alike(data, old, name)
        if mode == "append":
            _store(fitting, name, "append", kind, column_order="name", **told)
        else:
            _merge(fitting, old, key, **told)


def _store(data: Any, name: TableName, mode: str, kind: str, **more: Any) -> None:
    data.write.save_as_table(name.quoted("snowflake"), mode=mode, table_type=kind.lower(), **more)


def _replace(data: Any, name: TableName, old: Any, kind: str, **told: Any) -> None:
    """Exchange the rows where the columns fit, else the table; its grants stay either way."""
    if _shape(data) == _shape(old):
        _store(data, name, "truncate", kind, **told)
    else:
        _store(data, name, "overwrite", kind, copy_grants=True, **told)


def _merge(data: Any, old: Any, key: Sequence[str], **told: Any) -> None:
    from snowflake.snowpark.functions import when_matched, when_not_matched

    from plait.datasets.snowflake.columns import chosen

    given = columns_of(data)
    keys = chosen(key, list(given), "the data")
    (first, *others) = [old[given[name]] == data[given[name]] for name in keys]
    condition = first
    for other in others:
        condition &= other
    values = {written: data[written] for written in given.values()}
    changes = {written: data[written] for name, written in given.items() if name not in keys}
    clauses: list[Any] = [when_not_matched().insert(values)]
    if changes:
        clauses.insert(0, when_matched().update(changes))
    old.merge(data, condition, clauses, **told)


def _named_alike(data: Any, old: Any, name: TableName) -> Any:
    """Return the data with the table's own letters for its columns."""
    from plait.datasets.snowflake.columns import chosen

    given, known = columns_of(data), columns_of(old)
    meant = chosen(list(given), list(known), f"table {name}")
    if meant == list(given):
        return data
    return data.to_df([known[column] for column in meant])


def _with_unique_key(data: Any, key: Sequence[str]) -> Any:
    """Compute the data once, and return it if each row has a key of its own."""
    from snowflake.snowpark.functions import col

    from plait.datasets.snowflake.columns import chosen

    data = data.cache_result()
    known = columns_of(data)
    columns = [known[name] for name in chosen(key, list(known), "the data")]
    missing = col(columns[0]).is_null()
    for column in columns[1:]:
        missing |= col(column).is_null()
    if data.filter(missing).limit(1).collect():
        raise key_missing(key)
    twice = data.group_by(columns).count().filter(col("count") > 1).limit(1).collect()
    if twice:
        raise key_twice(key, list(twice[0])[: len(columns)])
    return data


def _shape(frame: Any) -> list[tuple[str, ...]]:
    """Return the columns and their types, without what a longer text or a wider number would change."""
    return [
        (parse(field.name).stored("snowflake")[-1], *_kind(field.datatype)) for field in frame.schema.fields
    ]


def _kind(type_: Any) -> tuple[str, ...]:
    name = type(type_).__name__
    if name == "DecimalType" and not type_.scale:
        return ("LongType",)
    return (name, str(getattr(type_, "scale", "")), str(getattr(type_, "tz", "")))
