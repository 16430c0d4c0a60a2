"""Tables in files: one reader, any consumer; any producer, one writer; a first look that reads little."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import time

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plait.catalog import DataCatalog, frames
from plait.errors import DatasetError

NOON = dt.datetime(2024, 5, 17, 12)  # noqa: DTZ001 - Excel knows no zones
FRAMES = ("pandas", "polars", "arrow")
COLUMNS = {
    "n": [1, 2, 3],
    "x": [0.5, None, -2.0],
    "name": ["Zoë", "b,c", None],
    "ok": [True, False, True],
}
FORMATS = {
    ("csv", "csv"): FRAMES,
    ("csv", "csv.gz"): FRAMES,
    ("parquet", "parquet"): FRAMES,
    ("feather", "feather"): FRAMES,
    ("json", "json"): ("pandas", "polars"),
    ("jsonl", "jsonl"): ("pandas", "polars"),
    ("excel", "xlsx"): ("pandas",),
    ("xml", "xml"): ("pandas",),
}
PAIRS = [(kind, suffix, frame) for (kind, suffix), known in FORMATS.items() for frame in known]


def catalog(tmp_path, **entry):
    return DataCatalog.from_config({"data": entry}, root=tmp_path)


def as_lists(data):
    table = frames.convert(data, "arrow").to_pydict()
    return {name: [None if value != value else value for value in values] for name, values in table.items()}


@pytest.mark.parametrize("producer", FRAMES)
@pytest.mark.parametrize(("kind", "suffix", "frame"), PAIRS)
def test_any_library_writes_and_reads_what_another_wrote(tmp_path, kind, suffix, frame, producer):
    found = catalog(tmp_path, type=kind, path=f"data.{suffix}", frame=frame)
    found.save("data", frames.convert(pa.table(COLUMNS), producer))
    assert frames.frame_of(found.load("data")) == frame
    for consumer in (*FRAMES, "polars-lazy"):
        data = found.load("data", as_=consumer)
        assert frames.frame_of(data) == consumer
        assert as_lists(data) == COLUMNS


@pytest.mark.parametrize(("kind", "suffix", "frame"), PAIRS)
def test_the_same_table_gives_the_same_bytes(tmp_path, kind, suffix, frame, monkeypatch):
    digests = []
    for moment in (1_000_000_000, 1_700_000_000):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        found = catalog(tmp_path, type=kind, path=f"data.{suffix}", frame=frame)
        found.save("data", pa.table(COLUMNS))
        digests.append(hashlib.sha256((tmp_path / f"data.{suffix}").read_bytes()).hexdigest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize(("kind", "suffix", "frame"), PAIRS)
def test_a_first_look_shows_the_first_rows_as_plain_values(tmp_path, kind, suffix, frame):
    if kind in ("xml", "json"):
        return
    found = catalog(tmp_path, type=kind, path=f"data.{suffix}", frame=frame)
    found.save("data", pa.table(COLUMNS))
    look = found.dataset("data").preview(2)
    assert look.kind == "table"
    assert list(look.columns) == list(COLUMNS)
    assert [list(row) for row in look.content] == [[1, 0.5, "Zoë", True], [2, None, "b,c", False]]
    assert all(type(value) in (int, float, str, bool, type(None)) for row in look.content for value in row)
    assert not look.complete
    whole = found.dataset("data").preview(3)
    assert (whole.complete, whole.rows) == (True, 3)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_first_look_at_a_large_file_reads_little_of_it(tmp_path, frame):
    path = tmp_path / "data.csv"
    # The end is no CSV at all: whoever reads it fails.
    with path.open("w") as file:
        file.write("a,b\n")
        for _ in range(20):
            file.write("1,2\n" * 500_000)
        file.write('"1,2,3,4\n\xff')
    look = catalog(tmp_path, type="csv", path="data.csv", frame=frame).dataset("data").preview(5)
    assert [list(row) for row in look.content] == [[1, 2]] * 5


def test_a_first_look_at_parquet_tells_how_many_rows_there_are(tmp_path):
    pl.DataFrame({"n": range(100_000)}).write_parquet(tmp_path / "data.parquet", row_group_size=10_000)
    look = catalog(tmp_path, path="data.parquet").dataset("data").preview(3)
    assert (look.rows, look.complete, look.columns) == (100_000, False, {"n": "int64"})


def test_a_folder_of_parquet_files_is_one_table(tmp_path):
    for part in range(2):
        (tmp_path / "data").mkdir(exist_ok=True)
        pl.DataFrame({"n": [part]}).write_parquet(tmp_path / "data" / f"{part}.parquet")
    found = catalog(tmp_path, type="parquet", path="data")
    assert sorted(found.load("data")["n"]) == [0, 1]
    assert [list(row) for row in found.dataset("data").preview(5).content] == [[0], [1]]


def test_a_bare_type_has_the_reader_of_the_project(tmp_path):
    pl.DataFrame({"a": [1]}).write_csv(tmp_path / "data.csv")
    for default, cls in (("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("arrow", pa.Table)):
        found = DataCatalog.from_config({"data": "data.csv"}, root=tmp_path, default_frame=default)
        assert isinstance(found.load("data"), cls)


def test_arguments_belong_to_the_library_of_the_reader(tmp_path):
    (tmp_path / "data.csv").write_text("a;b\n1;x\n2;NA\n")
    entries = {
        "pandas": {"type": "pandas.CSVDataset", "filepath": "data.csv", "load_args": {"sep": ";"}},
        "polars": {
            "type": "polars.CSVDataset",
            "filepath": "data.csv",
            "load_args": {"separator": ";", "null_values": "NA"},
        },
        "arrow": {
            "type": "csv",
            "path": "data.csv",
            "frame": "arrow",
            "load_args": {
                "parse_options": {"delimiter": ";"},
                "convert_options": {"null_values": ["NA"], "strings_can_be_null": True},
            },
        },
    }
    found = DataCatalog.from_config(entries, root=tmp_path)
    for name in entries:
        assert as_lists(found.load(name)) == {"a": [1, 2], "b": ["x", None]}, name
        assert [list(row) for row in found.dataset(name).preview(9).content] == [[1, "x"], [2, None]]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "feather", "jsonl"])
def test_a_polars_file_is_scanned_for_who_asks_for_it(tmp_path, suffix):
    found = catalog(tmp_path, path=f"data.{suffix}", frame="polars")
    found.save("data", pa.table(COLUMNS))
    lazy = found.load("data", as_="polars-lazy")
    assert "SCAN" in lazy.explain().upper()
    assert lazy.collect().equals(found.load("data"))


def test_a_scan_is_not_taken_where_the_scanner_does_not_know_an_argument(tmp_path):
    found = catalog(tmp_path, path="data.csv", frame="polars", load_args={"columns": ["n"]})
    found.save("data", pa.table(COLUMNS))
    assert found.load("data", as_="polars-lazy").collect().columns == ["n"]


def test_a_pandas_reader_is_never_bypassed_by_a_scan(tmp_path):
    (tmp_path / "data.csv").write_text("code\nNA\nx\n")
    found = catalog(tmp_path, type="pandas.CSVDataset", path="data.csv")
    assert found.load("data", as_="polars-lazy").collect()["code"].to_list() == [None, "x"]


def test_a_lazy_frame_is_collected_when_it_is_saved(tmp_path):
    found = catalog(tmp_path, type="polars.LazyPolarsDataset", filepath="data.parquet", file_format="parquet")
    found.save("data", pl.LazyFrame({"a": [1]}))
    assert isinstance(found.load("data"), pl.LazyFrame)
    assert found.load("data").collect()["a"].to_list() == [1]
    assert [list(row) for row in found.dataset("data").preview(3).content] == [[1]]


def test_brackets_in_a_file_name_are_no_pattern(tmp_path):
    found = catalog(tmp_path, path="data[1].csv", frame="polars")
    found.save("data", pl.DataFrame({"a": [1]}))
    assert found.load("data")["a"].to_list() == [1]
    assert found.load("data", as_="polars-lazy").collect()["a"].to_list() == [1]


@pytest.mark.parametrize(("kind", "suffix"), [("csv", "csv"), ("feather", "feather"), ("excel", "xlsx")])
def test_a_filtered_pandas_table_is_saved_without_its_row_numbers(tmp_path, kind, suffix):
    found = catalog(tmp_path, type=kind, path=f"data.{suffix}")
    data = pd.DataFrame({"a": [1, 2, 3]})
    found.save("data", data[data.a > 1])
    assert as_lists(found.load("data")) == {"a": [2, 3]}


@pytest.mark.parametrize("series", [pd.Series([1, 2], name="y"), pl.Series("y", [1, 2])])
@pytest.mark.parametrize(("kind", "suffix", "frame"), PAIRS)
def test_a_series_is_saved_as_its_column(tmp_path, kind, suffix, frame, series):
    found = catalog(tmp_path, type=kind, path=f"y.{suffix}", frame=frame)
    found.save("data", series)
    assert as_lists(found.load("data")) == {"y": [1, 2]}


def test_a_gzip_file_names_neither_time_nor_temporary_file(tmp_path):
    catalog(tmp_path, path="data.csv.gz").save("data", pd.DataFrame({"a": [1]}))
    head = (tmp_path / "data.csv.gz").read_bytes()[:10]
    assert head[3] == 0
    assert head[4:8] == b"\0\0\0\0"
    assert gzip.decompress((tmp_path / "data.csv.gz").read_bytes()) == b"a\n1\n"


def test_several_sheets_are_a_dictionary_of_tables(tmp_path):
    found = catalog(tmp_path, path="book.xlsx", load_args={"sheet_name": None})
    found.save("data", {"first": pd.DataFrame({"a": [1]}), "second": pl.DataFrame({"b": ["x"], "c": [2.5]})})
    loaded = found.load("data")
    assert {name: as_lists(sheet) for name, sheet in loaded.items()} == {
        "first": {"a": [1]},
        "second": {"b": ["x"], "c": [2.5]},
    }
    assert all(isinstance(sheet, pd.DataFrame) for sheet in loaded.values())
    assert [list(row) for row in found.dataset("data").preview(1).content] == [[1]]


def test_the_sheet_of_an_entry_is_written_and_read(tmp_path):
    found = catalog(
        tmp_path,
        type="pandas.ExcelDataset",
        filepath="book.xlsx",
        load_args={"sheet_name": "numbers"},
        save_args={"sheet_name": "numbers"},
    )
    found.save("data", pd.DataFrame({"a": [1], "when": [NOON]}))
    assert as_lists(found.load("data")) == {"a": [1], "when": [NOON]}


def test_appending_to_a_workbook_is_refused_with_what_to_do(tmp_path):
    found = catalog(tmp_path, path="book.xlsx", save_args={"writer": {"mode": "a"}})
    with pytest.raises(DatasetError, match="load the other sheets in the node and return them all"):
        found.save("data", pd.DataFrame({"a": [1]}))


def test_partitioned_parquet_is_refused_with_what_to_do(tmp_path):
    found = catalog(tmp_path, path="data.parquet", save_args={"partition_cols": ["a"]})
    with pytest.raises(DatasetError, match="a Parquet file is one table"):
        found.save("data", pd.DataFrame({"a": [1]}))


def test_what_is_no_table_is_refused_by_a_format_of_tables(tmp_path):
    found = catalog(tmp_path, path="data.csv")
    with pytest.raises(DatasetError, match="only a table can be stored here, and the data is of type dict"):
        found.save("data", {"a": 1})


def test_a_file_of_any_format_can_be_had_as_its_path(tmp_path):
    found = catalog(tmp_path, path="data.csv")
    found.save("data", pd.DataFrame({"a": [1]}))
    assert found.load("data", as_="path") == tmp_path / "data.csv"


def test_an_unknown_generic_format_lists_what_there_is(tmp_path):
    (tmp_path / "x").write_text("")
    for type_, text in (
        ("pandas.GenericDataset", "pandas has no function"),
        ("polars.EagerPolarsDataset", "Polars"),
    ):
        found = catalog(tmp_path, type=type_, filepath="x", file_format="cvs")
        with pytest.raises(DatasetError, match=text) as error:
            found.load("data")
        assert "csv" in error.value.hint


@pytest.mark.parametrize(("kind", "suffix", "frame"), PAIRS)
def test_a_remote_file_is_read_and_looked_at_like_a_local_one(kind, suffix, frame):
    url = f"memory://tables-{frame}/data.{suffix}"
    found = DataCatalog.from_config({"data": {"type": kind, "path": url, "frame": frame}})
    found.save("data", pa.table(COLUMNS))
    assert as_lists(found.load("data")) == COLUMNS
    assert as_lists(found.load("data", as_="polars-lazy")) == COLUMNS
    if kind not in ("xml", "json"):
        assert [row[0] for row in found.dataset("data").preview(2).content] == [1, 2]
