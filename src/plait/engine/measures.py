"""What can be told of a value as it is saved, without reading it again: rows, columns, metrics."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.catalog.metrics import last_values

if TYPE_CHECKING:
    from plait.catalog.entries import Entry

__all__ = ["Shape", "is_metrics", "numbers_in", "shape_of", "size_of"]

_TAGS = frozenset({"metric", "metrics"})
_TYPES = frozenset({"tracking.MetricsDataset", "tracking.MetricsDataSet"})
_TRACKED = frozenset({"metric", "metrics"})
_MOST = 200  # numbers of one dataset, columns of one table: beyond that they are no summary


class Shape(NamedTuple):
    """Rows of a table, and column → type as its library names it, in order."""

    rows: int
    columns: Mapping[str, str]


def shape_of(value: Any) -> Shape | None:
    """Return the shape of a table of pandas, Polars or Arrow; None for all else. Imports no library."""
    library = type(value).__module__.partition(".")[0]
    kind = type(value).__name__
    if library == "pandas" and kind == "DataFrame":
        return Shape(len(value), _named(zip(value.columns, value.dtypes, strict=True)))
    if library == "polars" and kind == "DataFrame":
        return Shape(value.height, _named(value.schema.items()))
    if library == "pyarrow" and kind == "Table":
        return Shape(value.num_rows, _named((field.name, field.type) for field in value.schema))
    return None


def size_of(dataset: Any) -> int | None:
    """Return the bytes of a local file that was just saved; None for folders and what lies elsewhere."""
    place = getattr(dataset, "local_place", None)
    path = place() if callable(place) else None
    try:
        return None if path is None or path.is_dir() else path.stat().st_size
    except OSError:
        return None


def is_metrics(entry: Entry | None, tags: Collection[str] = ()) -> bool:
    """Whether the numbers in a dataset measure something.

    It is tagged ``metrics``, or of a type for them; or it is in no catalog, and its node is tagged so.
    """
    if entry is None:
        return not _TAGS.isdisjoint(tags)
    return bool(entry.tags & _TAGS) or entry.type in _TYPES or _is_tracked(entry)


def numbers_in(value: Any, entry: Entry | None = None) -> dict[str, float]:
    """Return the finite numbers in a mapping, by dotted name; a number alone goes by no name at all.

    Of a history, which entries of some types may hold, it is the last.
    """
    if entry is not None and _is_tracked(entry):
        value = last_values(value)
    return dict(_first(_numbers(value, "")))


def _is_tracked(entry: Entry) -> bool:
    return entry.tracked is not None and entry.tracked.kind in _TRACKED


def _numbers(value: Any, name: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, f"{name}.{key}" if name else str(key))
        return
    number = _number(value)
    if number is not None:
        yield name, number


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not (isinstance(value, int | float) or hasattr(value, "__float__")):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _named(columns: Any) -> dict[str, str]:
    return {str(name): str(kind) for name, kind in _first(columns)}


def _first(items: Any) -> Iterator[Any]:
    return (item for item, _ in zip(items, range(_MOST), strict=False))
