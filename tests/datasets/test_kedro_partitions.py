"""Partitions under Kedro's names do what Kedro's do, and not what it does wrong."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest

from plait.catalog import DataCatalog
from plait.catalog.check import check_catalog
from plait.catalog.protocols import Confirms, Partitions
from plait.errors import CatalogError, DatasetError

kedro = pytest.importorskip("kedro_datasets.partitions")
TABLE = pd.DataFrame({"a": [1, 2]})


def entry(kind="PartitionedDataset", **more):
    return {
        "type": f"partitions.{kind}",
        "path": "parts",
        "dataset": "pandas.CSVDataset",
        "filename_suffix": ".csv",
        **more,
    }


def made(root, **entries):
    return DataCatalog.from_config(entries, root=root)


def model(value):
    return value


def test_what_kedro_saved_is_loaded_as_kedro_loads_it(tmp_path):
    theirs = kedro.PartitionedDataset(
        path=str(tmp_path / "parts"), dataset="pandas.CSVDataset", filename_suffix=".csv"
    )
    theirs.save({"a": TABLE, "b/c": lambda: TABLE})
    catalog = made(tmp_path, parts=entry())
    loaded = catalog.load("parts")
    assert isinstance(loaded, dict)
    assert list(loaded) == sorted(theirs.load())
    assert loaded["b/c"]().equals(theirs.load()["b/c"]())
    assert pickle.loads(pickle.dumps(loaded["a"]))().equals(TABLE)
    catalog.save("parts", {"d": lambda: TABLE})
    assert theirs.load()["d"]().equals(TABLE)
    assert isinstance(catalog.dataset("parts"), Partitions)
    assert catalog.dataset("parts").load_part("a").equals(TABLE)


def test_keys_are_paths_with_suffix_where_no_suffix_is_given(tmp_path):
    catalog = made(tmp_path, parts=entry(filename_suffix=""))
    catalog.save("parts", {"x/a.csv": TABLE})
    assert list(catalog.load("parts")) == ["x/a.csv"]
    theirs = kedro.PartitionedDataset(path=str(tmp_path / "parts"), dataset="pandas.CSVDataset")
    assert list(theirs.load()) == ["x/a.csv"]


def test_nothing_there_is_kedros_error(tmp_path):
    with pytest.raises(DatasetError, match="No partitions found in 'parts'"):
        made(tmp_path, parts=entry()).load("parts")


def test_a_model_that_can_be_called_is_saved_where_lazy_saving_is_off(tmp_path):
    models = {"dataset": "pickle.PickleDataset", "filename_suffix": ".pkl", "save_lazily": False}
    catalog = made(tmp_path, models=entry(**models))
    catalog.save("models", {"a": model})
    assert catalog.load("models")["a"]() is model


def test_one_part_that_fails_does_not_lose_the_others(tmp_path):
    def broken():
        raise ValueError("no data")

    catalog = made(tmp_path, parts=entry())
    with pytest.raises(DatasetError, match="part 'b' cannot be saved"):
        catalog.save("parts", {"a": TABLE, "b": broken, "c": TABLE})
    assert list(catalog.load("parts")) == ["a", "c"]


def test_overwrite_removes_the_others_after_all_are_saved(tmp_path):
    made(tmp_path, parts=entry()).save("parts", {"a": TABLE, "old": TABLE})
    catalog = made(tmp_path, parts=entry(overwrite=True))
    with pytest.raises(DatasetError):
        catalog.save("parts", {"b": 3})
    assert list(catalog.load("parts")) == ["a", "old"], "nothing is lost for a save that fails"
    catalog.save("parts", {"b": TABLE})
    assert list(catalog.load("parts")) == ["b"]


def test_depth_is_limited_as_fsspec_limits_it(tmp_path):
    made(tmp_path, parts=entry()).save("parts", {"a": TABLE, "b/c": TABLE, "b/d/e": TABLE})
    for depth in (1, 2):
        theirs = kedro.PartitionedDataset(
            path=str(tmp_path / "parts"),
            dataset="pandas.CSVDataset",
            filename_suffix=".csv",
            load_args={"maxdepth": depth},
        )
        assert list(made(tmp_path, parts=entry(load_args={"maxdepth": depth})).load("parts")) == list(
            theirs.load()
        )


def test_only_what_is_behind_the_checkpoint_is_loaded(tmp_path):
    catalog = made(tmp_path, parts=entry(), new=entry("IncrementalDataset"))
    catalog.save("parts", {"1": TABLE, "2": TABLE})
    assert list(catalog.load("new")) == ["1", "2"]
    assert catalog.load("new")["1"].equals(TABLE)
    assert isinstance(catalog.dataset("new"), Confirms)
    catalog.confirm("new")
    assert (tmp_path / "parts" / "CHECKPOINT").read_text() == "2"
    assert catalog.load("new") == {}
    catalog.save("parts", {"3": TABLE})
    assert list(catalog.load("new")) == ["3"]
    theirs = kedro.IncrementalDataset(
        path=str(tmp_path / "parts"), dataset="pandas.CSVDataset", filename_suffix=".csv"
    )
    assert list(theirs.load()) == ["3"]


@pytest.mark.parametrize(
    ("checkpoint", "keys"),
    [
        ("1", ["2", "3"]),
        ({"force_checkpoint": "2", "comparison_func": "operator.ge"}, ["2", "3"]),
        ({"filepath": "mark.txt"}, ["1", "2", "3"]),
    ],
)
def test_checkpoints_are_configured_as_for_kedro(tmp_path, checkpoint, keys):
    catalog = made(tmp_path, parts=entry(), new=entry("IncrementalDataset", checkpoint=checkpoint))
    catalog.save("parts", {"1": TABLE, "2": TABLE, "3": TABLE})
    assert list(catalog.load("new")) == keys


def test_an_argument_that_kedro_does_not_know_is_found(tmp_path):
    for more in ({"frame": "polars"}, {"pattern": "*.csv"}, {"save_lazyly": True}):
        found = check_catalog(made(tmp_path, parts=entry(**more)))
        assert [f"takes no '{next(iter(more))}'" in str(problem) for problem in found] == [True]


def test_a_comparison_that_cannot_be_imported_says_so(tmp_path):
    catalog = made(tmp_path, new=entry("IncrementalDataset", checkpoint={"comparison_func": "operator.gtt"}))
    with pytest.raises(CatalogError, match=r"comparison_func 'operator\.gtt' cannot be imported"):
        catalog.dataset("new")
