import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import operator
import os
import pathlib
import re
import subprocess
import sys
import types
import uuid
import zoneinfo

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.identity.encoding import Encoder, NotEncodable, digest, encode
from plait.values import Secret


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1


class Mode(enum.Flag):
    A = 1
    B = 2


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


@dataclasses.dataclass
class Place:
    x: int
    y: int = 0


@attrs.define
class Box:
    width: int


class Options(pydantic.BaseModel):
    depth: int = 3


Pair = collections.namedtuple("Pair", "left right")


class Name(str):
    __slots__ = ()


SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.complex_numbers(),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
)
HASHABLE = st.recursive(
    SIMPLE, lambda inner: st.one_of(st.tuples(inner, inner), st.frozensets(inner)), max_leaves=6
)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.frozensets(HASHABLE, max_size=4),
    ),
    max_leaves=12,
)


def canonical(value):
    """A plain form of a value that is equal exactly where two values are meant to be the same."""
    kind = type(value).__name__
    if isinstance(value, float):
        return kind, "nan" if value != value else value.hex()
    if isinstance(value, complex):
        return kind, canonical(value.real), canonical(value.imag)
    if isinstance(value, list | tuple):
        return kind, tuple(canonical(item) for item in value)
    if isinstance(value, frozenset):
        return kind, tuple(sorted(map(repr, (canonical(item) for item in value))))
    if isinstance(value, dict):
        return kind, tuple(sorted(repr((canonical(k), canonical(v))) for k, v in value.items()))
    return kind, repr(value)


@given(VALUES, VALUES)
def test_two_values_share_bytes_only_if_they_are_the_same(one, other):
    assert (encode(one) == encode(other)) == (canonical(one) == canonical(other))


@given(VALUES)
def test_the_encoding_is_one_element_that_says_its_length(value):
    found = re.match(rb"([A-Za-z]+)(\d+):", encode(value))
    assert found is not None
    assert len(encode(value)) == found.end() + int(found[2])


@given(st.lists(VALUES, max_size=5), st.lists(VALUES, max_size=5))
def test_no_regrouping_of_items_collides(one, other):
    if [encode(item) for item in one] != [encode(item) for item in other]:
        assert encode(one) != encode(other)
    assert encode(one) != encode(tuple(one))


# Pairs that some tool is known to confuse.
DIFFERENT = [
    (1, "1"),
    (1, True),
    (1, 1.0),
    (0, False),
    (0.0, -0.0),
    ("", None),
    ("True", True),
    ((1, 12), (11, 2)),
    (["ab"], ["a", "b"]),
    ([], ()),
    (set(), frozenset()),
    ({}, []),
    ({1: 2}, {2: 1}),
    (b"a", "a"),
    (b"a", bytearray(b"a")),
    (Color.RED, Color.BLUE),
    (Color.RED, 1),
    (Level.LOW, 1),
    (Mode.A, Mode.A | Mode.B),
    (Point(1), Place(1)),
    (Point(1, 2), Point(2, 1)),
    (Box(1), Box(2)),
    (Options(), Options(depth=4)),
    (Pair(1, 2), (1, 2)),
    (Name("a"), "a"),
    (re.compile("a"), re.compile("a", re.IGNORECASE)),
    (re.compile("a"), "a"),
    (pathlib.PurePosixPath("a"), "a"),
    (dt.date(2020, 1, 1), dt.datetime(2020, 1, 1)),  # noqa: DTZ001
    (dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),  # noqa: DTZ001
    (
        dt.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
        dt.datetime(2020, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
    ),
    (dt.datetime(2020, 1, 1, fold=0), dt.datetime(2020, 1, 1, fold=1)),  # noqa: DTZ001
    (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
    (fractions.Fraction(1, 2), 0.5),
    (uuid.UUID(int=1), 1),
    (range(3), [0, 1, 2]),
    (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)),
    (collections.deque([1]), collections.deque([1], maxlen=2)),
    (functools.partial(len, 1), functools.partial(len, 2)),
    (operator.itemgetter(1), operator.itemgetter(2)),
    (operator.methodcaller("a", b=1), operator.methodcaller("a", b=2)),
    (int, float),
    (np.arange(3), np.arange(3.0)),
    (np.arange(4), np.arange(4).reshape(2, 2)),
    (np.arange(3), [0, 1, 2]),
    (np.array([1], dtype="<i4"), np.array([1], dtype=">i4")),
    (np.float32(1), np.float64(1)),
    (np.float64(1), 1.0),
    (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0])),
    (np.dtype("f4"), np.dtype("f8")),
    (np.sin, np.cos),
    (pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"b": [2], "a": [1]})),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1.0]})),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}, index=[5])),
    (pd.DataFrame({"a": ["x"]}), pd.DataFrame({"a": ["x"]}, dtype="category")),
    (pd.Series([1], name="a"), pd.Series([1], name="b")),
    (pd.Series([1, None], dtype="Int64"), pd.Series([1, 0], dtype="Int64")),
    (pd.Timestamp(1), pd.Timestamp(2)),
    (pd.NaT, pd.NA),
    (pl.DataFrame({"a": [1], "b": [2]}), pl.DataFrame({"b": [2], "a": [1]})),
    (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}, schema={"a": pl.Int32})),
    (pl.Series("a", [1]), pl.Series("b", [1])),
    (pl.Int64(), pl.Int32()),
    (pa.table({"a": [1]}), pa.table({"a": [1.0]})),
    (pa.table({"a": [1]}), pl.DataFrame({"a": [1]})),
    (pa.int64(), pa.int32()),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=lambda value: type(value).__name__)
def test_tells_apart(one, other):
    assert encode(one) != encode(other)


SAME = [
    (float("nan"), -float("nan")),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({3, 1, 2}, {2, 3, 1}),
    ({"a", "b", "c"}, {"c", "b", "a"}),
    (Point(1), Point(1, 0)),
    (Options(depth=3), Options()),
    (types.SimpleNamespace(a=1, b=2), types.SimpleNamespace(b=2, a=1)),
    (pathlib.PurePosixPath("a/b"), pathlib.PureWindowsPath("a\\b")),
    (np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3))),
    (np.arange(6)[::2], np.array([0, 2, 4])),
    (np.array(["a", None], dtype=object), np.array(["a", None], dtype=object)),
    (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [2, 1]}).iloc[::-1].reset_index(drop=True)),
    (pa.chunked_array([[1], [2]]), pa.chunked_array([[1, 2]])),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=lambda value: type(value).__name__)
def test_sees_the_same(one, other):
    assert encode(one) == encode(other)


def test_order_of_a_mapping_counts_where_asked():
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert encode(one, ordered=True) != encode(other, ordered=True)


def golden_values():
    return {
        "none": None,
        "mixed": {"a": [1, 2.5, True, None, "ü"], "b": (b"\x00", {1, 2}), "c": 10**30},
        "time": dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC),
        "pattern": re.compile("a+", re.MULTILINE),
        "dataclass": Point(1, 2),
        "enum": Color.RED,
        "array": np.arange(6, dtype="<i8").reshape(2, 3),
        "pandas": pd.DataFrame({"a": [1, 2], "b": pd.array([1, None], "Int64")}),
        "polars": pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
        "arrow": pa.table({"a": [1, 2], "b": ["x", None]}),
        "decimal": decimal.Decimal("1.50"),
        "path": pathlib.PurePosixPath("data/01_raw"),
    }


@pytest.mark.parametrize("name", golden_values())
def test_digests_are_what_they_always_were(name, golden):
    golden.check(f"encoding-{name}", digest(golden_values()[name]))


@pytest.mark.parametrize(
    "value",
    [
        object(),
        lambda: 1,
        (n for n in ()),
        open(os.devnull),  # noqa: PTH123, SIM115
        Secret("x"),
        np.random.default_rng(1),
        pl.LazyFrame({"a": [1]}),
        types,
        {"deep": [object()]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_refuses_what_has_no_canonical_form(value):
    with pytest.raises(NotEncodable) as caught:
        encode(value)
    assert "has no canonical form" in str(caught.value)


def test_refuses_what_contains_itself():
    inside = []
    inside.append(inside)
    with pytest.raises(NotEncodable, match="contains itself"):
        encode(inside)


def test_the_same_value_twice_is_no_cycle():
    shared = [1]
    assert encode([shared, shared]) == encode([[1], [1]])


def test_refuses_frames_of_a_subclass_with_contents_of_its_own():
    class Located(pd.DataFrame):
        pass

    with pytest.raises(NotEncodable):
        encode(Located({"a": [1]}))


def test_paths_below_an_anchor_count_relative_to_it():
    here = Encoder(anchors=["/work/one"])
    there = Encoder(anchors=["/copy/two"])
    for kind in (str, pathlib.PurePosixPath):
        assert here.encode(kind("/work/one/data")) == there.encode(kind("/copy/two/data"))
        assert here.encode(kind("/work/one")) != here.encode(kind("/work/one/data"))
        assert here.encode(kind("/work/one-more")) != there.encode(kind("/copy/two-more"))


def test_imports_no_data_library():
    code = (
        "import sys; from plait.identity.encoding import digest; digest({'a': [1, {2}, (3,)]});"
        "assert not {'numpy', 'pandas', 'polars', 'pyarrow', 'decimal'} & set(sys.modules), sys.modules"
    )
    code = code.replace(", 'decimal'", "")
    subprocess.run([sys.executable, "-c", code], check=True)
