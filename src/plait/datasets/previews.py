"""The first rows of a table and the first lines of a text as plain values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plait.catalog.preview import Preview
from plait.datasets.sources import Source, opened, size_of

__all__ = ["fits", "json_preview", "of_arrow", "of_pandas", "of_polars", "of_rows", "text_preview"]

_LONGEST_LINE = 2_000
_LARGEST_DOCUMENT = 1_000_000


def of_pandas(data: Any, limit: int, rows: int | None = None) -> Preview:
    """Show the first ``limit`` rows of a DataFrame that holds one more if there is more."""
    columns = {str(name): str(dtype) for name, dtype in zip(data.columns, data.dtypes, strict=True)}
    return of_rows(
        columns, data.head(limit).itertuples(index=False, name=None), limit, len(data) <= limit, rows
    )


def of_polars(data: Any, limit: int, rows: int | None = None) -> Preview:
    """Show the first ``limit`` rows of a Polars frame that holds one more if there is more."""
    columns = {name: str(dtype) for name, dtype in data.schema.items()}
    return of_rows(columns, data.head(limit).iter_rows(), limit, data.height <= limit, rows)


def of_arrow(data: Any, limit: int, rows: int | None = None) -> Preview:
    """Show the first ``limit`` rows of an Arrow table that holds one more if there is more."""
    columns = {field.name: str(field.type) for field in data.schema}
    cells = [column.to_pylist() for column in data.slice(0, limit).columns]
    complete = data.num_rows <= limit if rows is None else rows <= limit
    return of_rows(columns, zip(*cells, strict=True), limit, complete, rows)


def of_rows(
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
    limit: int,
    complete: bool,
    total: int | None = None,
) -> Preview:
    """Show rows of any origin."""
    shown = [[_plain(value) for value in row] for row, _ in zip(rows, range(limit), strict=False)]
    total = len(shown) if complete else total
    return Preview("table", shown, columns=columns, complete=complete, rows=total)


def text_preview(source: Source, limit: int, kind: Any = "text", **open_args: Any) -> Preview:
    """Show the first ``limit`` lines, none of them longer than a screen holds."""
    lines: list[str] = []
    with opened(source, "r", **open_args) as file:
        while len(lines) < limit and (line := file.readline(_LONGEST_LINE)):
            lines.append(line)
        complete = not file.read(1)
    return Preview(kind, "".join(lines), complete=complete)


def json_preview(document: Any, limit: int) -> Preview:
    """Show a document of plain values with its long lists and mappings cut to ``limit`` items."""
    shown, cut = _cut(document, limit)
    return Preview("json", shown, complete=not cut)


def fits(source: Source) -> bool:
    """Tell whether a document is small enough to be parsed for a first look."""
    return size_of(source) <= _LARGEST_DOCUMENT


def _cut(value: Any, limit: int) -> tuple[Any, bool]:
    if isinstance(value, Mapping):
        pairs = [(key, _cut(item, limit)) for key, item in list(value.items())[:limit]]
        return {key: item for key, (item, _) in pairs}, len(value) > limit or any(
            cut for _, (_, cut) in pairs
        )
    if isinstance(value, list | tuple):
        items = [_cut(item, limit) for item in value[:limit]]
        return [item for item, _ in items], len(value) > limit or any(cut for _, cut in items)
    return _plain(value), False


def _plain(value: Any) -> Any:
    """Return a cell as Python's own type; every kind of missing value is None."""
    if value is None or isinstance(value, str | bool | int | bytes | Path):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime(warn=False)
    if hasattr(value, "to_pytimedelta"):
        return value.to_pytimedelta()
    return value.tolist() if hasattr(value, "tolist") else value
