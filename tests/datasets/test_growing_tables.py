"""Tables that grow chunk by chunk, in files and databases, from any library."""

from __future__ import annotations

import contextlib
import gzip

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plait.catalog import FileDataset
from plait.catalog.protocols import Appends, Progress, Streams, Watermarked
from plait.datasets.sql import TableDataset
from plait.errors import DatasetError

FIRST = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
SECOND = pl.DataFrame({"a": [3], "b": ["z"]})
THIRD = pa.table({"a": [4], "b": ["ü"]})
FILES = [
    *(
        (suffix, frame)
        for suffix in ("csv", "csv.gz", "parquet", "feather")
        for frame in ("pandas", "polars", "arrow")
    ),
    *(("jsonl", frame) for frame in ("pandas", "polars", "polars-lazy")),
    ("csv.zst", "polars"),
]


@pytest.mark.parametrize(("suffix", "frame"), FILES)
def test_chunks_of_any_library_are_rows_of_one_table(tmp_path, suffix, frame):
    dataset = FileDataset(tmp_path / f"data.{suffix}", frame=frame)
    dataset.save(FIRST)
    dataset.append(SECOND)
    dataset.append(THIRD)
    with FileDataset(tmp_path / f"again.{suffix}", frame=frame).stream() as writer:
        for chunk in (FIRST, SECOND, THIRD):
            writer.append(chunk)
    for name in ("data", "again"):
        found = FileDataset(tmp_path / f"{name}.{suffix}", frame=frame).load_as("polars")
        assert found.rows() == [(1, "x"), (2, None), (3, "z"), (4, "ü")]
    assert dataset.load_beyond("a", 2, "polars").rows() == [(3, "z"), (4, "ü")]
    assert dataset.load_beyond("a", None, "arrow").num_rows == 4


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "feather", "jsonl"])
def test_the_same_chunks_give_the_same_bytes(tmp_path, suffix):
    for name in "ab":
        dataset = FileDataset(tmp_path / f"{name}.{suffix}")
        dataset.append(FIRST)
        dataset.append(SECOND)
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


PANDAS_HAS_TEXT = int(pd.__version__.partition(".")[0]) >= 3


def test_arguments_of_the_writer_hold_for_every_chunk(tmp_path):
    for frame, arguments in {
        "pandas": {"sep": ";", "na_rep": "?"},
        "polars": {"separator": ";", "null_value": "?"},
    }.items():
        dataset = FileDataset(tmp_path / f"{frame}.csv", frame=frame, save_args=arguments)
        dataset.append(FIRST)
        dataset.append(SECOND)
        assert (tmp_path / f"{frame}.csv").read_text() == "a;b\n1;x\n2;?\n3;z\n"


def test_a_file_written_by_hand_without_a_last_line_end(tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n1,x")
    dataset = FileDataset(tmp_path / "data.csv")
    dataset.append(SECOND)
    assert (tmp_path / "data.csv").read_text() == "a,b\n1,x\n3,z\n"
    (tmp_path / "empty.csv").touch()
    FileDataset(tmp_path / "empty.csv").append(SECOND)
    assert (tmp_path / "empty.csv").read_text() == "a,b\n3,z\n"


def test_a_packed_file_stays_one_member(tmp_path):
    dataset = FileDataset(tmp_path / "data.csv.gz")
    dataset.append(FIRST)
    dataset.append(SECOND)
    packed = (tmp_path / "data.csv.gz").read_bytes()
    assert packed.count(b"\x1f\x8b\x08") == 1
    assert gzip.decompress(packed).decode() == "a,b\n1,x\n2,\n3,z\n"


@pytest.mark.parametrize("suffix", ["csv", "parquet", "feather"])
def test_other_columns_are_refused_and_nothing_changes(tmp_path, suffix):
    dataset = FileDataset(tmp_path / f"data.{suffix}")
    dataset.append(FIRST)
    with pytest.raises(DatasetError, match="a chunk has other columns than the file it is added to"):
        dataset.append(FIRST.rename(columns={"b": "c"}))
    assert len(dataset.load()) == 2


def test_another_type_is_refused_with_the_column(tmp_path):
    dataset = FileDataset(tmp_path / "data.parquet")
    dataset.append(FIRST)
    with pytest.raises(DatasetError) as caught:
        dataset.append(FIRST.assign(a=["p", "q"]))
    text = "large_string" if PANDAS_HAS_TEXT else "string"  # what a column of text is to Arrow
    assert str(caught.value).startswith(f"column 'a' of a chunk is {text}, and that of the file is int64")
    dataset.append(FIRST.astype({"a": "int8"})[["b", "a"]])
    assert len(dataset.load()) == 4


def test_an_empty_first_chunk_does_not_decide_the_types(tmp_path):
    dataset = FileDataset(tmp_path / "data.parquet")
    with dataset.stream() as writer:
        writer.append(pd.DataFrame({"a": [], "b": []}, dtype=object))
        writer.append(SECOND)
    assert dataset.load_as("polars").rows() == [(3, "z")]


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(
            "pandas",
            marks=pytest.mark.skipif(
                not PANDAS_HAS_TEXT, reason="before pandas 3 an empty column of text has no type"
            ),
        ),
        "polars",
    ],
)
def test_chunks_without_rows_keep_their_types(tmp_path, frame):
    dataset = FileDataset(tmp_path / "data.parquet", frame=frame)
    with dataset.stream() as writer:
        writer.append(SECOND.clear())
    assert dataset.load_as("polars").schema == SECOND.schema


def test_each_chunk_is_a_row_group(tmp_path):
    dataset = FileDataset(tmp_path / "data.parquet", save_args={"compression": "zstd"})
    for _ in range(3):
        dataset.append(FIRST)
    file = pa.parquet.ParquetFile(tmp_path / "data.parquet")
    assert file.num_row_groups == 3
    assert file.metadata.row_group(2).column(0).compression == "ZSTD"


@pytest.mark.parametrize(
    ("frame", "arguments", "message"),
    [
        ("pandas", {"partition_cols": ["a"]}, "a Parquet file that grows takes no 'partition_cols'"),
        ("polars", {"data_page_sise": 1}, "a Parquet file that grows takes no 'data_page_sise'"),
    ],
)
def test_arguments_that_do_not_hold_for_chunks_are_named(tmp_path, frame, arguments, message):
    with pytest.raises(DatasetError, match=message):
        FileDataset(tmp_path / "data.parquet", frame=frame, save_args=arguments).append(FIRST)
    with pytest.raises(DatasetError, match="a file cannot grow with `compression` in save_args"):
        FileDataset(tmp_path / "data.csv", save_args={"compression": "gzip"}).append(FIRST)


def test_what_is_no_table_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="the data is of type int"):
        FileDataset(tmp_path / "data.csv").append(3)
    with pytest.raises(DatasetError, match="a text file takes a string"):
        FileDataset(tmp_path / "data.txt").append(3)


TIMES = pl.DataFrame({"t": ["2024-01-01", "2024-01-02", "2024-01-03"]}).with_columns(
    pl.col("t").str.to_datetime()
)


@pytest.mark.parametrize("frame", ["pandas", "polars", "polars-lazy", "arrow"])
def test_times_are_beyond_the_text_of_a_time(tmp_path, frame):
    dataset = FileDataset(tmp_path / "data.parquet", frame="arrow")
    dataset.save(TIMES)
    found = dataset.load_beyond("t", "2024-01-02T00:00:00", frame)
    found = found.collect() if frame == "polars-lazy" else found
    assert len(found) == 1
    with pytest.raises(DatasetError, match="there is no column 'tt'\n  → did you mean 't'"):
        dataset.load_beyond("tt", 1, frame)
    with pytest.raises(DatasetError, match="column 't' cannot be compared with 'soon'"):
        dataset.load_beyond("t", "soon", frame)


# --- Databases


def table(root, **arguments):
    return TableDataset("rows", {"con": f"sqlite:///{root}/store.db"}, **arguments)


def test_what_a_table_can_do(tmp_path):
    for protocol in (Appends, Streams, Progress, Watermarked):
        assert isinstance(table(tmp_path), protocol)


def test_a_stream_is_one_transaction_at_its_end(tmp_path):
    dataset = table(tmp_path, mode="replace")
    dataset.save(FIRST)
    with dataset.stream() as writer:
        writer.append(SECOND)
        writer.append(THIRD)
        assert len(table(tmp_path).load()) == 2
    assert table(tmp_path).load_as("polars").rows() == [(3, "z"), (4, "ü")]
    with contextlib.suppress(KeyError), dataset.stream() as writer:
        writer.append(FIRST)
        raise KeyError("mine")
    assert len(dataset.load()) == 2


def test_rows_and_progress_are_one_transaction(tmp_path):
    dataset = table(tmp_path)
    assert dataset.read_progress() is None
    dataset.append_with_progress([FIRST], {"mark": 2})
    with pytest.raises(DatasetError):
        dataset.append_with_progress([SECOND, FIRST.assign(c=1)], {"mark": 9})
    assert (len(dataset.load()), dataset.read_progress()) == (2, {"mark": 2})
    dataset.append_with_progress([SECOND], {"mark": 3})
    assert (len(dataset.load()), table(tmp_path).read_progress()) == (3, {"mark": 3})
    dataset.replace_with_progress([THIRD], {"mark": 4})
    assert (len(dataset.load()), dataset.read_progress()) == (1, {"mark": 4})
    dataset.replace_with_progress([], {"mark": 0})
    assert (len(dataset.load()), dataset.read_progress()) == (0, {"mark": 0})


def test_a_table_that_is_gone_has_no_progress(tmp_path):
    import sqlite3

    dataset = table(tmp_path)
    dataset.append_with_progress([FIRST], {"mark": 2})
    dataset.release()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("DROP TABLE rows")
    assert dataset.read_progress() is None


def test_rows_of_the_same_key_are_replaced(tmp_path):
    dataset = table(tmp_path, key="a")
    dataset.append(FIRST)
    dataset.append(pd.DataFrame({"a": [2, 3, 3], "b": ["B", "c", "C"]}))
    assert dataset.load_as("polars").sort("a").rows() == [(1, "x"), (2, "B"), (3, "C")]
    two = TableDataset("two", {"con": f"sqlite:///{tmp_path}/store.db"}, key=["a", "b"])
    two.append_with_progress([SECOND, SECOND, THIRD], {"mark": 1})
    assert len(two.load()) == 2
    with pytest.raises(DatasetError, match="a chunk has no column 'a', which is the key of the table"):
        dataset.append(pd.DataFrame({"aa": [1], "b": [""]}))
    with pytest.raises(DatasetError, match="the key a is missing in some rows"):
        dataset.append(pd.DataFrame({"a": [None], "b": [""]}))


def test_the_database_is_asked_for_rows_beyond_a_mark(tmp_path):
    dataset = table(tmp_path)
    dataset.save(TIMES)
    assert dataset.load_beyond("t", "2024-01-02", "polars").height == 1
    assert len(dataset.load_beyond("t", None)) == 3
    with pytest.raises(DatasetError, match="there is no column 'tt'"):
        dataset.load_beyond("tt", 1)
