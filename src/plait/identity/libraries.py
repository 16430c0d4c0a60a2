"""How arrays and frames are encoded: dtype, shape and content, never a pickle and never a ``repr``.

Nothing here imports a library: who has such a value has imported it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plait.identity.encoding import Encoder, packed

__all__ = ["EXACT_LIBRARY_TYPES", "LIBRARY_FAMILIES"]

Encoding = Callable[[Encoder, Any], bytes]


def _dtype(encoder: Encoder, value: Any) -> bytes:
    fields = value.descr if value.names else value.str
    return packed("dt", encoder.encode(fields) + str(value).encode())


def _array(encoder: Encoder, value: Any) -> bytes:
    if value.dtype.hasobject or value.dtype.kind == "T":
        content = encoder.items("l", value.ravel().tolist())
    else:
        content = packed("y", value.tobytes())
    return packed("np", encoder.encode(value.dtype) + encoder.encode(tuple(value.shape)) + content)


def _masked(encoder: Encoder, value: Any) -> bytes:
    import numpy.ma

    return encoder.items("ma", (value.filled(), numpy.ma.getmaskarray(value), value.fill_value))


def _moment(encoder: Encoder, value: Any) -> bytes:
    return encoder.items(
        "pt", (type(value).__name__, int(value.value), value.unit, getattr(value, "tz", None))
    )


def _series(encoder: Encoder, value: Any) -> bytes:
    return packed("ps", encoder.encode(value.name) + encoder.encode(value.index) + _column(encoder, value))


def _frame(encoder: Encoder, value: Any) -> bytes:
    columns = [_column(encoder, value.iloc[:, i]) for i in range(value.shape[1])]
    return packed("pf", encoder.encode(value.columns) + encoder.encode(value.index) + b"".join(columns))


def _index(encoder: Encoder, value: Any) -> bytes:
    levels = [value.get_level_values(i) for i in range(value.nlevels)]
    content = b"".join([_column(encoder, level) for level in levels])
    return packed("pi", encoder.encode(list(value.names)) + content)


def _column(encoder: Encoder, value: Any) -> bytes:
    """Encode the values of a pandas column or index level together with their type."""
    kind = str(value.dtype)
    if kind == "category":
        categories = value.array
        parts = (list(categories.categories), str(categories.categories.dtype), bool(categories.ordered))
        return packed("pk", encoder.encode(parts) + encoder.encode(categories.codes))
    raw = value.array.to_numpy() if hasattr(value.array, "to_numpy") else value.to_numpy()
    if raw.dtype.hasobject:
        return packed("pc", encoder.encode(kind) + encoder.items("l", raw.tolist()))
    return packed("pc", encoder.encode(kind) + encoder.encode(raw))


def _polars_frame(encoder: Encoder, value: Any) -> bytes:
    return packed("lf", b"".join([_polars_series(encoder, column) for column in value.get_columns()]))


def _polars_series(encoder: Encoder, value: Any) -> bytes:
    return encoder.items("ls", (value.name, str(value.dtype), value.to_list()))


def _arrow_table(encoder: Encoder, value: Any) -> bytes:
    columns = zip(value.schema, value.columns, strict=True)
    parts = [(field.name, str(field.type), field.nullable, column.to_pylist()) for field, column in columns]
    return encoder.items("wt", (parts, value.num_rows))


def _arrow_array(encoder: Encoder, value: Any) -> bytes:
    return encoder.items("wa", (str(value.type), value.to_pylist()))


def _arrow_schema(encoder: Encoder, value: Any) -> bytes:
    return encoder.items("wc", [(field.name, str(field.type), field.nullable) for field in value])


def _named(tag: str) -> Encoding:
    return lambda _, value: packed(tag, str(value).encode())


def _one_of_a_kind(tag: str) -> Encoding:
    return lambda _, __: packed(tag, b"")


# Subclasses of these may hold more than what is encoded here; they are refused.
EXACT_LIBRARY_TYPES: Mapping[str, Encoding] = {
    "numpy.ndarray": _array,
    "numpy.ma.MaskedArray": _masked,
    "numpy.ma.core.MaskedArray": _masked,
    "pandas.DataFrame": _frame,
    "pandas.core.frame.DataFrame": _frame,
    "pandas.Series": _series,
    "pandas.core.series.Series": _series,
    "polars.dataframe.frame.DataFrame": _polars_frame,
    "polars.series.series.Series": lambda e, v: packed("lS", _polars_series(e, v)),
    "pyarrow.lib.Table": _arrow_table,
    "pyarrow.lib.RecordBatch": lambda e, v: packed("wb", _arrow_table(e, v)),
    "pyarrow.lib.ChunkedArray": _arrow_array,
    "pyarrow.lib.Schema": _arrow_schema,
}

LIBRARY_FAMILIES: Mapping[str, Encoding] = {
    "numpy.generic": lambda e, v: packed("ng", e.encode(v.dtype) + _scalar(e, v)),
    "numpy.dtype": _dtype,
    "numpy.ufunc": lambda _, v: packed("nu", v.__name__.encode()),
    **dict.fromkeys(("pandas.Timestamp", "pandas._libs.tslibs.timestamps.Timestamp"), _moment),
    **dict.fromkeys(("pandas.Timedelta", "pandas._libs.tslibs.timedeltas.Timedelta"), _moment),
    **dict.fromkeys(
        ("pandas.api.typing.NaTType", "pandas._libs.tslibs.nattype.NaTType"), _one_of_a_kind("pN")
    ),
    **dict.fromkeys(("pandas.api.typing.NAType", "pandas._libs.missing.NAType"), _one_of_a_kind("pA")),
    **dict.fromkeys(("pandas.Index", "pandas.core.indexes.base.Index"), _index),
    "pandas.api.extensions.ExtensionDtype": _named("pd"),
    "pandas.core.dtypes.base.ExtensionDtype": _named("pd"),
    "polars.datatypes.classes.DataType": _named("lt"),
    "pyarrow.lib.DataType": _named("wd"),
    "pyarrow.lib.Array": _arrow_array,
}


def _scalar(encoder: Encoder, value: Any) -> bytes:
    return encoder.encode(value.item()) if value.dtype.hasobject else packed("y", value.tobytes())
