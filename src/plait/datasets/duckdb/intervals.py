"""Spans of time that DuckDB gives as months, days and nanoseconds, which no library reckons with."""

from __future__ import annotations

from typing import Any

__all__ = ["as_durations"]

_DAY = 86_400_000_000  # microseconds


def as_durations(table: Any) -> Any:
    """Return an Arrow table whose intervals are durations in microseconds, where none of them counts months.

    A month is no fixed time: a column that has one stays as it is.
    """
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if field.type == pa.month_day_nano_interval():
            durations = _durations(table.column(place).combine_chunks())
            if durations is not None:
                table = table.set_column(place, field.name, durations)
    return table


def _durations(intervals: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    if isinstance(intervals, pa.ChunkedArray):  # of no chunk at all
        return pa.array([], pa.duration("us"))
    parts = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanoseconds", "<i8")])
    rows = np.frombuffer(intervals.buffers()[1], parts)[intervals.offset : intervals.offset + len(intervals)]
    there = np.asarray(intervals.is_valid())
    if rows["months"][there].any():
        return None
    microseconds = rows["days"].astype("i8") * _DAY + rows["nanoseconds"] // 1000
    return pa.array(microseconds, pa.int64(), mask=~there).cast(pa.duration("us"))
