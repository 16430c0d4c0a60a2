"""Tables from one library to another through Arrow, keeping values and types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from plait.catalog.protocols import FrameName
from plait.catalog.registry import missing_library
from plait.errors import DatasetError

__all__ = ["convert"]


def convert(data: Any, source: FrameName | None, frame: FrameName) -> Any:
    """Return the table ``data``, which is a ``source``, as ``frame``.

    Raises:
        DatasetError: a column cannot be held by the target; the message names it.
        MissingLibraryError: a library is not installed.
    """
    try:
        return _convert(data, source, frame)
    except ImportError as error:
        raise missing_library(error.name or str(error), "converting a table") from error


def _convert(data: Any, source: FrameName | None, frame: FrameName) -> Any:
    if source == "polars-lazy":
        data, source = data.collect(), "polars"
    if source == "polars" and frame in ("polars", "polars-lazy"):
        return data.lazy() if frame == "polars-lazy" else data
    table = _TO_ARROW[source](data) if source in _TO_ARROW else data
    return _FROM_ARROW[frame](table)


# pandas ------------------------------------------------------------------------------------------------


def _pandas_to_arrow(data: Any) -> Any:
    import pyarrow as pa

    data = _with_index_as_columns(data)
    _refuse_odd_columns(data)
    try:
        table = pa.Table.from_pandas(data, preserve_index=False)
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise _unholdable(_guilty(data, pa.Array.from_pandas), "Arrow", error) from error
    return _with_typed_categories(table.replace_schema_metadata(None))


def _with_typed_categories(table: Any) -> Any:
    """Make a category without any categories one of text; it would come out as a column without a type."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) and pa.types.is_null(field.type.value_type):
            indices, words = pa.nulls(table.num_rows, pa.int8()), pa.array([], pa.large_string())
            typed = pa.DictionaryArray.from_arrays(indices, words)
            table = table.set_column(place, field.name, typed)
    return table


def _with_index_as_columns(data: Any) -> Any:
    named = [name for name in data.index.names if name is not None]
    if not named and data.index.nlevels == 1 and (data.index.dtype.kind in "iu" or data.index.empty):
        return data
    if len(named) < data.index.nlevels:
        raise DatasetError(
            "the index of the pandas DataFrame holds data but has no name, and other libraries know no index",
            why=f"it starts with {list(data.index[:3])}",
            hint="name it with `df.rename_axis('key')`, or drop it with `df.reset_index(drop=True)`",
        )
    _refuse_duplicates([*named, *data.columns], "index and columns of the pandas DataFrame together")
    return data.reset_index()


def _refuse_odd_columns(data: Any) -> None:
    if data.columns.nlevels > 1:
        raise DatasetError(
            "the pandas DataFrame has several levels of column names, which other libraries do not know",
            hint="flatten them: `df.columns = ['_'.join(map(str, c)) for c in df.columns]`",
        )
    _refuse_duplicates(map(str, data.columns), "the pandas DataFrame")


def _arrow_to_pandas(table: Any) -> Any:
    import pandas as pd

    _refuse_duplicates(table.column_names, "the Arrow table")
    table = table.replace_schema_metadata(None)
    kept = {name: dtype for name in table.column_names if (dtype := _faithful(table[name])) is not None}
    if not kept:
        return table.to_pandas()
    plain = table.drop_columns(list(kept)).to_pandas()
    columns = {
        name: plain[name] if name not in kept else pd.Series(kept[name].__from_arrow__(table[name]))
        for name in table.column_names
    }
    return pd.DataFrame(columns, copy=False)


def _faithful(column: Any) -> Any:
    """Return the pandas type a column needs where the customary one would change its values, else None."""
    import pandas as pd
    import pyarrow as pa
    from pyarrow import types as is_

    kind = column.type
    if is_.is_nested(kind):
        return pd.ArrowDtype(kind)
    if not column.null_count:
        return None
    if is_.is_boolean(kind):
        return pd.BooleanDtype()
    if is_.is_integer(kind):
        return pd.array([], dtype=str(kind).capitalize().replace("Uint", "UInt")).dtype
    if is_.is_floating(kind) and pa.compute.any(pa.compute.is_nan(column)).as_py():
        return pd.ArrowDtype(kind)
    return None


# Polars ------------------------------------------------------------------------------------------------


def _polars_to_arrow(data: Any) -> Any:
    import polars as pl

    try:
        return data.to_arrow()
    except (pl.exceptions.PolarsError, ValueError, TypeError) as error:
        raise _unholdable(_guilty(data, lambda column: column.to_arrow()), "Arrow", error) from error


def _arrow_to_polars(table: Any) -> Any:
    import polars as pl
    import pyarrow as pa

    _refuse_duplicates(table.column_names, "the Arrow table")
    for column in table.schema:
        if isinstance(column.type, pa.BaseExtensionType) or pa.types.is_decimal256(column.type):
            raise _unholdable(column.name, "Polars", f"it has no counterpart of Arrow's {column.type}")
    try:
        return pl.from_arrow(table)
    except (pl.exceptions.PolarsError, pa.ArrowException, ValueError, TypeError) as error:
        raise _unholdable(_guilty(table, pl.from_arrow), "Polars", error) from error


# Snowpark ----------------------------------------------------------------------------------------------


def _snowpark_to_arrow(data: Any) -> Any:
    """Compute a DataFrame where its tables are, and take the rows."""
    found = data.to_arrow()
    if isinstance(found, list):  # Snowpark's local testing mode gives rows whatever it is asked for
        return _pandas_to_arrow(data.to_pandas())
    return found


# Ibis --------------------------------------------------------------------------------------------------


def _ibis_to_arrow(data: Any) -> Any:
    """Compute an expression where its tables are, and take the rows."""
    return data.to_pyarrow()


# Both --------------------------------------------------------------------------------------------------


def _same(table: Any) -> Any:
    return table


_TO_ARROW: dict[FrameName, Callable[[Any], Any]] = {
    "pandas": _pandas_to_arrow,
    "polars": _polars_to_arrow,
    "snowpark": _snowpark_to_arrow,
    "ibis": _ibis_to_arrow,
}
_FROM_ARROW: dict[FrameName, Callable[[Any], Any]] = {
    "pandas": _arrow_to_pandas,
    "polars": _arrow_to_polars,
    "polars-lazy": lambda table: _arrow_to_polars(table).lazy(),
    "arrow": _same,
}


def _refuse_duplicates(names: Iterable[Any], where: str) -> None:
    seen: set[Any] = set()
    twice = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    if twice:
        raise DatasetError(
            f"two columns of the same name, {twice[0]!r}, in {where}",
            hint="rename one of them; other libraries hold one column a name",
        )


def _guilty(data: Any, convert_column: Callable[[Any], Any]) -> str | None:
    """Return the first column that cannot be converted by itself."""
    for name in getattr(data, "column_names", None) or list(data.columns):
        try:
            convert_column(data[name])
        except Exception:
            return str(name)
    return None


def _unholdable(column: str | None, library: str, error: object) -> DatasetError:
    subject = f"column {column!r}" if column is not None else "the table"
    return DatasetError(
        f"{subject} cannot be converted to {library}",
        why=str(error).splitlines()[0] if str(error) else repr(error),
        hint="give the column one type that other libraries know, such as text: `astype(str)`",
    )
