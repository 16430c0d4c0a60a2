"""How far the rows of a table were taken: the greatest value of a column, as JSON can hold it.

Numbers and texts stand for themselves, times are texts in ISO format, and decimals, which a float would
round, are ``{"decimal": text}``. Rows without a value, NULL or NaN, have no place in the order and no mark.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from plait.catalog.frames import frame_of

__all__ = ["Extent", "extent_of", "greater", "lowered", "shown", "value_of", "with_values"]


class Extent(NamedTuple):
    """The greatest value of a column, None where there is none, and how many rows have no value there."""

    mark: Any
    without: int


def extent_of(table: Any, column: str) -> Extent:
    """Return how far the rows of a table go in a column."""
    frame = frame_of(table)
    if frame == "ibis":
        return _extent_in_engine(table, column)
    alone = table[[column]] if frame == "pandas" else table.select([column])  # the rest need not be filtered
    if frame == "polars-lazy":
        alone = alone.collect()
    there = with_values(alone, column)
    if not len(there):
        return Extent(None, len(alone))
    greatest = _arrow_max(there[column]) if frame == "arrow" else there[column].max()
    return Extent(_mark(greatest), len(alone) - len(there))


def with_values(table: Any, column: str) -> Any:
    """Return the rows of a table that have a value in a column, neither NULL nor NaN, in the same frame."""
    frame = frame_of(table)
    if frame == "ibis":
        there = table[column].notnull()
        return table.filter(there & ~table[column].isnan() if _is_floating(table, column) else there)
    if frame == "arrow":
        import pyarrow.compute as pc

        return table.filter(pc.invert(pc.is_null(table[column], nan_is_null=True)))
    if frame in ("polars", "polars-lazy"):
        import polars as pl

        there = table.filter(pl.col(column).is_not_null())
        is_float = table.lazy().collect_schema()[column].is_float()
        return there.filter(pl.col(column).is_not_nan()) if is_float else there
    values = table[column]
    is_itself = (values == values).fillna(False).astype(bool)
    return table[values.notna() & is_itself]


def value_of(mark: Any) -> Any:
    """Return a mark as it is compared with the values of its column."""
    return Decimal(mark["decimal"]) if isinstance(mark, dict) else mark


def shown(mark: Any) -> str:
    """Return a mark as it is told."""
    return mark["decimal"] if isinstance(mark, dict) else repr(mark)


def lowered(mark: Any, lookback: Any) -> Any:
    """Return a mark moved back by ``lookback``, as datasets take it: the text of a time or a decimal."""
    value = value_of(mark)
    if isinstance(value, Decimal):
        return str(value if lookback is None else value - Decimal(str(lookback)))
    if value is None or lookback is None:
        return value
    if isinstance(value, str):
        return (datetime.fromisoformat(value) - lookback).isoformat()
    return value - lookback


def greater(one: Any, other: Any) -> Any:
    """Return the greater of two marks, of which None is less than any."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, str) and isinstance(other, str):
        return max(one, other, key=_moment)
    return max(one, other, key=value_of)


def _extent_in_engine(table: Any, column: str) -> Extent:
    import ibis

    values = table[column]
    if _is_floating(table, column):  # an engine takes NaN for the greatest of all
        values = values.isnan().ifelse(ibis.null(), values)
    asked = table.aggregate(mark=values.max(), without=values.isnull().sum())
    row = asked.to_pyarrow().to_pylist()[0]
    return Extent(_mark(row["mark"]), int(row["without"] or 0))


def _is_floating(table: Any, column: str) -> bool:
    return bool(table[column].type().is_floating())


def _arrow_max(values: Any) -> Any:
    import pyarrow.compute as pc

    return pc.max(values).as_py()


def _mark(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _moment(text: str) -> Any:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text
