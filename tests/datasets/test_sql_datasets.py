"""Tables and queries of a database."""

from __future__ import annotations

import sqlite3

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plait.catalog import DataCatalog
from plait.catalog.connections import Connections
from plait.datasets.sql import TableDataset
from plait.datasets.sql_queries import QueryDataset
from plait.errors import CatalogError, CredentialsError, DatasetError, MissingLibraryError

DATA = pd.DataFrame({"id": [1, 2, 3], "name": ["a", None, "c"]})


@pytest.fixture
def con(tmp_path):
    return {"con": f"sqlite:///{tmp_path / 'store.db'}"}


def catalog(entry, con):
    return DataCatalog.from_config({"data": {**entry, "credentials": "db"}}, {"db": con})


@pytest.mark.parametrize("type_", ["sql.TableDataset", "pandas.SQLTableDataset"])
def test_a_table_is_saved_and_loaded(con, type_):
    found = catalog({"type": type_, "table_name": "t"}, con)
    assert not found.exists("data")
    found.save("data", DATA)
    assert found.exists("data")
    assert found.load("data").equals(DATA)


@pytest.mark.parametrize("data", [pl.DataFrame({"n": [1, None]}), pa.table({"n": [1, None]})])
def test_any_library_writes_and_reads(con, data):
    found = catalog({"type": "sql.TableDataset", "table_name": "t", "frame": "polars"}, con)
    found.save("data", data)
    assert isinstance(found.load("data"), pl.DataFrame)
    assert found.load("data")["n"].to_list() == [1, None]
    assert found.load("data", as_="arrow").to_pydict() == {"n": [1, None]}


def test_a_table_that_is_there_is_not_overwritten_unasked(con):
    found = catalog({"type": "pandas.SQLTableDataset", "table_name": "t"}, con)
    found.save("data", DATA)
    with pytest.raises(DatasetError, match="table 't' exists already") as error:
        found.save("data", DATA)
    assert "if_exists: replace" in str(error.value)


@pytest.mark.parametrize(
    ("entry", "rows"),
    [({"mode": "replace"}, 3), ({"mode": "append"}, 6), ({"save_args": {"if_exists": "append"}}, 6)],
)
def test_modes_of_saving(con, entry, rows):
    found = catalog({"type": "sql.TableDataset", "table_name": "t", **entry}, con)
    found.save("data", DATA)
    found.save("data", DATA)
    assert len(found.load("data")) == rows


def test_append_adds_whatever_the_mode(con):
    dataset = TableDataset("t", con)
    dataset.append(DATA)
    dataset.append(DATA)
    assert len(dataset.load()) == 6


def test_a_save_that_fails_leaves_the_old_table(con, tmp_path):
    dataset = TableDataset("t", con, mode="replace")
    dataset.save(DATA)
    with pytest.raises(DatasetError, match="cannot save table 't'"):
        dataset.save(pd.DataFrame({"id": [1, {"no": "column type"}]}, dtype=object))
    assert dataset.load().equals(DATA)


def test_a_first_look_asks_for_few_rows(con):
    dataset = TableDataset("t", con)
    dataset.save(pd.DataFrame({"id": range(1000)}))
    look = dataset.preview(2)
    assert (look.content, look.columns, look.complete) == ([[0], [1]], {"id": "BIGINT"}, False)
    look = QueryDataset("SELECT id FROM t WHERE id < ?", con, load_args={"params": [2]}).preview(5)
    assert (look.content, look.complete) == ([[0], [1]], True)


def test_a_query_from_text_and_from_a_file(con, tmp_path):
    TableDataset("t", con).save(DATA)
    (tmp_path / "query.sql").write_text("SELECT name FROM t WHERE id = 3")
    for entry in ({"sql": "SELECT name FROM t WHERE id = 3"}, {"filepath": "query.sql"}):
        entries = {"data": {"type": "pandas.SQLQueryDataset", "credentials": "db", **entry}}
        found = DataCatalog.from_config(entries, {"db": con}, root=tmp_path)
        assert found.load("data")["name"].tolist() == ["c"]
        with pytest.raises(DatasetError, match="a query cannot be saved to"):
            found.save("data", DATA)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda con: TableDataset("", con), CatalogError, "`table_name` is empty"),
        (lambda con: TableDataset("t", con, mode="upsert"), CatalogError, "`mode: upsert` is none of"),
        (lambda con: QueryDataset(credentials=con), CatalogError, "a query needs either `sql` or `filepath`"),
        (lambda con: TableDataset("t", {}).load(), CredentialsError, "table 't' has no connection string"),
        (lambda con: TableDataset("t", con).load(), DatasetError, "cannot load table 't'"),
        (lambda con: QueryDataset("SELEC", con).load(), DatasetError, 'near "SELEC": syntax error'),
        (
            lambda con: TableDataset("t", {"con": "nosuch://u:pw@h/d"}).load(),
            MissingLibraryError,
            "no installed library connects SQLAlchemy to 'nosuch'",
        ),
        (
            lambda con: TableDataset("t", {"con": "postgresql://u:pw@h/d"}).load(),
            MissingLibraryError,
            "pip install psycopg2",
        ),
    ],
)
def test_mistakes_are_told(con, make, error, text):
    with pytest.raises(error) as caught:
        make(con)
    assert text in str(caught.value)
    assert "pw" not in str(caught.value)


def test_passwords_are_never_shown(tmp_path):
    secret = {"con": f"sqlite:///{tmp_path}/no/such/folder/s3cret.db?password=hunter2"}
    dataset = TableDataset("t", {"con": "postgresql://me:hunter2@host/db"})
    assert dataset.location == "postgresql://***@host/db#t"
    assert "hunter2" not in repr(dataset)
    with pytest.raises(DatasetError) as error:
        TableDataset("t", secret).load()
    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None


def test_values_are_not_shown_in_the_error_of_a_statement(con, tmp_path):
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("CREATE TABLE t (id INTEGER UNIQUE)")
    with pytest.raises(DatasetError) as error:
        TableDataset("t", con, mode="append").save(pd.DataFrame({"id": [424242, 424242]}))
    assert "424242" not in str(error.value)


def test_datasets_share_the_connections_they_are_given():
    with Connections() as connections:
        memory = {"con": "sqlite://"}
        TableDataset("t", memory, connections=connections).save(DATA)
        assert TableDataset("t", memory, connections=connections).load().equals(DATA)
    assert not TableDataset("t", memory, connections=connections).exists()


def test_after_closing_the_next_use_opens_again(con):
    found = catalog({"type": "sql.TableDataset", "table_name": "t"}, con)
    found.save("data", DATA)
    found.connections.close()
    assert len(found.connections) == 0
    assert found.load("data").equals(DATA)


def test_release_closes_and_the_next_use_opens_again(con):
    dataset = TableDataset("t", con)
    dataset.save(DATA)
    dataset.release()
    assert len(dataset._connections) == 0
    assert dataset.load().equals(DATA)


def test_release_leaves_open_what_others_share():
    with Connections() as connections:
        memory = {"con": "sqlite://"}
        dataset = TableDataset("t", memory, connections=connections)
        dataset.save(DATA)
        dataset.release()
        assert TableDataset("t", memory, connections=connections).load().equals(DATA)
