"""Types of columns: which ones Snowflake is given for an Arrow table, and which come back."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa
from pyarrow import types as is_

from plait.datasets.identifiers import quote
from plait.errors import DatasetError, did_you_mean

__all__ = ["chosen", "column_type", "for_upload", "in_one_type", "parsed"]

_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_MOST_DIGITS = 38


def column_type(kind: pa.DataType, name: str) -> str:
    """Return the type of a Snowflake column that holds every value of an Arrow type.

    Raises:
        DatasetError: Snowflake has none.
    """
    if is_.is_dictionary(kind):
        return column_type(kind.value_type, name)
    if is_.is_timestamp(kind):
        return f"TIMESTAMP_{'TZ' if kind.tz else 'NTZ'}({_DIGITS[kind.unit]})"
    if is_.is_time(kind):
        return f"TIME({_DIGITS[kind.unit]})"
    if is_.is_decimal(kind) and kind.precision <= _MOST_DIGITS and kind.scale >= 0:
        return f"NUMBER({kind.precision},{kind.scale})"
    for is_kind, said in _KINDS:
        if is_kind(kind):
            return said
    raise DatasetError(
        f"column '{name}' cannot be stored in Snowflake",
        why=f"it has no type for Arrow's {kind}",
        hint="convert the column in the node, say to seconds or to text",
    )


_KINDS = (
    (is_.is_integer, "NUMBER(38,0)"),
    (is_.is_floating, "FLOAT"),
    (is_.is_boolean, "BOOLEAN"),
    (is_.is_date, "DATE"),
    (is_.is_nested, "VARIANT"),
    (is_.is_null, "VARCHAR"),
    (lambda kind: is_.is_string(kind) or is_.is_large_string(kind) or is_.is_string_view(kind), "VARCHAR"),
    (lambda kind: is_.is_binary(kind) or is_.is_large_binary(kind) or is_.is_binary_view(kind), "BINARY"),
    (is_.is_fixed_size_binary, "BINARY"),
)


def parsed(kind: pa.DataType, name: str) -> str:
    """Return the expression that makes a value of a column out of an uploaded Parquet row."""
    found = f"$1:{quote(name)}"
    wanted = column_type(kind, name)
    return f"PARSE_JSON({found}::VARCHAR)" if wanted == "VARIANT" else f"{found}::{wanted}"


def for_upload(table: pa.Table) -> pa.Table:
    """Return a table as Parquet in Snowflake's reading holds it: what it would misread is converted.

    Nested values become JSON texts, categories their values, unsigned 64-bit integers decimals.
    """
    columns = [_plain(column) for column in table.columns]
    return pa.table(dict(zip(table.column_names, columns, strict=True))) if columns else table


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if is_.is_nested(kind):
        texts = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if is_.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if is_.is_null(kind) or is_.is_string_view(kind):
        return column.cast(pa.string())
    if is_.is_uint64(kind):
        return column.cast(pa.decimal128(20, 0))
    if is_.is_float16(kind):
        return column.cast(pa.float32())
    if is_.is_date64(kind):
        return column.cast(pa.date32())
    if is_.is_timestamp(kind) and kind.unit == "s":
        return column.cast(pa.timestamp("ms", kind.tz))
    return column


def in_one_type(table: pa.Table, scales: Sequence[int | None]) -> pa.Table:
    """Return what the connector fetched with types that do not depend on the values in it.

    Whole numbers come in the smallest type that holds them, and instants in the session's time zone;
    they become 64-bit integers where all fit, and UTC.

    Args:
        scales: the digits behind the point of each column, None where it is no number.
    """
    columns = [_steady(column, scale) for column, scale in zip(table.columns, scales, strict=True)]
    fields = [pa.field(name, column.type) for name, column in zip(table.column_names, columns, strict=True)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _steady(column: pa.ChunkedArray, scale: int | None) -> pa.ChunkedArray:
    kind = column.type
    if is_.is_timestamp(kind) and kind.tz not in (None, "UTC"):
        return column.cast(pa.timestamp(kind.unit, "UTC"))
    if scale == 0 and (is_.is_integer(kind) or is_.is_decimal(kind)):
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:
            return column
    return column


def chosen(wanted: Sequence[str], there: Sequence[str], subject: str) -> list[str]:
    """Return the columns of a table that are meant, by their letters, else regardless of capitals.

    Raises:
        DatasetError: there is none of that name, or several that differ in capitals only.
    """
    return [_meant(name, there, subject) for name in wanted]


def _meant(name: str, there: Sequence[str], subject: str) -> str:
    if name in there:
        return name
    alike = [column for column in there if column.upper() == name.upper()]
    if len(alike) == 1:
        return alike[0]
    why = f"its columns {' and '.join(alike)} differ from it in capitals only" if alike else None
    hint = did_you_mean(name, there) or f"it has {', '.join(there) or 'no columns'}"
    raise DatasetError(f"{subject} has no column '{name}'", why=why, hint=hint)
