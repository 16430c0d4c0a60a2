"""What no emulator can show, on a real account: ``PLAIT_TEST_SNOWFLAKE`` names it in ``connections.toml``.

Tables are made in the database and schema of that connection, and dropped again.
"""

from __future__ import annotations

import os
import uuid

import pyarrow as pa
import pytest

from plait.catalog.connections import Connections
from plait.datasets.snowflake.references import TableRef
from plait.datasets.snowflake.snowpark import SnowparkTable
from plait.datasets.snowflake.tables import Table

NAMED = os.environ.get("PLAIT_TEST_SNOWFLAKE")

pytestmark = pytest.mark.skipif(
    not NAMED, reason="PLAIT_TEST_SNOWFLAKE names no connection of connections.toml"
)

ORDERS = pa.table({"ID": [1, 2, 3], "CUSTOMER": ["ann", "bob", None]})


@pytest.fixture
def connections():
    with Connections() as found:
        yield found


@pytest.fixture
def table(connections):
    name = f"PLAIT_TEST_{uuid.uuid4().hex.upper()}"

    def make(kind=Table, **options):
        return kind(name, NAMED, connections=connections, **options)

    yield make
    make()._account.link().ask(f"DROP TABLE IF EXISTS {make().name.quoted('snowflake')}")


def ids(dataset):
    return sorted(dataset.load_as("arrow")["ID"].to_pylist())


def test_rows_come_back_and_an_overwrite_exchanges_them(table):
    table().save(ORDERS)
    assert table(frame="arrow").load().to_pylist() == ORDERS.to_pylist()
    table().save(ORDERS.slice(0, 1))
    assert ids(table()) == [1]


def test_a_lazy_result_replaces_the_table_it_comes_from(table):
    table().save(ORDERS)
    table(SnowparkTable).save(table(SnowparkTable).load().filter("ID > 1"))
    assert ids(table()) == [2, 3]


def test_a_lazy_result_is_merged(table):
    table().save(ORDERS)
    shifted = table(SnowparkTable).load().select_expr("ID + 1 AS ID", "'new' AS CUSTOMER")
    table(SnowparkTable, mode="upsert", key="ID").save(shifted)
    assert ids(table()) == [1, 2, 3, 4]


def test_the_fingerprint_is_that_of_the_rows(table):
    table().save(ORDERS)
    before = table().fingerprint()
    assert table(TableRef).fingerprint() == before
    table(mode="append").save(ORDERS)
    assert table().fingerprint() != before


def test_the_past_can_be_loaded(table):
    table().save(ORDERS)
    link = table()._account.link()
    with link.cursor() as cursor:
        link.run(cursor, f"DELETE FROM {table().name.quoted('snowflake')} WHERE ID = 1")
        changed = cursor.sfqid
    assert ids(table()) == [2, 3]
    assert ids(table(at={"before": changed})) == [1, 2, 3]
