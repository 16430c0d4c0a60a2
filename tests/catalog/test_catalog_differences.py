"""Where the catalog differs from Kedro's: both sides run, so that the list in the docs stays true."""

from __future__ import annotations

import gc
import logging
import pickle
import weakref
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog as KedroCatalog
from kedro.io import DatasetError as KedroError
from kedro.io import DatasetNotFoundError as KedroNotFound
from kedro.io import MemoryDataset as KedroMemory

from plait.catalog import DataCatalog, MemoryDataset
from plait.errors import CatalogError, DatasetNotFoundError, VersionAlreadyExistsError, VersionNotFoundError

logging.getLogger("kedro").setLevel(logging.ERROR)
BOTH = [pytest.param(KedroCatalog, id="kedro"), pytest.param(DataCatalog, id="plait")]


def theirs(catalog: type) -> bool:
    return catalog is KedroCatalog


def text(path: Path, **more: Any) -> dict[str, Any]:
    return {"type": "text.TextDataset", "filepath": str(path), **more}


@pytest.mark.parametrize("catalog", BOTH)
def test_looking_up_a_name(catalog: type, tmp_path: Path) -> None:
    made = catalog.from_config({"{name}_text": text(tmp_path / "{name}.txt")})
    assert made.get("a_text") is not None
    assert list(made.keys()) == (["a_text"] if theirs(catalog) else [])


@pytest.mark.parametrize("catalog", BOTH)
def test_case_in_factories(catalog: type, tmp_path: Path) -> None:
    assert ("FOO_TEXT" in catalog.from_config({"{name}_text": text(tmp_path / "{name}")})) == theirs(catalog)


@pytest.mark.parametrize("catalog", BOTH)
def test_a_pinned_catch_all(catalog: type, tmp_path: Path) -> None:
    config, pins = {"{name}": text(tmp_path / "{name}", versioned=True)}, {"a": "v1"}
    if theirs(catalog):
        with pytest.raises(KedroNotFound):
            catalog.from_config(config, load_versions=pins)
    else:
        assert catalog.from_config(config, load_versions=pins)["a"].version.load == "v1"


@pytest.mark.parametrize("memory", [KedroMemory, MemoryDataset])
def test_release_of_what_the_constructor_was_given(memory: type) -> None:
    class Thing:
        pass

    thing = Thing()
    watched = weakref.ref(thing)
    dataset = memory(thing, copy_mode="assign")
    del thing
    dataset.release()
    gc.collect()
    assert (watched() is None) == (memory is MemoryDataset)


@pytest.mark.parametrize("memory", [KedroMemory, MemoryDataset])
def test_an_empty_dataset_in_another_process(memory: type) -> None:
    assert pickle.loads(pickle.dumps(memory())).exists() == (memory is KedroMemory)


@pytest.mark.parametrize("catalog", BOTH)
def test_a_version_to_load_that_is_missing(catalog: type, tmp_path: Path) -> None:
    config = {"m": text(tmp_path / "m.txt", versioned=True)}
    with pytest.raises(KedroError if theirs(catalog) else VersionNotFoundError) as caught:
        catalog.from_config(config, load_versions={"m": "v1"}).load("m")
    assert ("[Errno 2]" in str(caught.value)) == theirs(catalog)


@pytest.mark.parametrize("catalog", BOTH)
def test_a_version_saved_twice(catalog: type, tmp_path: Path) -> None:
    made = catalog.from_config({"m": text(tmp_path / "m.txt", versioned=True)}, save_version="v1")
    made.save("m", "one")
    with pytest.raises(KedroError if theirs(catalog) else VersionAlreadyExistsError):
        made.save("m", "two")


@pytest.mark.parametrize("catalog", BOTH)
def test_a_version_to_load_for_what_has_none(catalog: type, tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text("plain")
    arguments: dict[str, Any] = {"load_versions": {"m": "v1"}}
    if theirs(catalog):
        assert catalog.from_config({"m": text(tmp_path / "m.txt")}, **arguments).load("m") == "plain"
    else:
        with pytest.raises(CatalogError, match="the dataset is not versioned"):
            catalog.from_config({"m": text(tmp_path / "m.txt")}, **arguments)


@pytest.mark.parametrize("catalog", BOTH)
def test_missing_credentials(catalog: type, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        catalog.from_config({"m": text(tmp_path / "m.txt", credentials="gone")}).load("m")


@pytest.mark.parametrize("catalog", BOTH)
def test_two_catch_alls(catalog: type, tmp_path: Path) -> None:
    config = {"{a}": text(tmp_path / "{a}"), "{b}": text(tmp_path / "{b}")}
    with pytest.raises(KedroError if theirs(catalog) else CatalogError):
        catalog.from_config(config).get("x")


@pytest.mark.parametrize("catalog", BOTH)
def test_comparing_with_something_else(catalog: type) -> None:
    if theirs(catalog):
        with pytest.raises(AttributeError):
            assert catalog() == 1
        with pytest.raises(TypeError):
            hash(catalog())
    else:
        assert catalog() != 1
        assert hash(catalog())


@pytest.mark.parametrize("catalog", BOTH)
def test_a_catalog_written_for_kedro_gives_the_same_data(catalog: type, tmp_path: Path) -> None:
    """One configuration, both read what the other wrote."""
    config = {
        "cars": {
            "type": "pandas.CSVDataset",
            "filepath": str(tmp_path / "c.csv"),
            "save_args": {"index": False},
        },
        "{name}_model": {"type": "pickle.PickleDataset", "filepath": str(tmp_path / "{name}.pkl")},
        "notes": text(tmp_path / "n.txt", versioned=True),
        "options": {"type": "json.JSONDataset", "filepath": str(tmp_path / "o.json")},
    }
    import pandas as pd

    other = DataCatalog if theirs(catalog) else KedroCatalog
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    writer, reader = catalog.from_config(config), other.from_config(config)
    for name, data in {"cars": frame, "my_model": {"k": 1}, "notes": "hello", "options": {"a": [1]}}.items():
        writer.save(name, data)
        loaded = reader.load(name)
        assert loaded.equals(frame) if name == "cars" else loaded == data


def test_the_unknown_name_is_the_same_kind_of_error() -> None:
    assert DatasetNotFoundError.__name__ == KedroNotFound.__name__
