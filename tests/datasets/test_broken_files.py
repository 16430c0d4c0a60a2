"""Files that are empty, cut short, of another kind or in another encoding; libraries that are not there."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from plait.catalog import DataCatalog
from plait.errors import DatasetError

TABLE = pd.DataFrame({"a": range(100), "s": ["x"] * 100})
DATA = {
    "csv.gz": TABLE,
    "parquet": TABLE,
    "feather": TABLE,
    "jsonl": TABLE,
    "xlsx": TABLE,
    "xml": TABLE,
    "json": {"a": 1},
    "toml": {"a": 1},
    "pkl": {"a": 1},
    "joblib": {"a": 1},
    "npy": np.arange(9),
    "npz": {"a": np.arange(9)},
    "png": Image.new("RGB", (9, 9)),
}
FRAMES = {
    "csv.gz": ["pandas", "polars", "arrow"],
    "parquet": ["pandas", "polars", "arrow"],
    "feather": ["pandas", "polars", "arrow"],
    "jsonl": ["pandas", "polars"],
}
CASES = [(suffix, frame) for suffix in DATA for frame in FRAMES.get(suffix, [None])]
FINE_WHEN_EMPTY = {("jsonl", "pandas"), ("toml", None)}


def catalog(tmp_path, suffix, frame):
    entry = {"path": f"data.{suffix}"} | ({"frame": frame} if frame else {})
    return DataCatalog.from_config({"data": entry}, root=tmp_path)


def refused(found):
    with pytest.raises(DatasetError) as error:
        found.load("data")
    return str(error.value)


@pytest.mark.parametrize(("suffix", "frame"), CASES)
@pytest.mark.parametrize("damage", ["empty", "cut short", "of another kind"])
def test_a_broken_file_is_told_by_name(tmp_path, suffix, frame, damage):
    found = catalog(tmp_path, suffix, frame)
    found.save("data", DATA[suffix])
    path = tmp_path / f"data.{suffix}"
    whole = path.read_bytes()
    path.write_bytes(
        {"empty": b"", "cut short": whole[: len(whole) * 2 // 3]}.get(damage, b"\xff\xfe\0\x80 no {]\n\xff,")
    )
    if damage == "empty" and (suffix, frame) in FINE_WHEN_EMPTY:
        found.load("data")
        return
    message = refused(found)
    assert f"'data.{suffix}' cannot be loaded" in message
    assert "at dataset 'data'" in message
    assert len(message.splitlines()) >= 3


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "yml", "toml", "txt", "md", "html"])
def test_text_that_is_not_utf8_is_told_with_what_to_do(tmp_path, suffix):
    (tmp_path / f"data.{suffix}").write_bytes("a,b\nZoë,1\n".encode("latin-1"))
    message = refused(catalog(tmp_path, suffix, None))
    assert "'utf-8' codec can't decode byte 0xeb" in message
    assert "say which encoding it has" in message


def test_a_pickle_of_code_that_is_gone_is_told(tmp_path):
    (tmp_path / "data.pkl").write_bytes(b"cflights_of_old.models\nModel\n.")
    assert refused(catalog(tmp_path, "pkl", None)) == (
        "'data.pkl' holds an object whose code cannot be found\n"
        "  at dataset 'data'\n"
        "  No module named 'flights_of_old'\n"
        "  → it was saved by other versions of your code or of a library; save it again"
    )


def test_wrong_arguments_for_a_reader_are_told(tmp_path):
    (tmp_path / "data.csv").write_text("a\n1\n")
    found = DataCatalog.from_config({"data": {"path": "data.csv", "load_args": {"sepp": ";"}}}, root=tmp_path)
    assert "look at load_args: they are passed on as they are" in refused(found)


@pytest.mark.parametrize(
    ("missing", "entry", "extra"),
    [
        ("pandas", {"path": "d.csv"}, "pandas"),
        ("polars", {"path": "d.csv", "frame": "polars"}, "polars"),
        ("pyarrow", {"path": "d.csv", "frame": "arrow"}, "arrow"),
        ("python_calamine", {"path": "d.xlsx"}, "excel"),
        ("numpy", {"path": "d.npy"}, "numpy"),
        ("joblib", {"path": "d.joblib"}, "joblib"),
        ("PIL", {"path": "d.png"}, "images"),
        ("matplotlib", {"path": "d.svg"}, "plots"),
        ("plotly", {"type": "plotly", "path": "d.json"}, "plots"),
        ("sqlalchemy", {"type": "sql.TableDataset", "table_name": "t", "credentials": {"con": "x"}}, "sql"),
        ("fsspec", {"path": "memory://d.csv"}, "remote"),
    ],
)
def test_a_missing_library_is_named_with_the_command_that_installs_it(tmp_path, missing, entry, extra):
    program = f"""
        import sys
        sys.modules[{missing!r}] = None
        from plait.catalog import DataCatalog
        from plait.errors import MissingLibraryError
        try:
            DataCatalog.from_config({{"data": {entry!r}}}).load("data")
        except MissingLibraryError as error:
            print(error)
    """
    for suffix in ("csv", "xlsx", "npy", "joblib", "png", "svg", "json"):
        (tmp_path / f"d.{suffix}").write_text("")
    command = [sys.executable, "-c", textwrap.dedent(program)]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert f"needs '{missing}" in told
    assert f"pip install 'plait[{extra}]'" in told
