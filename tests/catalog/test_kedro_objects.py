"""Kedro's own datasets in a Plait catalog: as objects, by import path, and by names of Kedro's alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plait.catalog import DataCatalog, Version
from plait.errors import CatalogError, DatasetError

FRAME = pd.DataFrame({"a": [1, 2]})


def test_an_object_works_as_it_stands(tmp_path: Path) -> None:
    from kedro.io import MemoryDataset as KedroMemory
    from kedro_datasets.pandas import CSVDataset

    catalog = DataCatalog(
        {
            "csv": CSVDataset(filepath=str(tmp_path / "x.csv"), save_args={"index": False}),
            "mem": KedroMemory([1]),
        }
    )
    assert not catalog.exists("csv")
    catalog.save("csv", FRAME)
    assert catalog.exists("csv")
    assert catalog.load("csv").equals(FRAME)
    assert catalog.load("csv", as_="polars").rows() == [(1,), (2,)]
    assert catalog.load("mem") == [1]
    catalog.release("mem")
    assert not catalog.exists("mem")


def test_a_class_by_its_import_path_gets_kedros_arguments(tmp_path: Path) -> None:
    catalog = DataCatalog.from_config(
        {
            "x": {
                "type": "kedro_datasets.pandas.CSVDataset",
                "filepath": "data/x.csv",
                "save_args": {"index": False},
                "load_args": {"dtype": {"a": "float64"}},
                "versioned": True,
                "layer": "raw",
                "metadata": {"kedro-viz": {"layer": "raw"}},
            }
        },
        save_version="v1",
        root=tmp_path,
    )
    catalog.save("x", FRAME)
    assert (tmp_path / "data" / "x.csv" / "v1" / "x.csv").exists()
    assert catalog.load("x")["a"].dtype == "float64"
    later = catalog.for_run("v2")
    later.save("x", FRAME * 2)
    assert catalog.load("x", version="v1")["a"].tolist() == [1, 2]
    assert later.get("x", version=Version("v2")).load()["a"].tolist() == [2, 4]


def test_a_name_of_kedros_that_plait_has_no_format_for_is_kedros_class(tmp_path: Path) -> None:
    catalog = DataCatalog.from_config(
        {"g": {"type": "networkx.JSONDataset", "filepath": "g.json"}, "h": {"type": "pandas.HDFDataset"}},
        root=tmp_path,
    )
    assert catalog.entry("g").type == "networkx.JSONDataset"
    with pytest.raises(CatalogError, match=r"needs 'filepath'|needs 'tables'|needs 'networkx'"):
        catalog.dataset("h")


def test_partitions_of_kedro_get_their_credentials(tmp_path: Path) -> None:
    catalog = DataCatalog.from_config(
        {
            "parts": {
                "type": "partitions.PartitionedDataset",
                "path": "parts",
                "filename_suffix": ".csv",
                "dataset": {"type": "pandas.CSVDataset", "save_args": {"index": False}},
            }
        },
        root=tmp_path,
    )
    catalog.save("parts", {"one": FRAME})
    assert (tmp_path / "parts" / "one.csv").exists()
    assert catalog.load("parts")["one"]().equals(FRAME)


def test_what_a_kedro_dataset_raises_names_the_entry(tmp_path: Path) -> None:
    catalog = DataCatalog.from_config(
        {"x": {"type": "kedro_datasets.pandas.CSVDataset", "filepath": "gone.csv"}}, root=tmp_path
    )
    with pytest.raises(DatasetError) as caught:
        catalog.load("x")
    assert str(caught.value).startswith("'x' failed to load\n  at dataset 'x'\n  DatasetError: ")


def test_a_wrong_argument_of_a_kedro_class_gets_a_suggestion() -> None:
    entry: dict[str, Any] = {"type": "kedro_datasets.pandas.CSVDataset", "filepath": "x.csv", "laod_args": {}}
    with pytest.raises(CatalogError, match=r"takes no 'laod_args'[\s\S]*did you mean 'load_args'"):
        DataCatalog.from_config({"x": entry}).dataset("x")
