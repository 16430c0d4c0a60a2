"""What annotations ask for, and tables from one library to another with the same values and types."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import pathlib
import subprocess
import sys
import typing

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.catalog import frames
from plait.errors import DatasetError


@pytest.mark.parametrize(
    ("annotation", "frame"),
    [
        (pd.DataFrame, "pandas"),
        (pl.DataFrame, "polars"),
        (pl.LazyFrame, "polars-lazy"),
        (pa.Table, "arrow"),
        (pathlib.Path, "path"),
        ("pd.DataFrame", "pandas"),
        ("pandas.DataFrame", "pandas"),
        ("pandas.core.frame.DataFrame", "pandas"),
        ("pl.DataFrame", "polars"),
        ("polars.LazyFrame", "polars-lazy"),
        ("LazyFrame", "polars-lazy"),
        ("pa.Table", "arrow"),
        ("pyarrow.Table", "arrow"),
        ("Path", "path"),
        ("pathlib.Path", "path"),
        (pd.DataFrame | None, "pandas"),
        (pl.DataFrame | str | None, None),
        ("pd.DataFrame | pd.Series", None),
        (typing.Optional["pl.DataFrame"], "polars"),
        ("pl.DataFrame | None", "polars"),
        ("Optional[pd.DataFrame]", "pandas"),
        ("typing.Union[None, 'pa.Table']", "arrow"),
        (typing.Annotated[pd.DataFrame, "checked"], "pandas"),
        ("Annotated[pl.DataFrame, 'checked']", "polars"),
        (None, None),
        (int, None),
        (dict[str, pd.DataFrame], None),
        ("dict[str, pd.DataFrame]", None),
        ("pyspark.sql.DataFrame", None),
        ("DataFrame", None),
        ("not an ( annotation", None),
        (pd.Series, None),
        (typing.Any, None),
    ],
)
def test_an_annotation_asks_for_a_frame(annotation, frame):
    assert frames.wanted(annotation) == frame


def test_the_names_of_the_function_settle_what_a_text_means():
    scope = {"DataFrame": pl.DataFrame, "panda": pd, "pl": "no module"}
    assert frames.wanted("DataFrame", scope) == "polars"
    assert frames.wanted("panda.DataFrame | None", scope) == "pandas"
    assert frames.wanted("pl.DataFrame", scope) == "polars"


@pytest.mark.parametrize("annotation", [pd.DataFrame | pl.DataFrame, "pd.DataFrame | pl.DataFrame"])
def test_two_frames_in_one_annotation_are_none_and_can_be_reported(annotation):
    assert frames.wanted(annotation) is None
    assert frames.choices(annotation) == ("pandas", "polars")


def test_recognising_a_frame_imports_no_library():
    code = (
        "import sys; from plait.catalog import frames;"
        "frames.wanted('pd.DataFrame'); frames.frame_of({}); frames.frame_of(3);"
        "sys.exit(any(name in sys.modules for name in ('pandas', 'polars', 'pyarrow', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Special(pd.DataFrame):
    pass


def test_data_is_recognised_by_its_type():
    assert frames.frame_of(Special({"a": [1]})) == "pandas"
    assert frames.frame_of(pl.LazyFrame()) == "polars-lazy"
    assert frames.frame_of(pathlib.Path("x")) == "path"
    assert frames.frame_of({"a": 1}) is None


@pytest.mark.parametrize(
    ("data", "frame"),
    [
        (Special({"a": [1]}, index=["key"]), "pandas"),
        (pl.DataFrame({"a": [1]}), "polars"),
        (pa.table({"a": [1]}), "arrow"),
        (pl.LazyFrame({"a": [1]}), "polars-lazy"),
        (pathlib.Path("x"), "path"),
        (None, "pandas"),
    ],
)
def test_what_already_is_the_frame_is_handed_on_untouched(data, frame):
    assert frames.convert(data, frame) is data


def _maybe(values):
    return st.lists(st.none() | values, min_size=3, max_size=3)


_whole = {
    f"{sign}int{bits}": (bits, 0 if sign else -(2 ** (bits - 1)), 2 ** (bits - (not sign)) - 1)
    for bits in (8, 16, 32, 64)
    for sign in ("", "u")
}
_datetimes = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))  # noqa: DTZ001
_COLUMNS = {
    **{
        name: (pa.type_for_alias(name), _maybe(st.integers(low, high)))
        for name, (_, low, high) in _whole.items()
    },
    "float64": (pa.float64(), _maybe(st.floats(allow_nan=True))),
    "float32": (pa.float32(), _maybe(st.floats(width=32))),
    "bool": (pa.bool_(), _maybe(st.booleans())),
    "text": (pa.large_string(), _maybe(st.text(st.characters(exclude_categories=["Cs"])))),
    "category": (pa.dictionary(pa.uint32(), pa.large_string()), _maybe(st.sampled_from(["a", "b", "Zoë"]))),
    "binary": (pa.large_binary(), _maybe(st.binary())),
    "date": (pa.date32(), _maybe(st.dates(dt.date(1, 1, 1), dt.date(9000, 1, 1)))),
    "time": (pa.time64("us"), _maybe(st.times())),
    "datetime": (pa.timestamp("us"), _maybe(_datetimes)),
    "zoned": (
        pa.timestamp("us", tz="Europe/Paris"),
        _maybe(_datetimes.map(lambda moment: moment.replace(tzinfo=dt.UTC))),
    ),
    "duration": (
        pa.duration("us"),
        _maybe(st.timedeltas(dt.timedelta(-100_000), dt.timedelta(100_000))),
    ),
    "decimal": (
        pa.decimal128(20, 3),
        _maybe(st.integers(-(10**12), 10**12).map(lambda number: decimal.Decimal(number).scaleb(-3))),
    ),
    "list": (pa.large_list(pa.int64()), _maybe(_maybe(st.integers(-(2**62), 2**62)))),
    "struct": (
        pa.struct([("x", pa.int64()), ("y", pa.large_string())]),
        _maybe(
            st.fixed_dictionaries({"x": st.none() | st.integers(-9, 9), "y": st.sampled_from(["a", None])})
        ),
    ),
}


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(sorted(_COLUMNS)), min_size=1, max_size=6, unique=True))
    rows = draw(st.integers(0, 3))
    return pa.table(
        {
            name: pa.array(draw(_COLUMNS[name][1])[:rows], _COLUMNS[name][0], from_pandas=False)
            for name in names
        }
    )


def _values(table):
    """Columns that compare equal where the values are; NaN is told from missing."""
    return {
        name: [("nan",) if isinstance(value, float) and math.isnan(value) else value for value in values]
        for name, values in table.to_pydict().items()
    }


def _as_seen_by_pandas(table):
    """In a column of floats without missing values, NaN is pandas' mark for a missing value."""
    expected = _values(table)
    for name, column in expected.items():
        if None not in column:
            expected[name] = [None if value == ("nan",) else value for value in column]
    return expected


@settings(max_examples=150, deadline=None)
@given(tables(), st.permutations(["pandas", "polars", "polars-lazy"]))
def test_every_value_survives_any_way_through_the_libraries(table, way):
    data = table
    for frame in way:
        data = frames.convert(data, frame)
        assert frames.frame_of(data) == frame
    back = frames.convert(data, "arrow")
    assert back.column_names == table.column_names
    assert _values(back) == _as_seen_by_pandas(table)


@settings(max_examples=60, deadline=None)
@given(tables())
def test_every_consumer_of_one_reader_sees_the_same_types(table):
    polars = frames.convert(table, "polars")
    through_pandas = frames.convert(frames.convert(polars, "pandas"), "polars")
    objects = (pl.Date, pl.Time, pl.String, pl.Binary)  # in pandas their type is that of the values
    for name, kind in polars.schema.items():
        if name == "decimal" or (kind in objects and polars[name].is_null().all()):
            continue
        assert through_pandas.schema[name] == kind, name


def test_numbers_and_truths_with_gaps_keep_their_type_in_pandas():
    found = frames.convert(
        pl.DataFrame(
            {"n": [2**60 + 1, None], "u": pl.Series([255, None], dtype=pl.UInt8), "b": [True, None]}
        ),
        "pandas",
    )
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        "n": "Int64",
        "u": "UInt8",
        "b": "boolean",
    }
    assert found["n"][0] == 2**60 + 1


def test_columns_without_gaps_have_the_customary_types_in_pandas():
    moment = dt.datetime(2020, 1, 1)  # noqa: DTZ001
    found = frames.convert(pl.DataFrame({"n": [1], "f": [1.5], "b": [True], "d": [moment]}), "pandas")
    assert [str(dtype) for dtype in found.dtypes] == ["int64", "float64", "bool", "datetime64[us]"]


def test_missing_floats_are_nan_in_pandas_and_missing_elsewhere():
    found = frames.convert(pd.DataFrame({"f": [1.0, np.nan]}), "polars")
    assert found["f"].to_list() == [1.0, None]
    back = frames.convert(found, "pandas")
    assert str(back["f"].dtype) == "float64"
    assert math.isnan(back["f"][1])


def test_categories_stay_categories():
    data = pd.DataFrame({"c": pd.Categorical(["b", None, "a"], categories=["b", "a", "z"])})
    polars = frames.convert(data, "polars")
    assert polars["c"].to_list() == ["b", None, "a"]
    assert polars.schema["c"] == pl.Categorical
    back = frames.convert(polars, "pandas")
    assert back["c"].dtype == "category"
    assert back["c"].astype(object).where(back["c"].notna(), None).tolist() == ["b", None, "a"]


def test_a_table_without_rows_keeps_columns_and_types():
    empty = pl.DataFrame(schema={"n": pl.Int32, "s": pl.String, "t": pl.Datetime("ms", "UTC")})
    found = frames.convert(frames.convert(empty, "arrow"), "pandas")
    assert list(found.columns) == ["n", "s", "t"]
    assert str(found["n"].dtype) == "int32"
    assert len(found) == 0


def test_row_numbers_are_no_data_and_a_named_index_becomes_columns():
    data = pd.DataFrame({"x": [1, 2, 3]})
    assert frames.convert(data[data.x > 1], "polars").columns == ["x"]
    assert frames.convert(data.rename_axis("row"), "polars").columns == ["row", "x"]
    levels = data.assign(a=["p", "q", "r"], b=1).set_index(["a", "b"])
    assert frames.convert(levels, "arrow").column_names == ["a", "b", "x"]


def test_an_index_that_holds_data_without_a_name_is_refused():
    with pytest.raises(DatasetError) as error:
        frames.convert(pd.DataFrame({"x": [1, 2]}, index=["mean", "std"]), "polars")
    assert str(error.value) == (
        "the index of the pandas DataFrame holds data but has no name, and other libraries know no index\n"
        "  it starts with ['mean', 'std']\n"
        "  → name it with `df.rename_axis('key')`, or drop it with `df.reset_index(drop=True)`"
    )


@pytest.mark.parametrize(
    ("data", "frame", "text"),
    [
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            "polars",
            "two columns of the same name, 'a', in the pandas",
        ),
        (
            pd.DataFrame([[1, 2]], columns=[1, "1"]),
            "arrow",
            "two columns of the same name, '1', in the pandas",
        ),
        (
            pa.table([[1], [2]], names=["a", "a"]),
            "pandas",
            "two columns of the same name, 'a', in the Arrow table",
        ),
        (
            pa.table([[1], [2]], names=["a", "a"]),
            "polars",
            "two columns of the same name, 'a', in the Arrow table",
        ),
        (
            pd.DataFrame({"a": [1]}).rename_axis("a"),
            "polars",
            "two columns of the same name, 'a', in index and columns of the pandas DataFrame together",
        ),
        (pd.DataFrame({("a", "b"): [1]}), "polars", "several levels of column names"),
        (
            pd.DataFrame({"ok": [1, 2], "mixed": [1, "x"]}),
            "polars",
            "column 'mixed' cannot be converted to Arrow",
        ),
        (
            pa.table({"d": pa.array([1], pa.decimal256(60, 2))}),
            "polars",
            "column 'd' cannot be converted to Polars",
        ),
        (
            pl.DataFrame({"i": pl.Series([1], dtype=pl.Int128)}),
            "pandas",
            "column 'i' cannot be converted to Arrow",
        ),
        ({"a": 1}, "pandas", "a pandas DataFrame is asked for, but the data is of type dict"),
        (np.zeros(2), "polars", "a Polars DataFrame is asked for, but the data is of type numpy.ndarray"),
        (pathlib.Path("x"), "arrow", "an Arrow table is asked for, but the data is a path"),
        (pl.DataFrame(), "path", "a path is asked for, but the data is a Polars DataFrame"),
    ],
)
def test_what_cannot_be_converted_is_refused_by_name(data, frame, text):
    with pytest.raises(DatasetError) as error:
        frames.convert(data, frame)
    assert text in str(error.value)
    assert error.value.hint


def test_a_series_is_a_table_with_one_column_in_another_library():
    for series, own in ((pd.Series([1], name="y"), "pandas"), (pl.Series("y", [1]), "polars")):
        assert frames.convert(series, own) is series
    assert frames.convert(pd.Series([1, 2], name="y"), "polars").to_dict(as_series=False) == {"y": [1, 2]}
    assert frames.convert(pl.Series("y", [1]), "arrow").to_pydict() == {"y": [1]}


def test_a_dictionary_of_tables_is_converted_table_by_table():
    found = frames.convert({"a": pd.DataFrame({"x": [1]}), "b": pa.table({"x": [2]})}, "polars")
    assert {name: frame["x"].to_list() for name, frame in found.items()} == {"a": [1], "b": [2]}


def test_an_odd_zone_keeps_the_moment():
    data = pd.DataFrame({"t": pd.to_datetime(["2020-01-01 00:00+02:00"])})
    found = frames.convert(data, "polars")
    assert found["t"][0] == dt.datetime(2019, 12, 31, 22, tzinfo=dt.UTC)


def test_a_missing_library_is_named_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"pip install 'plait\[arrow\]'"):
        frames.convert(pd.DataFrame({"a": [1]}), "arrow")
