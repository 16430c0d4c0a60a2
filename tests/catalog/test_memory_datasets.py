"""Data in memory: no consumer sees another's changes, nothing is kept longer than it is needed."""

from __future__ import annotations

import gc
import pickle
import threading
import weakref

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plait.catalog import CachedDataset, DataCatalog, MemoryDataset
from plait.catalog.memory import copied
from plait.errors import DatasetError


class Thing:
    """Something that can be watched."""


def test_an_empty_one_is_empty_after_crossing_to_another_process() -> None:
    crossed = pickle.loads(pickle.dumps(MemoryDataset()))
    assert not crossed.exists()
    with pytest.raises(DatasetError, match="has not been saved yet"):
        crossed.load()


@pytest.mark.parametrize("how", ["constructor", "catalog", "save"])
def test_release_frees_the_data_however_it_came_in(how: str) -> None:
    thing = Thing()
    watched = weakref.ref(thing)
    if how == "constructor":
        catalog = DataCatalog({"x": MemoryDataset(thing, copy_mode="assign")})
    elif how == "catalog":
        catalog = DataCatalog()
        catalog["x"] = MemoryDataset(copy_mode="assign")
        catalog["x"].save(thing)
    else:
        catalog = DataCatalog({"x": MemoryDataset(copy_mode="assign")})
        catalog.save("x", thing)
    del thing
    gc.collect()
    assert watched() is not None
    catalog.release("x")
    gc.collect()
    assert watched() is None
    assert not catalog.exists("x")


def test_raw_data_put_into_a_catalog_is_freed_by_release() -> None:
    catalog = DataCatalog({"x": {"big": [1]}})
    catalog.release("x")
    assert not catalog.exists("x")


def test_none_is_data_at_construction_and_an_error_at_save() -> None:
    assert MemoryDataset(None).exists()
    assert MemoryDataset(None).load() is None
    with pytest.raises(DatasetError, match="saving None is not allowed"):
        MemoryDataset().save(None)


@pytest.mark.parametrize(
    ("data", "change"),
    [
        ({"a": [1]}, lambda data: data["a"].append(2)),
        ([1], lambda data: data.append(2)),
        (np.zeros(3), lambda data: data.__setitem__(0, 9)),
        (pd.DataFrame({"a": [1, 2]}), lambda data: data.__setitem__("a", [8, 9])),
        (pd.DataFrame({"a": [1, 2]}), lambda data: data.loc.__setitem__((0, "a"), 9)),
        (pd.Series([1, 2]), lambda data: data.__setitem__(0, 9)),
        (pl.DataFrame({"a": [1, 2]}), lambda data: data.insert_column(0, pl.Series("b", [1, 2]))),
    ],
    ids=["dict", "list", "array", "column", "cell", "series", "polars"],
)
def test_a_consumer_that_changes_its_input_changes_nobody_elses(data: object, change: object) -> None:
    dataset = MemoryDataset()
    dataset.save(data)
    before = pickle.dumps(dataset.load())
    change(dataset.load())
    change(data)
    assert pickle.dumps(dataset.load()) == before


def test_a_pandas_copy_costs_nothing_where_pandas_copies_on_write() -> None:
    frame = pd.DataFrame({"a": np.arange(10)})
    shares = np.shares_memory(copied(frame)["a"].array, frame["a"].array)
    assert shares == (int(pd.__version__.split(".")[0]) >= 3)


@pytest.mark.parametrize("data", [1, "text", b"bytes", None, pa.table({"a": [1]})])
def test_what_cannot_change_is_passed_on(data: object) -> None:
    assert copied(data) is data


def test_the_copy_mode_may_be_chosen() -> None:
    data = [[1]]
    assert copied(data, "assign") is data
    assert copied(data, "copy")[0] is data[0]
    assert copied(data, "deepcopy")[0] is not data[0]
    with pytest.raises(
        DatasetError, match=r"copy_mode 'deepcpy' is unknown\n.*\n  → did you mean 'deepcopy'"
    ):
        MemoryDataset(copy_mode="deepcpy")


def test_what_cannot_be_copied_says_how_to_share_it() -> None:
    with pytest.raises(DatasetError) as caught:
        MemoryDataset(threading.Lock())
    assert "a lock in memory cannot be copied" in str(caught.value)
    assert "copy_mode: assign" in str(caught.value)


class Counting:
    def __init__(self) -> None:
        self.loads, self.kept = 0, None

    def load(self) -> object:
        self.loads += 1
        return self.kept

    def save(self, data: object) -> None:
        self.kept = data


def test_a_cached_dataset_is_read_once_until_it_is_released() -> None:
    behind = Counting()
    cached = CachedDataset(behind)
    cached.save([1])
    assert cached.load() == [1]
    assert behind.loads == 0
    cached.release()
    threads = [threading.Thread(target=cached.load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert behind.loads == 1
    assert pickle.loads(pickle.dumps(cached)).load() == [1]
