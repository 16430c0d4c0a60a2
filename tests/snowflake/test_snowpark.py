"""Snowpark: lazy tables that never leave Snowflake, the session itself, and the mode without an account."""

from __future__ import annotations

import pickle

import pandas as pd
import pyarrow as pa
import pytest

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.datasets.snowflake.snowpark import SnowparkSession, kedros_table
from plait.datasets.snowflake.snowpark import table as snowpark_table
from plait.datasets.snowflake.tables import Table
from plait.errors import CatalogError, DatasetError

snowpark = pytest.importorskip("snowflake.snowpark")

ORDERS = pa.table({"ID": [1, 2, 3], "CUSTOMER": ["ann", "bob", "ann"], "PRICE": [1.5, 2.0, 3.0]})


@pytest.fixture
def connections():
    with Connections() as found:
        yield found


@pytest.fixture(params=["emulator", "local"])
def tier(request):
    """What stands in for Snowflake: the emulator, or Snowpark's local testing mode."""
    return request.param


@pytest.fixture
def table(tier, request, connections):
    """Make tables of one session."""
    if tier == "local":
        known = {"local_testing": True, "database": "DB", "schema": "SALES"}
    else:
        known = request.getfixturevalue("credentials")

    def make(name="orders", **options):
        return snowpark_table(name, known, connections=connections, **options)

    return make


def ids(dataset):
    return sorted(dataset.load_as("arrow")["ID"].to_pylist())


def test_a_table_is_loaded_as_a_lazy_dataframe(table):
    table(mode="overwrite").save(ORDERS)
    loaded = table().load()
    assert isinstance(loaded, snowpark.DataFrame)
    assert loaded.filter(snowpark.functions.col("PRICE") > 1.8).count() == 2


def test_a_table_comes_back_in_any_library(table):
    table().save(ORDERS.to_pandas())
    assert isinstance(table().load_as("pandas"), pd.DataFrame)
    assert table().load_as("polars")["CUSTOMER"].to_list() == ["ann", "bob", "ann"]


def test_a_lazy_result_is_stored_and_described(table):
    table().save(ORDERS)
    some = table().load().filter(snowpark.functions.col("CUSTOMER") == "ann")
    assert not table("anns").exists()
    table("anns").save(some)
    assert ids(table("anns")) == [1, 3]
    assert list(table("anns").schema()) == ["ID", "CUSTOMER", "PRICE"]
    assert [len(table("anns").preview(1).content), len(table("anns").preview(9).content)] == [1, 2]


def test_columns_and_limit_are_part_of_the_query(table):
    table().save(ORDERS)
    loaded = table(columns=["customer"], limit=2).load()
    assert loaded.columns == ["CUSTOMER"]
    assert loaded.count() == 2


@pytest.mark.parametrize("tier", ["local"])  # the emulator overwrites by two statements
def test_a_table_can_be_overwritten_with_what_was_computed_from_it(table):
    table().save(ORDERS)
    table(mode="overwrite").save(table().load().filter(snowpark.functions.col("ID") > 1))
    assert ids(table()) == [2, 3]


def test_appending_adds_rows(table):
    table().save(ORDERS)
    table(mode="append").save(table().load().filter(snowpark.functions.col("ID") == 2))
    assert ids(table()) == [1, 2, 2, 3]


@pytest.mark.parametrize("tier", ["local"])  # the emulator merges tables only, and Snowpark merges queries
def test_upserting_replaces_the_rows_of_the_same_key(table):
    table().save(ORDERS)
    id_, new = snowpark.functions.col("ID"), snowpark.functions.lit("new")
    later = table().load().filter(id_ > 1)
    table(mode="upsert", key="id").save(later.select((id_ + 1).alias("ID"), new.alias("CUSTOMER"), "PRICE"))
    customers = {row["ID"]: row["CUSTOMER"] for row in table().load_as("arrow").to_pylist()}
    assert customers == {1: "ann", 2: "bob", 3: "new", 4: "new"}


def test_upserting_two_rows_of_one_key_is_refused(table):
    table().save(ORDERS)
    with pytest.raises(DatasetError, match="the same key: customer = ann"):
        table(mode="upsert", key="customer").save(table().load())


def test_what_exists_is_left_alone_where_that_is_asked_for(table):
    table().save(ORDERS)
    one = table().load().limit(1)
    table(mode="ignore").save(one)
    with pytest.raises(DatasetError, match="exists already"):
        table(mode="error").save(one)
    assert len(ids(table())) == 3


def test_a_missing_table_is_told_by_name(table):
    assert not table("nothing").exists()
    with pytest.raises(DatasetError, match=r"(?i)nothing.*does not exist"):
        table("nothing").load_as("pandas")


def test_rows_of_a_lazy_result_are_not_fetched(credentials, connections, server, monkeypatch):
    made = snowpark_table("orders", credentials, connections=connections)
    made.save(ORDERS)
    for way in ("to_arrow", "to_pandas", "collect"):
        monkeypatch.setattr(snowpark.DataFrame, way, lambda *_, **__: pytest.fail("rows were fetched"))
    snowpark_table("copied", credentials, connections=connections).save(made.load())
    assert server.logins == 1
    monkeypatch.undo()
    assert snowpark_table("copied", credentials, connections=connections).row_count() == 3


def test_a_dataframe_of_another_session_is_carried_over(credentials, connections):
    local = snowpark_table("orders", {"local_testing": True}, connections=connections)
    local.save(ORDERS)
    Table("orders", credentials, connections=connections).save(local.load())
    assert Table("orders", credentials, connections=connections, frame="arrow").load().num_rows == 3


def test_an_annotation_asks_for_a_snowpark_dataframe():
    assert frames.wanted(snowpark.DataFrame) == "snowpark"
    assert frames.wanted("snowflake.snowpark.DataFrame") == "snowpark"
    assert frames.wanted("DataFrame", {"DataFrame": snowpark.DataFrame}) == "snowpark"


def test_the_session_is_that_of_the_tables(credentials, connections, server):
    session = SnowparkSession(credentials, connections=connections).load()
    snowpark_table("orders", credentials, connections=connections).save(ORDERS)
    assert session.table("orders").count() == 3
    assert server.logins == 1


def test_a_session_cannot_be_saved_to(credentials, connections):
    with pytest.raises(DatasetError, match=r"snowpark\.Table"):
        SnowparkSession(credentials, connections=connections).save(1)


def test_pickling_drops_the_session_and_tells_no_password_in_the_text(credentials, connections):
    dataset = snowpark_table("orders", {**credentials, "password": "pw-4711"}, connections=connections)
    dataset.save(ORDERS)
    assert "pw-4711" not in repr(dataset)
    again = pickle.loads(pickle.dumps(dataset))
    assert again.name == dataset.name


def test_kedros_table_fails_where_there_is_one_already(credentials, connections):
    made = kedros_table(
        "orders", "SALES", credentials["database"], credentials=credentials, connections=connections
    )
    made.save(ORDERS)
    with pytest.raises(DatasetError, match="exists already"):
        made.save(ORDERS)


def test_kedros_table_takes_its_spelling_of_modes_and_refuses_what_it_would_lose():
    assert kedros_table("t", save_args={"mode": "append", "column_order": "name"}).mode == "append"
    with pytest.raises(CatalogError, match="clustering_keys"):
        kedros_table("t", save_args={"clustering_keys": ["a"]})
