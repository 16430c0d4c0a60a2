"""The rows of a table whose value in one column is beyond a mark."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from plait.catalog.frames import frame_of
from plait.errors import DatasetError, did_you_mean

__all__ = ["rows_beyond"]


def rows_beyond(data: Any, column: str, mark: Any) -> Any:
    """Return the rows whose ``column`` is greater than ``mark``, in the same frame and order.

    Args:
        data: a table of pandas, Polars or Arrow.
        mark: a value of the column; also the text of one, for decimals, and for times in ISO format. None
            gives all rows.

    Raises:
        DatasetError: it is no table, has no such column, or the mark cannot be compared with it.
    """
    frame = frame_of(data)
    if frame in (None, "path"):
        raise DatasetError(f"only a table has rows beyond a mark, and the data is a {type(data).__name__}")
    names = list(data.collect_schema().names() if frame == "polars-lazy" else data.columns)
    if frame == "arrow":
        names = data.column_names
    if column not in names:
        raise DatasetError(f"there is no column '{column}'", hint=did_you_mean(column, map(str, names)))
    if mark is None:
        return data
    try:
        return {"pandas": _pandas, "arrow": _arrow}.get(str(frame), _polars)(data, column, mark)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise DatasetError(f"column '{column}' cannot be compared with {mark!r}", why=str(error)) from error


def _pandas(data: Any, column: str, mark: Any) -> Any:
    values = data[column]
    if isinstance(mark, str) and isinstance(next(iter(values.dropna()), None), Decimal):
        there = values.notna()  # objects are compared one by one, and None cannot be
        return data[there][values[there] > _number(mark)]
    return data[values > mark]


def _polars(data: Any, column: str, mark: Any) -> Any:
    import polars as pl

    kind = data.collect_schema()[column]
    if isinstance(mark, str) and kind.is_temporal():
        mark = _moment(mark, kind == pl.Date)
    if isinstance(mark, str) and kind.is_decimal():
        return data.filter(pl.col(column) > pl.lit(_number(mark)))
    if isinstance(mark, str) is not (kind in (pl.String, pl.Categorical, pl.Enum)):
        raise TypeError(f"it holds {kind}")
    return data.filter(pl.col(column) > mark)


def _arrow(data: Any, column: str, mark: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute

    kind = data.schema.field(column).type
    if isinstance(mark, str) and pa.types.is_temporal(kind):
        mark = _moment(mark, pa.types.is_date(kind))
    if isinstance(mark, str) and pa.types.is_decimal(kind):
        mark = _number(mark)
    return data.filter(pa.compute.greater(data[column], pa.scalar(mark, kind)))


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"'{text}' is no number") from error


def _moment(text: str, day: bool) -> date | datetime:
    found = datetime.fromisoformat(text)
    return found.date() if day else found
