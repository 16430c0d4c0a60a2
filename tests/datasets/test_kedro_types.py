"""Kedro's catalog entries as they stand, against the classes of kedro-datasets; its objects as datasets."""

from __future__ import annotations

import importlib

import matplotlib as mpl
import matplotlib.figure
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import polars as pl
import pytest
from PIL import Image

from plait.catalog import DataCatalog
from plait.datasets.table import TYPES
from plait.errors import CatalogError, DatasetError

pytest.importorskip("kedro_datasets")

TABLE = pd.DataFrame(
    {"n": [1, 2], "x": [0.5, np.nan], "s": ["a", "Zoë"], "t": pd.to_datetime(["2024-01-01"] * 2)}
)
PLAIN = TABLE.drop(columns="t")
POLARS = pl.DataFrame({"n": [1, 2], "x": [0.5, None], "s": ["a", "Zoë"]})
DOCUMENT = {"a": [1, 2.5], "b": {"c": None}}

ENTRIES = {
    "csv": ({"type": "pandas.CSVDataset", "filepath": "x.csv"}, PLAIN),
    "csv with arguments": (
        {
            "type": "pandas.CSVDataset",
            "filepath": "x.csv",
            "load_args": {"sep": ";", "index_col": 0},
            "save_args": {"sep": ";", "index": True},
        },
        PLAIN,
    ),
    "parquet": ({"type": "pandas.ParquetDataset", "filepath": "x.parquet"}, TABLE),
    "feather": ({"type": "pandas.FeatherDataset", "filepath": "x.feather"}, TABLE),
    "json": (
        {
            "type": "pandas.JSONDataset",
            "filepath": "x.json",
            "load_args": {"orient": "table"},
            "save_args": {"orient": "table"},
        },
        None,
    ),
    "json lines": (
        {
            "type": "pandas.JSONDataset",
            "filepath": "x.json",
            "load_args": {"lines": True},
            "save_args": {"lines": True, "orient": "records"},
        },
        PLAIN,
    ),
    "excel": (
        {
            "type": "pandas.ExcelDataset",
            "filepath": "x.xlsx",
            "engine": "xlsxwriter",
            "load_args": {"engine": "calamine", "sheet_name": "one"},
            "save_args": {"sheet_name": "one"},
        },
        TABLE,
    ),
    "generic": ({"type": "pandas.GenericDataset", "filepath": "x.csv", "file_format": "csv"}, None),
    "generic parquet": (
        {
            "type": "pandas.GenericDataset",
            "filepath": "x.pq",
            "file_format": "parquet",
            "fs_args": {"open_args_load": {"mode": "rb"}, "open_args_save": {"mode": "wb"}},
        },
        TABLE,
    ),
    "xml": (
        {
            "type": "pandas.XMLDataset",
            "filepath": "x.xml",
            "load_args": {"parser": "etree"},
            "save_args": {"parser": "etree"},
        },
        PLAIN,
    ),
    "polars csv": ({"type": "polars.CSVDataset", "filepath": "x.csv"}, POLARS),
    "polars eager": (
        {"type": "polars.EagerPolarsDataset", "filepath": "x.parquet", "file_format": "parquet"},
        POLARS,
    ),
    "polars lazy": (
        {"type": "polars.LazyPolarsDataset", "filepath": "x.csv", "file_format": "csv"},
        POLARS.lazy(),
    ),
    "pickle": ({"type": "pickle.PickleDataset", "filepath": "x.pkl"}, {"a": {1, 2}}),
    "pickle by joblib": (
        {
            "type": "pickle.PickleDataset",
            "filepath": "x.pkl",
            "backend": "joblib",
            "save_args": {"compress": 3},
        },
        [1, 2],
    ),
    "document": ({"type": "json.JSONDataset", "filepath": "x.json"}, DOCUMENT),
    "document in one line": (
        {"type": "json.JSONDataset", "filepath": "x.json", "save_args": {"indent": None}},
        DOCUMENT,
    ),
    "text": ({"type": "text.TextDataset", "filepath": "x.txt"}, "one\ntwo"),
    "yaml": (
        {"type": "yaml.YAMLDataset", "filepath": "x.yml", "save_args": {"default_flow_style": True}},
        DOCUMENT,
    ),
    "plotly json": ({"type": "plotly.JSONDataset", "filepath": "x.json"}, go.Figure(go.Bar(x=[1], y=[2]))),
    "image": ({"type": "pillow.ImageDataset", "filepath": "x.png"}, Image.new("RGB", (2, 2), (1, 2, 3))),
}
PREPARED = {
    "json": TABLE.drop(columns="t").assign(x=[0.5, 1.5]).set_index("n"),
    "generic": PLAIN.rename_axis("row").reset_index(),
}


def kedro(entry, tmp_path):
    """The dataset that Kedro itself makes of an entry."""
    arguments = {key: value for key, value in entry.items() if key != "type"}
    arguments["filepath"] = (tmp_path / arguments["filepath"]).as_posix()
    module, _, name = entry["type"].rpartition(".")
    return getattr(importlib.import_module(f"kedro_datasets.{module}"), name)(**arguments)


def ours(entry, tmp_path):
    return DataCatalog.from_config({"data": entry}, root=tmp_path).dataset("data")


def same(left, right):
    left, right = (item.collect() if isinstance(item, pl.LazyFrame) else item for item in (left, right))
    assert type(left) is type(right)
    if isinstance(left, pd.DataFrame):
        pd.testing.assert_frame_equal(left, right)
    elif isinstance(left, pl.DataFrame):
        assert left.equals(right)
    else:
        assert left == right


@pytest.mark.parametrize("name", ENTRIES)
def test_what_one_writes_the_other_reads(tmp_path, name, monkeypatch):
    if name == "polars csv":  # Kedro's default is an argument that Polars 2 has no more
        monkeypatch.setattr("kedro_datasets.polars.CSVDataset.DEFAULT_LOAD_ARGS", {})
    entry, data = ENTRIES[name]
    data = PREPARED.get(name, data)
    for folder, writer, reader in (("to", kedro, ours), ("from", ours, kedro)):
        place = tmp_path / folder
        place.mkdir()
        writer(entry, place).save(data)
        same(reader(entry, place).load(), writer(entry, place).load())


def test_the_same_table_is_drawn(tmp_path):
    arguments = {"type": "bar", "fig": {"x": "n", "y": "x", "orientation": "h"}, "layout": {"title": "T"}}
    entry = {"type": "plotly.PlotlyDataset", "filepath": "x.json", "plotly_args": arguments}
    ours(entry, tmp_path).save(PLAIN)
    first = kedro(entry, tmp_path).load()
    kedro(entry, tmp_path).save(PLAIN)
    assert ours(entry, tmp_path).load() == first


def test_the_same_figure_is_drawn(tmp_path):
    figure = mpl.figure.Figure()
    figure.subplots().plot([1, 2])
    entry = {"type": "matplotlib.MatplotlibDataset", "filepath": "x.png", "save_args": {"dpi": 50}}
    ours(entry, tmp_path).save(figure)
    first = Image.open(tmp_path / "x.png").convert("RGB").tobytes()
    kedro(entry, tmp_path).save(figure)
    assert Image.open(tmp_path / "x.png").convert("RGB").tobytes() == first


def test_tables_and_queries_of_a_database(tmp_path):
    from kedro_datasets.pandas import SQLQueryDataset, SQLTableDataset

    con = {"con": f"sqlite:///{tmp_path / 'x.db'}"}
    entries = {
        "table": {"type": "pandas.SQLTableDataset", "table_name": "t", "credentials": "db"},
        "query": {"type": "pandas.SQLQueryDataset", "sql": "SELECT n FROM t", "credentials": "db"},
    }
    found = DataCatalog.from_config(entries, {"db": con})
    found.save("table", TABLE)
    same(SQLTableDataset(table_name="t", credentials=con).load(), found.load("table"))
    same(SQLQueryDataset(sql="SELECT n FROM t", credentials=con).load(), found.load("query"))
    SQLTableDataset(table_name="t", credentials=con, save_args={"if_exists": "replace"}).save(PLAIN)
    same(found.load("table"), PLAIN)


def test_every_name_of_kedro_here_is_one_that_kedro_has_or_had():
    gone = {"matplotlib.MatplotlibWriter"}
    own = {"JSONLinesDataset", "polars.ParquetDataset", "polars.FeatherDataset", "polars.JSONDataset"}
    for name in TYPES:
        module, _, attribute = name.rpartition(".")
        ours = (
            module in ("arrow", "sql")
            or name.startswith("kedro_mlflow.")
            or not attribute.endswith(("Dataset", "Writer"))
        )
        if not module or ours or name in gone or {name, attribute} & own:
            continue
        assert hasattr(importlib.import_module(f"kedro_datasets.{module}"), attribute), name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pandas.CSVDataSet", "pandas.CSVDataset"),
        ("pickle.PickleDataSet", "pickle.PickleDataset"),
        ("pandas.ParquetDatset", "pandas.ParquetDataset"),
        ("json.JSONDataSet", "json.JSONDataset"),
        ("matplotlib.MatplotlibWritter", "matplotlib.MatplotlibWriter"),
    ],
)
def test_an_old_or_wrong_spelling_is_answered_with_the_right_one(tmp_path, written, meant):
    with pytest.raises(CatalogError, match=f"did you mean '{meant}'"):
        DataCatalog.from_config({"data": {"type": written, "filepath": "x"}}, root=tmp_path).dataset("data")


@pytest.mark.parametrize("name", ["csv", "parquet", "polars eager", "pickle", "document", "text", "image"])
def test_an_object_of_kedro_is_a_dataset_here(tmp_path, name):
    entry, data = ENTRIES[name]
    found = DataCatalog({"data": kedro(entry, tmp_path)})
    assert not found.exists("data")
    found.save("data", data)
    assert found.exists("data")
    same(found.load("data"), ours(entry, tmp_path).load())
    with pytest.raises(DatasetError):
        found.save("data", None)


def test_the_table_of_an_object_of_kedro_is_converted_for_its_consumer(tmp_path):
    entry, data = ENTRIES["csv"]
    found = DataCatalog({"data": kedro(entry, tmp_path)})
    found.save("data", data)
    assert found.load("data", as_="polars").equals(POLARS)


def test_a_class_of_kedro_that_has_no_name_here_is_taken_from_kedro(tmp_path):
    entries = {"data": {"type": "json.JSONDataset", "filepath": "x.json"}}
    entries["full"] = {"type": "kedro_datasets.json.JSONDataset", "filepath": "x.json"}
    entries["other"] = {"type": "networkx.GraphMLDataset", "filepath": "x.graphml"}
    found = DataCatalog.from_config(entries, root=tmp_path)
    found.save("data", DOCUMENT)
    assert type(found.dataset("full")).__module__.startswith("kedro_datasets")
    assert found.load("full") == DOCUMENT


def test_anything_with_load_and_save_is_a_dataset():
    class Kept:
        def load(self):
            return self.data

        def save(self, data):
            self.data = data

    found = DataCatalog({"data": Kept()})
    found.save("data", 3)
    assert found.load("data") == 3
