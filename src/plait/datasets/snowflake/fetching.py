"""Results of queries as Arrow tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.catalog.preview import Preview
from plait.datasets.previews import of_arrow
from plait.datasets.snowflake.connection import Link

__all__ = ["fetched", "preview_of"]

_TIMES = ("TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ", "TIME")
_MICROSECONDS = 6


def fetched(link: Link, query: str, values: Sequence[Any] = ()) -> Any:
    """Return the whole result of a query as an Arrow table whose types do not depend on its values."""
    with link.cursor() as cursor:
        link.run(cursor, query, values)
        from snowflake.connector.constants import FIELD_ID_TO_NAME

        from plait.datasets.snowflake.columns import in_one_type

        names = [FIELD_ID_TO_NAME[column.type_code] for column in cursor.description]
        times = [c.scale or 0 for c, name in zip(cursor.description, names, strict=True) if name in _TIMES]
        table = cursor.fetch_arrow_all(
            force_return_table=True,
            # One unit for all batches, and years from 1 to 9999, where no digits are lost by it.
            force_microsecond_precision=bool(times) and max(times) <= _MICROSECONDS,
        )
        scales = [
            column.scale if name == "FIXED" else None
            for column, name in zip(cursor.description, names, strict=True)
        ]
        return in_one_type(table, scales)


def preview_of(link: Link, query: str, limit: int, values: Sequence[Any] = ()) -> Preview:
    """Show the first rows of a query that gives one more if there is more."""
    return of_arrow(fetched(link, query, values), limit)
