"""Tables of Snowflake through the real connector, against an emulator that DuckDB works for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plait.catalog.connections import Connections
from plait.datasets.snowflake.tables import Table
from plait.errors import CatalogError, DatasetError

ORDERS = pa.table({"id": [1, 2, 3], "customer": ["ann", "bob", None], "price": [1.5, None, 3.0]})


@pytest.fixture
def connections():
    with Connections() as found:
        yield found


@pytest.fixture
def table(credentials, connections):
    def make(name="orders", **options):
        options.setdefault("frame", "arrow")
        return Table(name, credentials, connections=connections, **options)

    return make


def rows(dataset):
    return sorted(dataset.load_as("arrow").to_pylist(), key=str)


def test_what_is_saved_is_loaded(table):
    table().save(ORDERS)
    assert table().load().equals(ORDERS)


def test_a_table_of_any_library_comes_back_in_any_other(table):
    for frame in (ORDERS, ORDERS.to_pandas(), pl.from_arrow(ORDERS), pl.from_arrow(ORDERS).lazy()):
        table(mode="overwrite").save(frame)
        assert isinstance(table().load_as("pandas"), pd.DataFrame)
        assert table().load_as("polars")["id"].to_list() == [1, 2, 3]
        assert table().load_as("polars-lazy").collect()["customer"].to_list() == ["ann", "bob", None]


def test_every_type_of_value_survives(table):
    zone = dt.UTC
    data = pa.table(
        {
            "whole": pa.array([1, None, -(2**62)]),
            "flag": [True, None, False],
            "exact": pa.array([Decimal("1.10"), None, Decimal("-99999999.99")], pa.decimal128(12, 2)),
            "real": [0.1, None, float("inf")],
            "text": ["it's", "", None],
            "bytes": [b"\x00\xff", b"", None],
            "day": [dt.date(2024, 2, 29), None, dt.date(1, 1, 1)],
            "moment": pa.array(["2024-01-01 01:02:03.000004", None, "9999-01-01"]).cast(pa.timestamp("us")),
            "instant": pa.array(
                [dt.datetime(2024, 7, 1, tzinfo=zone), None, None], pa.timestamp("us", "UTC")
            ),
            "word": pa.array(["a", "b", "a"]).dictionary_encode(),
        }
    )
    table().save(data)
    assert table().load().to_pylist() == data.to_pylist()


def test_nested_values_are_stored_as_variant_and_loaded_as_json(table):
    table().save(pa.table({"id": [1, 2], "tags": [["a", "b"], None]}))
    assert table().schema()["tags"] == "VARIANT"
    loaded = table().load().to_pylist()
    assert loaded[0]["tags"].replace(" ", "").replace("\n", "") == '["a","b"]'
    assert loaded[1]["tags"] is None


def test_whole_numbers_have_one_type_whatever_their_size(table):
    for numbers in ([1], [2**40], []):
        table().save(pa.table({"n": pa.array(numbers, pa.int64())}))
        assert table().load().schema.field("n").type == pa.int64()


def test_overwriting_keeps_the_table_and_exchanges_its_rows(table, server):
    table().save(ORDERS)
    table(mode="overwrite").save(ORDERS.slice(0, 1))
    assert table().load().num_rows == 1
    assert len(server.ran("INSERT OVERWRITE INTO")) == 1
    assert not server.ran("CREATE OR REPLACE")


def test_rows_in_one_file_are_written_once_where_the_table_is_there(table, server):
    table().save(ORDERS)
    for mode, count in (("overwrite", 3), ("append", 6)):
        server.statements.clear()
        table(mode=mode).save(ORDERS)
        assert table().load().num_rows == count
        assert not server.ran("TEMPORARY TABLE")
        assert not server.ran("COPY INTO")
    server.statements.clear()
    with table(mode="append").stream() as writer:
        writer.append(ORDERS)
        writer.append(ORDERS)
    assert table().load().num_rows == 12
    assert len(server.ran("TEMPORARY TABLE")) == 1
    with table(mode="append").stream() as writer:
        writer.append(ORDERS.slice(0, 0))
    assert table().load().num_rows == 12


def test_overwriting_with_other_columns_keeps_the_grants(table, server):
    table().save(ORDERS)
    table(mode="overwrite").save(pa.table({"other": ["x"]}))
    assert table().load().to_pylist() == [{"other": "x"}]
    assert len(server.ran("COPY GRANTS")) == 1


def test_appending_adds_rows_by_one_statement(table, server):
    table(mode="append").save(ORDERS)
    table(mode="append").save(pa.table({"id": [4]}))
    assert [row["id"] for row in rows(table())] == [1, 2, 3, 4]
    assert len(server.ran("INSERT INTO")) == 1


def test_upserting_replaces_the_rows_of_the_same_key(table):
    upsert = table(mode="upsert", key="id")
    upsert.save(ORDERS)
    upsert.save(pa.table({"id": [3, 4], "customer": ["cy", "dee"], "price": [9.0, 4.0]}))
    assert [(row["id"], row["customer"]) for row in rows(table())] == [
        (1, "ann"),
        (2, "bob"),
        (3, "cy"),
        (4, "dee"),
    ]


def test_two_rows_of_one_key_are_refused_before_anything_is_written(table):
    upsert = table(mode="upsert", key="id")
    upsert.save(ORDERS)
    with pytest.raises(DatasetError, match="two rows have the same key: id = 7"):
        upsert.save(pa.table({"id": [7, 7]}))
    with pytest.raises(DatasetError, match="the key id is missing in some rows"):
        upsert.save(pa.table({"id": pa.array([None], pa.int64())}))
    assert table().load().num_rows == 3


def test_error_and_ignore_leave_what_is_there(table):
    table(mode="error").save(ORDERS)
    with pytest.raises(DatasetError, match="orders exists already") as caught:
        table(mode="error").save(ORDERS)
    assert "mode: overwrite" in str(caught.value)
    table(mode="ignore").save(ORDERS.slice(0, 1))
    assert table().load().num_rows == 3


def test_kedros_words_for_modes_are_understood(table):
    table(mode="errorifexists").save(ORDERS)
    with pytest.raises(CatalogError, match="none of overwrite, append"):
        table(mode="overwriet")


@pytest.mark.parametrize("mode", [{"mode": "append"}, {"mode": "upsert", "key": "x"}])
@pytest.mark.parametrize(
    ("then", "told"), [([3.0, 5.6], "'5.6' would not stay"), (["05"], "'05' would not stay")]
)
def test_values_that_the_table_cannot_hold_are_refused(table, mode, then, told):
    table(**mode).save(pa.table({"x": [1, 2]}))
    with pytest.raises(DatasetError, match=told):
        table(**mode).save(pa.table({"x": then}))
    table(**mode).save(pa.table({"x": [3.0]}))
    assert table().load().num_rows == 3


def test_a_limit_counts_what_is_beyond_the_mark_and_nan_comes_once(table):
    table().save(pa.table({"x": [3.0, 1.0, 2.0, float("nan")]}))
    assert table(limit=2).load_beyond("x", None)["x"].to_pylist() == [1, 2]
    assert table(limit=2).load_beyond("x", 2.0)["x"].to_pylist() == [3]
    assert table().load_beyond("x", 3.0).num_rows == 0


def test_columns_where_and_limit_are_pushed_down(table, server):
    table().save(ORDERS)
    found = table(columns=["ID"], where='"price" IS NOT NULL', limit=1).load()
    assert found.to_pylist() == [{"id": 1}]
    assert any('SELECT "id" FROM' in s and "LIMIT 1" in s for s in server.statements)


def test_a_column_that_is_not_there_is_named_with_a_suggestion(table):
    table().save(ORDERS)
    with pytest.raises(DatasetError, match="has no column 'custmer'") as caught:
        table(columns=["custmer"]).load()
    assert "customer" in str(caught.value)


def test_data_with_a_column_the_table_lacks_is_refused(table):
    table().save(ORDERS)
    with pytest.raises(DatasetError, match="has no column 'colour'"):
        table(mode="append").save(pa.table({"id": [9], "colour": ["red"]}))
    assert table().load().num_rows == 3


def test_odd_names_are_the_same_table_when_saved_loaded_and_looked_for(table):
    odd = table('"Orders of 2024, mine"')
    assert not odd.exists()
    odd.save(ORDERS)
    assert odd.exists()
    assert odd.load().num_rows == 3
    assert odd.row_count() == 3


def test_a_name_written_in_small_letters_is_the_one_stored_in_capitals(table, server):
    table("orders").save(ORDERS)
    assert table('"ORDERS"').load().num_rows == 3
    assert server.ran('"SALES"."ORDERS"')
    assert not server.ran('"orders"')


def test_metadata_answers_without_reading_rows(table, server):
    table().save(ORDERS)
    server.statements.clear()
    assert table().exists()
    assert table().row_count() == 3
    assert list(table().schema()) == ["id", "customer", "price"]
    assert not [s for s in server.statements if s.startswith("SELECT *")]


def test_a_preview_asks_for_few_rows(table, server):
    table().save(ORDERS)
    seen = table().preview(2)
    assert seen.content == [[1, "ann", 1.5], [2, "bob", None]]
    assert not seen.complete
    assert table().preview(5).complete
    assert [s for s in server.ran("SELECT *") if s.endswith("LIMIT 3")]


def test_the_engines_text_and_query_are_in_the_error_and_no_password(table, credentials, connections):
    with pytest.raises(DatasetError) as caught:
        table("missing").load()
    assert "cannot load table DB" in str(caught.value)
    assert "does not exist" in str(caught.value)
    secret = {**credentials, "password": "hunter2-hunter2"}
    with pytest.raises(DatasetError) as caught:
        Table("missing", {**secret, "port": 1, "login_timeout": 1}, connections=connections).load()
    assert "hunter2" not in str(caught.value)


def test_a_failed_save_leaves_what_was_there(table, monkeypatch):
    table().save(ORDERS)
    with pytest.raises(DatasetError, match="cannot be stored in Snowflake"):
        table().save(pa.table({"id": [1], "long": pa.array([5], pa.duration("s"))}))
    assert table().load().equals(ORDERS)


def test_a_stream_becomes_visible_at_its_end(table):
    dataset = table()
    with dataset.stream() as writer:
        writer.append(ORDERS)
        assert not dataset.exists()
        writer.append(ORDERS)
    assert dataset.load().num_rows == 6


def test_a_stream_that_breaks_leaves_nothing(table):
    dataset = table()
    with dataset.stream() as writer:
        writer.append(ORDERS.slice(0, 1))
    odd = pa.table({"x": [1]})
    with pytest.raises(DatasetError, match="a chunk does not fit"):
        _stream(dataset, [ORDERS, odd])
    assert dataset.load().num_rows == 1


def _stream(dataset, chunks):
    with dataset.stream() as writer:
        for chunk in chunks:
            writer.append(chunk)


def test_progress_is_stored_with_the_rows(table):
    dataset = table(mode="append")
    assert dataset.read_progress() is None
    dataset.append_with_progress([ORDERS], {"upto": 3})
    dataset.append_with_progress(iter([ORDERS]), {"upto": 6})
    assert dataset.read_progress() == {"upto": 6}
    assert dataset.load().num_rows == 6
    dataset.replace_with_progress([ORDERS], {"upto": 1})
    assert dataset.read_progress() == {"upto": 1}
    assert dataset.load().num_rows == 3


def test_progress_that_fails_leaves_the_rows_alone(table, monkeypatch):
    from plait.datasets.snowflake import progress

    dataset = table(mode="append")
    dataset.append_with_progress([ORDERS], {"upto": 3})
    monkeypatch.setattr(progress, "write", lambda *_: 1 / 0)
    with pytest.raises(DatasetError):
        dataset.append_with_progress([ORDERS], {"upto": 6})
    assert dataset.load().num_rows == 3
    assert dataset.read_progress() == {"upto": 3}


def test_rows_beyond_a_mark_are_loaded_in_order(table):
    table().save(ORDERS)
    assert [row["id"] for row in table().load_beyond("ID", 1, "arrow").to_pylist()] == [2, 3]
    assert table().load_beyond("id", None, "arrow").num_rows == 3


def test_a_fingerprint_changes_with_the_rows_and_only_then(table):
    dataset = table(mode="append")
    assert dataset.fingerprint() is None
    dataset.save(ORDERS)
    first = dataset.fingerprint()
    assert first == dataset.fingerprint()
    assert first.strength == "token"
    dataset.save(ORDERS)
    assert dataset.fingerprint() != first


def test_many_tables_are_identified_by_one_question(table, server):
    tables = [table(f"t{n}") for n in range(5)]
    for each in tables[:4]:
        each.save(ORDERS)
    server.statements.clear()
    found = Table.fingerprints_of(tables[:4])
    assert None not in found
    assert len(server.ran("LAST_CHANGE")) == 1
    assert Table.fingerprints_of(tables) == [*found, None]
