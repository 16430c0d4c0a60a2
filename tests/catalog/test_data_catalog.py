"""The catalog as people use it: from configuration and from Python, with Kedro's mapping and methods."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from plain_formats import TEXT

from plait.catalog import CachedDataset, DataCatalog, FileDataset, MemoryDataset, Version
from plait.errors import (
    CatalogError,
    CredentialsError,
    DatasetError,
    DatasetNotFoundError,
    MissingLibraryError,
)
from plait.values import Origin, Secret


class Shelf:
    """A user's own class: nothing but load and save."""

    made = 0

    def __init__(self, place: str, depth: int = 1, credentials: dict[str, str] | None = None) -> None:
        type(self).made += 1
        self.place, self.depth, self.credentials = place, depth, credentials
        self.data: Any = "on the shelf"

    def load(self) -> Any:
        return self.data

    def save(self, data: Any) -> None:
        self.data = data

    def __len__(self) -> int:
        return 0  # an object that is false is a dataset all the same


class NoDataset:
    def __init__(self, **anything: Any) -> None:
        pass


def attic(**arguments: Any) -> dict[str, Any]:
    return {"type": f"{__name__}.Shelf", "place": "attic", **arguments}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data" / "01_raw").mkdir(parents=True)
    (tmp_path / "data" / "01_raw" / "cars.csv").write_text("name,wheels\nbeetle,4\n")
    return tmp_path


def test_a_path_is_a_complete_entry(project: Path) -> None:
    catalog = DataCatalog.from_config({"cars": "data/01_raw/cars.csv"}, root=project)
    entry = catalog.entry("cars")
    assert entry is not None
    assert (entry.type, entry.layer, entry.location) == ("csv", "raw", "data/01_raw/cars.csv")
    assert catalog.load("cars")["wheels"].tolist() == [4]
    assert catalog.load("cars", as_="path") == project / "data" / "01_raw" / "cars.csv"


def test_a_long_entry_keeps_everything_it_says() -> None:
    catalog = DataCatalog.from_config(
        {
            "cars": {
                "type": "pandas.CSVDataset",
                "filepath": "data/cars.csv",
                "load_args": {"sep": ";"},
                "versioned": True,
                "credentials": "garage",
                "description": "All cars.",
                "tags": ["a", "b"],
                "metadata": {"kedro-viz": {"layer": "primary"}},
                "checks": [{"unique": "name"}],
                "fingerprint": "stat",
            }
        }
    )
    entry = catalog.entry("cars")
    assert entry is not None
    assert entry.frame == "pandas"
    assert entry.layer == "primary"
    assert entry.tags == {"a", "b"}
    assert (entry.credentials_name, entry.versioned, entry.fingerprint) == ("garage", True, "stat")
    assert entry.checks == [{"unique": "name"}]
    assert entry.description == "All cars."


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("data/01_raw/x.csv", "raw"),
        ("data/05_model_input/deep/x.csv", "model_input"),
        ("s3://bucket/08_reporting/x.csv", "reporting"),
        ("data/x.csv", None),
        ("01_raw.csv", None),
    ],
)
def test_the_folder_says_the_layer(path: str, layer: str | None) -> None:
    entry = DataCatalog.from_config({"x": path}).entry("x")
    assert entry is not None
    assert entry.layer == layer


def test_looking_something_up_changes_nothing_that_can_be_seen(project: Path) -> None:
    catalog = DataCatalog.from_config(
        {"cars": "data/01_raw/cars.csv", "{name}_table": "data/01_raw/{name}.csv"}, root=project
    )
    assert catalog.keys() == ["cars"]
    assert "cars_table" in catalog
    assert catalog.load("cars_table")["name"].tolist() == ["beetle"]
    assert catalog.keys() == ["cars"]
    assert len(catalog) == 1
    assert catalog["cars"] is catalog["cars"]
    assert catalog.get("nothing") is None
    assert "nothing" not in catalog
    assert catalog != 1
    assert {catalog: "hashable"}


def test_it_is_a_mapping_as_in_kedro() -> None:
    catalog = DataCatalog({"a": MemoryDataset(1), "b": {"raw": "data"}})
    catalog["c"] = 3
    assert list(catalog) == ["a", "b", "c"]
    assert [type(dataset) for dataset in catalog.values()] == [MemoryDataset] * 3
    assert dict(catalog.items())["c"].load() == 3
    assert catalog._ipython_key_completions_() == ["a", "b", "c"]
    assert catalog.get("new", fallback_to_runtime_pattern=True) is catalog["new"]
    assert repr(catalog) == "DataCatalog(4 datasets)"
    assert catalog.filter(name_regex="^[ab]$") == ["a", "b"]
    assert catalog.filter(type_regex=re.compile("Memory"), by_type=[MemoryDataset, Shelf]) == list(catalog)


@pytest.mark.parametrize("use", ["load", "release", "confirm", "__getitem__"])
def test_an_unknown_name_gets_a_suggestion(use: str) -> None:
    catalog = DataCatalog({"companies": 1})
    with pytest.raises(DatasetNotFoundError) as caught:
        getattr(catalog, use)("compnies")
    assert str(caught.value) == "Dataset 'compnies' not found in the catalog\n  → did you mean 'companies'?"
    assert not catalog.exists("compnies")


def test_saving_none_names_the_dataset(tmp_path: Path) -> None:
    catalog = DataCatalog.from_config({"x": "data/x.pkl"}, root=tmp_path)
    with pytest.raises(DatasetError, match=r"saving None is not allowed\n  at dataset 'x'"):
        catalog.save("x", None)


def test_confirm_needs_a_dataset_that_can() -> None:
    with pytest.raises(DatasetError, match="a MemoryDataset has no 'confirm'"):
        DataCatalog({"x": 1}).confirm("x")


def test_a_class_of_ones_own_is_made_once_and_only_when_needed() -> None:
    Shelf.made = 0
    catalog = DataCatalog.from_config({"books": attic(depth=2, credentials="key")}, {"key": {"pin": "1234"}})
    assert catalog.entry("books").credentials_name == "key"
    assert catalog.keys() == ["books"]
    assert not catalog.is_memory("books")
    assert Shelf.made == 0
    barrier = threading.Barrier(8)

    def load() -> None:
        barrier.wait()
        catalog.load("books")

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Shelf.made == 1
    assert catalog["books"].credentials == {"pin": "1234"}
    assert catalog["books"].depth == 2


def origins(path: Any) -> Origin | None:
    lines = {("books",): 3, ("books", "depht"): 6, ("books", "load_args"): 7}
    line = lines.get(tuple(path))
    return Origin("conf/base/catalog.yml", line, "base") if line else None


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            attic(depht=3),
            (
                "type 'test_data_catalog.Shelf' takes no 'depht'\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:6\n"
                "  → did you mean 'depth'?"
            ),
        ),
        (
            {"path": "x.csv", "load_args": [1]},
            "'load_args' must be a mapping\n  at dataset 'books'\n  at conf/base/catalog.yml:7\n  found [1]",
        ),
        (
            {"type": f"{__name__}.Shelf"},
            (
                "type 'test_data_catalog.Shelf' needs 'place'\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  → add `place: …`"
            ),
        ),
        (
            {"type": "pandas.CSVDatset", "filepath": "x.csv"},
            (
                "type 'pandas.CSVDatset' is unknown\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  it is neither a type of Plait's nor the import path of a class\n"
                "  → did you mean 'pandas.CSVDataset' or 'pandas.JSONDataset' or 'polars.CSVDataset'?"
            ),
        ),
        (
            {"type": "csv", "filepth": "x.csv"},
            (
                "the entry has no 'path' that says where it lies\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  → 'filepth' is unknown: did you mean 'filepath'?"
            ),
        ),
        (
            {"type": f"{__name__}.NoDataset"},
            (
                "type 'test_data_catalog.NoDataset' is no dataset\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  a dataset is an object with `load()` and `save(data)`"
            ),
        ),
        (
            {"type": f"{__name__}.Shlf", "place": "x"},
            (
                "'test_data_catalog' has no 'Shlf'\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  → did you mean 'Shelf'?"
            ),
        ),
        (
            "data/books.cvs",
            (
                "the suffix of 'data/books.cvs' does not say which format it has\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  → did you mean '.csv'?"
            ),
        ),
        (
            None,
            (
                "the entry is neither a path nor a mapping\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  it is empty\n"
                "  → a value that only other entries refer to starts with an underscore, as in `_anchor:`"
            ),
        ),
        (
            {"path": "x.csv", "filepath": "y.csv"},
            (
                "the entry has both 'path' and 'filepath'\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  → keep one of them"
            ),
        ),
        (
            attic(credentials="kye"),
            (
                "credentials 'kye' do not exist\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  → did you mean 'key'?"
            ),
        ),
        (
            attic(versioned=True),
            (
                "type 'test_data_catalog.Shelf' cannot be versioned\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3"
            ),
        ),
        (
            {"path": "x.csv", "frame": "panda"},
            (
                "csv has no frame 'panda'\n"
                "  at dataset 'books'\n"
                "  at conf/base/catalog.yml:3\n"
                "  it has pandas, polars, polars-lazy, arrow\n"
                "  → did you mean 'pandas'?"
            ),
        ),
    ],
)
def test_a_wrong_entry_is_named_with_its_line_and_a_way_out(entry: Any, message: str) -> None:
    catalog = DataCatalog.from_config({"books": entry}, {"key": {}}, origins=origins)
    with pytest.raises(CatalogError) as caught:
        catalog.load("books")
    assert str(caught.value) == message
    of_a_users_class = isinstance(entry, dict) and entry.get("type", "").startswith(__name__)
    foreseen = [] if of_a_users_class and "credentials" not in message else [message]
    assert [str(problem) for problem in check(catalog)] == foreseen


def check(catalog: DataCatalog) -> list[Exception]:
    from plait.catalog.check import check_catalog

    return check_catalog(catalog)


def test_missing_credentials_are_a_key_error_too_as_in_kedro() -> None:
    catalog = DataCatalog.from_config({"x": {"path": "s3://b/x.csv", "credentials": "dev"}})
    with pytest.raises(KeyError) as caught:
        catalog.load("x")
    assert isinstance(caught.value, CredentialsError)
    assert "add `dev:` to credentials.yml in conf/local" in str(caught.value)


def test_a_missing_library_names_the_module_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    hidden = {"kedro_datasets"}
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name.split(".")[0] in hidden else real(name, *rest),
    )
    catalog = DataCatalog.from_config({"x": {"type": "snowflake.TableDataset", "table": "t"}})
    with pytest.raises(MissingLibraryError) as caught:
        catalog.load("x")
    assert "'kedro_datasets'" in str(caught.value)


def test_secrets_are_opened_for_the_dataset_and_shown_nowhere() -> None:
    catalog = DataCatalog.from_config(
        {"books": attic(credentials="key"), "far": "https://me:hunter2@example.org/x.csv?sig=hunter2"},
        {"key": Secret({"pin": Secret("hunter2")})},
    )
    assert catalog["books"].credentials == {"pin": "hunter2"}
    assert catalog.entry("far").location == "https://***@example.org/x.csv?***"
    shown = f"{catalog!r}{catalog.entry('books')}{catalog['far']!r}"
    assert "hunter2" not in shown


def test_versions_belong_to_the_catalog_or_to_one_run(tmp_path: Path) -> None:
    catalog = DataCatalog.from_config(
        {"m": {"path": "m.pkl", "versioned": True}, "t": "t.pkl"}, save_version="v1", root=tmp_path
    )
    catalog.save("m", 1)
    first, second = catalog.for_run("v2"), catalog.for_run("v3")
    first.save("m", 2)
    second.save("m", 3)
    assert (first.load("m"), second.load("m"), catalog.load("m")) == (2, 3, 1)
    assert catalog.load("m", version="v3") == 3
    assert catalog.with_load_versions({"m": "v2"}).load("m") == 2
    assert first["t"] is catalog["t"], "what is not versioned is shared"
    with pytest.raises(CatalogError, match=r"the dataset is not versioned\n  at dataset 't'"):
        catalog.with_load_versions({"t": "v1"})
    with pytest.raises(DatasetNotFoundError, match=r"versions to load are given for 'M', not found"):
        catalog.with_load_versions({"M": "v1"})


def test_it_goes_to_configuration_and_back(tmp_path: Path) -> None:
    catalog = DataCatalog.from_config(
        {
            "cars": "data/cars.csv",
            "model": {"type": "pickle", "path": "data/m.pkl", "versioned": True, "credentials": "key"},
            "{x}_table": "data/{x}.parquet",
            "scratch": "memory",
        },
        {"key": {"a": 1}},
        {"model": "v1"},
        "v2",
    )
    catalog["extra"] = FileDataset("data/e.json", credentials={"b": 2})
    catalog["raw"] = [1]
    config, credentials, load_versions, save_version = catalog.to_config()
    assert json.loads(json.dumps(config)) == {
        "cars": {"type": "csv", "path": "data/cars.csv"},
        "model": {"type": "pickle", "path": "data/m.pkl", "versioned": True, "credentials": "key"},
        "extra": {"type": "json", "path": "data/e.json", "credentials": "extra_credentials"},
        "{x}_table": "data/{x}.parquet",
    }
    assert credentials == {"key": {"a": 1}, "extra_credentials": {"b": 2}}
    assert (load_versions["model"], save_version) == ("v1", "v2")
    again = DataCatalog.from_config(config, credentials, load_versions, save_version)
    assert again.to_config()[0] == config


def test_an_object_that_cannot_say_how_it_is_made_is_not_exported() -> None:
    with pytest.raises(CatalogError, match=r"a Shelf cannot say how it is made\n  at dataset 'x'"):
        DataCatalog({"x": Shelf("here")}).to_config()


def test_a_dictionary_written_in_python_mixes_paths_entries_datasets_and_data(tmp_path: Path) -> None:
    given = FileDataset("a.txt", TEXT, root=tmp_path)
    catalog = DataCatalog.from_mapping(
        {"a": given, "b": "b.csv", "c": {"path": "c.pkl"}, "d": {"raw": 1}, "e": "memory"}, root=tmp_path
    )
    assert catalog["a"] is given
    assert catalog.entry("b").type == "csv"
    assert catalog.entry("c").type == "pickle"
    assert catalog.load("d") == {"raw": 1}
    assert [catalog.is_memory(name) for name in "abcdef"] == [False, False, False, True, True, True]


def test_a_cached_entry_wraps_another(tmp_path: Path) -> None:
    catalog = DataCatalog.from_config(
        {
            "x": {
                "type": "CachedDataset",
                "versioned": True,
                "dataset": {"type": "pickle.PickleDataset", "filepath": "x.pkl"},
            }
        },
        save_version="v1",
        root=tmp_path,
    )
    catalog.save("x", [1])
    assert isinstance(catalog["x"], CachedDataset)
    assert (tmp_path / "x.pkl" / "v1" / "x.pkl").exists()


def test_transcoded_names_are_entries_of_their_own(project: Path) -> None:
    path = "data/01_raw/cars.csv"
    catalog = DataCatalog.from_config(
        {"cars@pandas": {"path": path, "frame": "pandas"}, "cars@polars": {"path": path, "frame": "polars"}},
        root=project,
    )
    assert type(catalog.load("cars@pandas")).__module__.startswith("pandas")
    assert type(catalog.load("cars@polars")).__module__.startswith("polars")


def test_anchors_are_no_datasets() -> None:
    assert DataCatalog.from_config({"_csv": {"type": "csv"}, "a": "a.csv"}).keys() == ["a"]


def test_what_a_users_dataset_raises_says_which_dataset_it_was() -> None:
    class Broken:
        def load(self) -> Any:
            raise RuntimeError("https://me:hunter2@host/ went away")

        def save(self, data: Any) -> None:
            raise RuntimeError("no")

    with pytest.raises(DatasetError) as caught:
        DataCatalog({"x": Broken()}).load("x")
    assert str(caught.value) == (
        "'x' failed to load\n  at dataset 'x'\n  RuntimeError: https://***@host/ went away"
    )


@pytest.mark.parametrize("count", [10_000])
def test_ten_thousand_entries_import_no_data_library_and_instantiate_nothing(count: int) -> None:
    """In a process of its own, so that nothing another test imported hides what this one does."""
    program = f"""
import sys
from plait.catalog import DataCatalog
from plait.catalog.check import check_catalog, shared_locations
config = {{f"d{{i}}": {{"type": "pandas.CSVDataset", "filepath": f"data/{{i}}.csv"}} for i in range({count})}}
config["{{x}}_table"] = "data/{{x}}.parquet"
catalog = DataCatalog.from_config(config)
assert len([catalog.entry(name) for name in catalog]) == {count}
assert catalog.entry("a_table").type == "parquet"
assert check_catalog(catalog) == [] and shared_locations(catalog) == []
assert not catalog._instances and not catalog._versioned
heavy = {{"pandas", "numpy", "polars", "pyarrow", "fsspec", "yaml", "sqlalchemy"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_frames_are_converted_for_datasets_that_cannot_do_it_themselves() -> None:
    catalog = DataCatalog({"x": pd.DataFrame({"a": [1]})})
    assert type(catalog.load("x", as_="polars")).__module__.startswith("polars")


def test_a_version_of_something_without_versions() -> None:
    with pytest.raises(DatasetError, match="a MemoryDataset has no versions"):
        DataCatalog({"x": 1}).load("x", version="v1")
    assert DataCatalog({"x": 1}).get("x", version=None) is not None
    with pytest.raises(DatasetError, match="has no versions"):
        DataCatalog({"x": 1}).get("x", version=Version("v1"))


def test_a_name_that_yaml_does_not_read_as_text_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"an entry is called True, which YAML does not read as text"):
        DataCatalog.from_config({True: "x.csv"})


@pytest.mark.parametrize("format_", [TEXT, "csv"], ids=["downloaded", "in ranges"])
def test_a_server_that_cannot_be_reached_is_not_taken_for_missing_data(format_: Any) -> None:
    pytest.importorskip("aiohttp")
    with pytest.raises(DatasetError, match=r"[Cc]onnect") as caught:
        FileDataset("http://me:hunter2@127.0.0.1:9/x.txt", format_).load()
    assert "hunter2" not in str(caught.value)
