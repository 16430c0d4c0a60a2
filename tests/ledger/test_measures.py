"""What a run tells of the data it saves: rows, columns, bytes, metrics; and ledgers from before that."""

from __future__ import annotations

import sqlite3

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plait import Project
from plait.engine.measures import numbers_in, shape_of
from plait.ledger import Ledger
from plait.ledger.schema import _MIGRATIONS, VERSION

FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "lab"\n',
    "conf/base/catalog.yml": """
raw: data/raw.csv
kept: data/kept.parquet
scores:
  path: data/scores.json
  tags: [metrics]
other: data/other.json
""",
    "data/raw.csv": "kind,weight\na,1\nb,2\nc,3\n",
    "src/lab/__init__.py": "",
    "src/lab/pipelines/__init__.py": "",
    "src/lab/pipelines/one.py": """
import pandas as pd

from plait import node, pipeline

def keep(raw: pd.DataFrame):
    return raw[raw.weight > 1]

def score(kept: pd.DataFrame):
    return {"mean": float(kept.weight.mean()), "by": {"kind": {"b": 2}}, "note": "well", "good": True}

def plain(scores):
    return {"mean": 1.0}

def create_pipeline():
    return pipeline([
        node(keep, outputs="kept"), node(score, outputs="scores"), node(plain, outputs="other"),
    ])
""",
}


@pytest.fixture
def ledger(tmp_path):
    """The ledger of a project that ran once."""
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with Project.open(tmp_path) as project:
        assert project.run().status == "done"
    return Ledger.find(tmp_path / ".plait")


def test_rows_columns_and_bytes_of_a_table_are_kept(ledger, tmp_path):
    (saved,) = ledger.data_history("kept", 10)
    assert saved["rows"] == 2
    assert saved["columns"]["weight"] == "int64"
    assert list(saved["columns"]) == ["kind", "weight"]
    assert saved["bytes"] == (tmp_path / "data/kept.parquet").stat().st_size
    assert ledger.last_columns()["kept"] == saved["columns"]


def test_numbers_of_what_is_tagged_are_metrics_and_of_nothing_else(ledger):
    run = ledger.run("last").id
    assert ledger.metrics() == {run: {"scores.by.kind.b": 2.0, "scores.mean": 2.5}}
    assert ledger.metrics("nowhere") == {}


def test_json_has_no_rows(ledger, tmp_path):
    (saved,) = ledger.data_history("other", 10)
    assert (saved["rows"], saved["columns"]) == (None, None)
    assert saved["bytes"] == (tmp_path / "data/other.json").stat().st_size


def test_a_run_that_does_nothing_tells_of_no_data(ledger, tmp_path):
    with Project.open(tmp_path) as project:
        project.run()
    assert len(ledger.data_history("kept", 10)) == 1


def test_measures_go_with_their_run(ledger):
    with ledger.database.writing() as connection:
        connection.execute("DELETE FROM runs")
    assert ledger.data_history("kept", 10) == []
    assert ledger.metrics() == {}


def test_a_ledger_from_before_measures_becomes_today_s(tmp_path):
    tmp_path.joinpath("ledger.db").unlink(missing_ok=True)
    connection = sqlite3.connect(tmp_path / "ledger.db")
    for script in _MIGRATIONS[:3]:
        connection.executescript(script)
    connection.execute("PRAGMA user_version=3")
    connection.execute(
        "INSERT INTO runs (id, status, started, pipeline, executor) "
        "VALUES ('old', 'done', 1.0, 'demo', 'inline')"
    )
    connection.commit()
    connection.close()
    ledger = Ledger.open(tmp_path)
    assert ledger.run("old").status == "done"
    assert ledger.metrics() == {}
    assert ledger.data_history("kept", 10) == []
    with sqlite3.connect(tmp_path / "ledger.db") as reopened:
        assert reopened.execute("PRAGMA user_version").fetchone() == (VERSION,)


COLUMNS = {"a": [1, 2, 3], "b": ["x", "y", None]}


@pytest.mark.parametrize("table", [pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS), pa.table(COLUMNS)])
def test_tables_of_every_library_have_a_shape(table):
    shape = shape_of(table)
    assert shape.rows == 3
    assert list(shape.columns) == ["a", "b"]
    assert "int64" in shape.columns["a"].casefold()


@pytest.mark.parametrize("value", [None, 3, "text", [1], {"a": 1}, pl.LazyFrame(COLUMNS), pd.Series([1])])
def test_what_is_no_table_has_none(value):
    assert shape_of(value) is None


def test_numbers_are_found_by_dotted_name():
    value = {"a": 1, "b": {"c": 2.5, "d": {"e": pd.Series([4]).sum()}}, 3: 7}
    assert numbers_in(value) == {"a": 1.0, "b.c": 2.5, "b.d.e": 4.0, "3": 7.0}
    assert numbers_in(0.5) == {"": 0.5}


def test_what_no_chart_can_show_is_no_number():
    assert (
        numbers_in({"a": True, "b": float("nan"), "c": float("inf"), "d": "5", "e": None, "f": [1, 2]}) == {}
    )


def test_of_very_many_numbers_the_first_are_kept():
    assert len(numbers_in({str(number): number for number in range(5_000)})) == 200
