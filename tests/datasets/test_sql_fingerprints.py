"""What identifies the rows of a database."""

from __future__ import annotations

import sqlite3

import pandas as pd
import pytest

import plait
from plait import DataCatalog, node, pipeline
from plait.datasets.sql import TableDataset
from plait.datasets.sql_queries import QueryDataset


@pytest.fixture
def url(tmp_path):
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, name TEXT)")
        connection.execute("INSERT INTO orders VALUES (1, 'a'), (2, 'b')")
    connection.close()
    return f"sqlite:///{tmp_path}/store.db"


def change(url, statement):
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    with connection:
        connection.execute(statement)
    connection.close()


def test_a_table_changes_with_its_rows_and_not_with_other_tables(url):
    table = TableDataset("orders", {"con": url})
    before = table.fingerprint()
    change(url, "CREATE TABLE other (id INTEGER)")
    assert table.fingerprint() == before
    change(url, "UPDATE orders SET name = 'c' WHERE id = 2")
    assert table.fingerprint() != before
    change(url, "UPDATE orders SET name = 'b' WHERE id = 2")
    assert table.fingerprint() == before


def test_types_count(url):
    table = TableDataset("orders", {"con": url})
    change(url, "UPDATE orders SET name = 1 WHERE id = 2")
    text = table.fingerprint()
    change(url, "CREATE TABLE again (id INTEGER, name)")
    change(url, "INSERT INTO again VALUES (1, 'a'), (2, 1)")
    assert TableDataset("again", {"con": url}).fingerprint() != text


def test_a_missing_table_has_none(url):
    assert TableDataset("nothing", {"con": url}).fingerprint() is None


def test_a_query_is_its_text_and_its_result(url):
    query = QueryDataset("SELECT id FROM orders", {"con": url})
    before = query.fingerprint()
    change(url, "UPDATE orders SET name = 'c'")
    assert query.fingerprint() == before
    assert QueryDataset("SELECT id FROM orders WHERE 1", {"con": url}).fingerprint() != before
    change(url, "DELETE FROM orders WHERE id = 1")
    assert query.fingerprint() != before


def test_a_declared_query_stands_for_the_rows(url):
    counted = TableDataset("orders", {"con": url}, fingerprint_query="SELECT count(*) FROM orders")
    before = counted.fingerprint()
    assert before is not None
    assert before.strength == "token", "equal counts are a promise of the user's, not equal rows"
    change(url, "UPDATE orders SET name = 'z'")
    assert counted.fingerprint() == before
    change(url, "DELETE FROM orders WHERE id = 1")
    assert counted.fingerprint() != before


def test_a_server_without_a_declared_query_cannot_tell():
    assert TableDataset("orders", {"con": "postgresql://somewhere/db"}).fingerprint() is None


def test_nodes_over_tables_are_skipped_until_the_rows_change(url, tmp_path):
    catalog = DataCatalog.from_config(
        {
            "orders": {"type": "sql.TableDataset", "table_name": "orders", "credentials": "db"},
            "names": {
                "type": "sql.TableDataset",
                "table_name": "names",
                "credentials": "db",
                "save_args": {"if_exists": "replace"},
            },
        },
        {"db": {"con": url}},
        root=tmp_path,
    )

    def upper(orders: pd.DataFrame) -> pd.DataFrame:
        return orders.assign(name=orders.name.str.upper())

    steps = pipeline([node(upper, "orders", "names")])

    def status():
        return plait.run(steps, catalog, state=tmp_path / ".plait").nodes["upper"].status

    assert [status(), status()] == ["done", "skipped"]
    change(url, "INSERT INTO orders VALUES (3, 'c')")
    assert [status(), status()] == ["done", "skipped"]
    assert catalog.load("names").name.tolist() == ["A", "B", "C"]
