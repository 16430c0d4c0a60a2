"""What can be told of a catalog without touching any data."""

from __future__ import annotations

import importlib.util

import pytest

from plait.catalog import DataCatalog, FileDataset
from plait.catalog.check import check_catalog, shared_locations
from plait.catalog.schema import catalog_schema


def told(config: dict[str, object], names: tuple[str, ...] = (), **more: object) -> list[str]:
    return [str(problem) for problem in check_catalog(DataCatalog.from_config(config, **more), names)]


def test_everything_is_told_at_once_and_in_order() -> None:
    problems = told(
        {
            "fine": "data/fine.csv",
            "typo": {"type": "pandas.CSVDataset", "filepath": "x.csv", "save_arg": {}},
            "secret": {"path": "data/x.csv", "credentials": "dve", "fs_args": {}},
            "unknown": {"type": "cvs", "path": "x"},
            "{name}_x": {"type": "csv", "path": "data/{nme}.csv"},
        },
        credentials={"dev": {}},
    )
    assert [problem.splitlines()[0] for problem in problems] == [
        "factory '{name}_x' has no placeholder 'nme'",
        "type 'pandas.CSVDataset' takes no 'save_arg'",
        "credentials 'dve' do not exist",
        "type 'cvs' is unknown",
    ]
    assert "did you mean 'save_args'" in problems[1]
    assert "did you mean 'dev'" in problems[2]
    assert "did you mean 'csv'" in problems[3]


def test_names_of_a_pipeline_are_looked_up_through_factories() -> None:
    config = {"{name}_secret": {"path": "{name}.csv", "credentials": "gone"}}
    assert told(config) == []
    assert told(config, ("a_secret", "other"))[0].splitlines()[:2] == [
        "credentials 'gone' do not exist",
        "  at dataset 'a_secret', made by the factory '{name}_secret'",
    ]


@pytest.mark.parametrize(
    ("hidden", "entry", "message"),
    [
        ("pandas", "x.csv", "type 'csv' needs 'pandas', which is not installed"),
        ("polars", {"path": "x.csv", "frame": "polars"}, "type 'csv' needs 'polars', which is not installed"),
        ("s3fs", "s3://b/x.csv", "'s3://b/x.csv' needs 's3fs', which is not installed"),
        ("fsspec", "s3://b/x.csv", "'s3://b/x.csv' needs 'fsspec', which is not installed"),
    ],
)
def test_a_library_that_is_not_installed_is_found_without_importing_it(
    monkeypatch: pytest.MonkeyPatch, hidden: str, entry: object, message: str
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == hidden else real(name, *rest)
    )
    first, *_, last = told({"x": entry})[0].splitlines()
    assert first == message
    assert last.startswith("  → pip install 'plait[")


def test_two_entries_at_one_place_are_found_and_twins_are_not() -> None:
    catalog = DataCatalog.from_config(
        {
            "a": "data/x.csv",
            "b": "./data//x.csv",
            "c@pandas": "data/c.csv",
            "c@polars": "data/c.csv",
            "far": "s3://me:pw@bucket/x.csv",
            "wide": "s3://me:pw@bucket/x.csv",
            "{name}_y": "data/x.csv",
            "broken": None,
            "m": "memory",
            "n": "memory",
        }
    )
    catalog["given"] = FileDataset("data/x.csv")
    assert shared_locations(catalog, ["z_y"]) == [
        ("data/x.csv", ("a", "b", "given", "z_y")),
        ("s3://***@bucket/x.csv", ("far", "wide")),
    ]


def test_the_schema_accepts_what_the_catalog_accepts() -> None:
    schema = catalog_schema()
    properties = schema["$defs"]["entry"]["anyOf"][1]["properties"]
    assert {"path", "filepath", "type", "load_args", "versioned", "credentials", "layer"} <= set(properties)
    assert "pandas.CSVDataset" in schema["$defs"]["type"]["anyOf"][0]["enum"]
    jsonschema = pytest.importorskip("jsonschema")
    valid = jsonschema.Draft202012Validator(schema).is_valid
    assert valid(
        {"a": "data/x.csv", "b": {"type": "csv", "path": "x"}, "_c": 1, "d": {"type": "my.own.Class"}}
    )
    assert not valid({"a": {"type": "csv", "path": "x", "versioned": "yes"}})
    assert not valid({"a": {"layer": "raw"}})
    assert not valid({"a": {"type": "cvs", "path": "x"}})
