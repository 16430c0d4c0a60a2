"""Tables in a DuckDB file: lazy in, computed inside the engine, whole or not at all."""

from __future__ import annotations

import datetime as dt
import pickle
import subprocess
import sys
import textwrap

import duckdb
import ibis
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plait import DataCatalog
from plait.datasets.duckdb import identities
from plait.datasets.duckdb.tables import Table
from plait.errors import CatalogError, DatasetError

ORDERS = pd.DataFrame({"id": [1, 2, 3], "x": [1.5, 2.5, None], "who": ["a", "b", "c"]})


@pytest.fixture
def catalog(tmp_path):
    made = []

    def make(**entries):
        found = DataCatalog.from_config(
            {name: {"type": "table", **entry} for name, entry in entries.items()}, root=tmp_path
        )
        made.append(found)
        return found

    yield make
    for found in made:
        found.connections.close()


@pytest.fixture
def orders(catalog):
    found = catalog(orders={}, made={})
    found.save("orders", ORDERS)
    return found


def in_shell(tmp_path, statement):
    """Do something behind Plait's back."""
    with duckdb.connect(tmp_path / "data" / "warehouse.duckdb") as shell:
        return shell.execute(statement).fetchall()


def rows(catalog, name="made"):
    return catalog.dataset(name).load_as("arrow").to_pylist()


def test_looking_makes_no_file_and_needs_none(catalog, tmp_path):
    found = catalog(orders={})
    assert not found.exists("orders")
    assert found.dataset("orders").fingerprint() is None
    assert found.dataset("orders").row_count() is None
    with pytest.raises(DatasetError) as raised:
        found.load("orders")
    assert str(raised.value) == (
        "cannot load table orders\n  at dataset 'orders'\n  at data/warehouse.duckdb\n"
        "  there is no such file yet\n"
        "  → run the node that makes the table, or correct `database`"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_ibis_table_is_lazy_and_its_result_never_leaves_the_engine(orders, monkeypatch):
    table = orders.load("orders")
    assert isinstance(table, ibis.Table)
    monkeypatch.setattr("plait.catalog.frames.to_save", None)  # no way for rows to come through Python
    orders.save("made", table.group_by("who").agg(n=table.count(), x=table.x.sum()).order_by("who"))
    assert rows(orders) == [{"who": who, "n": 1, "x": x} for who, x in (("a", 1.5), ("b", 2.5), ("c", None))]


@pytest.mark.parametrize(
    ("frame", "kind"),
    [("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("polars-lazy", pl.LazyFrame), ("arrow", pa.Table)],
)
def test_any_frame_in_and_out(orders, frame, kind):
    data = orders.dataset("orders").load_as(frame)
    assert isinstance(data, kind)
    orders.save("made", data)
    assert rows(orders) == rows(orders, "orders")


def test_what_an_expression_holds_in_memory_and_functions_of_python_are_taken_along(orders):
    @ibis.udf.scalar.python
    def plus_one(x: float) -> float:
        return x + 1

    table = orders.load("orders")
    more = ibis.memtable({"id": [2], "weight": [9]})
    orders.save("made", table.join(more, "id").mutate(y=plus_one(table.x)).select("id", "weight", "y"))
    assert rows(orders) == [{"id": 2, "weight": 9, "y": 3.5}]
    orders.save("made", ibis.memtable({"id": [7]}))
    assert rows(orders) == [{"id": 7}]


def test_sums_of_integers_are_integers_as_ibis_says(orders):
    table = orders.load("orders")
    orders.save("made", table.agg(total=table.id.sum(), n=table.count()))
    assert orders.dataset("made").schema() == {"total": "BIGINT", "n": "BIGINT"}


def test_a_table_of_another_file_is_brought_over(orders, catalog):
    other = catalog(copy={"database": "other.duckdb"})
    other.save("copy", orders.load("orders"))
    assert rows(other, "copy") == rows(orders, "orders")


def test_a_table_made_from_itself(orders):
    table = orders.load("orders")
    orders.save("orders", table.filter(table.id > 1))
    assert [row["id"] for row in rows(orders, "orders")] == [2, 3]


def test_modes(catalog):
    found = catalog(
        grows={"mode": "append"},
        keyed={"mode": "upsert", "key": "id"},
        strict={"mode": "error"},
        lenient={"mode": "ignore"},
        seen={"materialized": "view"},
        base={},
    )
    for name in ("grows", "keyed", "lenient", "strict", "base"):
        found.save(name, ORDERS)
    found.save("grows", pl.DataFrame({"who": ["d"], "id": [4]}))  # by name; what it lacks is null
    assert rows(found, "grows")[-1] == {"id": 4, "x": None, "who": "d"}
    found.save("keyed", pa.table({"id": [3, 4], "who": ["C", "d"], "x": [0.5, None]}))
    assert [(row["id"], row["who"]) for row in rows(found, "keyed")] == [
        (1, "a"),
        (2, "b"),
        (3, "C"),
        (4, "d"),
    ]
    found.save("lenient", ORDERS.head(1))
    assert len(rows(found, "lenient")) == 3
    with pytest.raises(DatasetError, match="table strict exists already"):
        found.save("strict", ORDERS)
    base = found.load("base")
    found.save("seen", base.filter(base.id > 2))
    assert len(rows(found, "seen")) == 1
    found.save("base", ORDERS.assign(id=ORDERS["id"] + 10))
    assert len(rows(found, "seen")) == 3, "a view is computed at each use"


@pytest.mark.parametrize(
    ("entry", "data", "text"),
    [
        ({"mode": "upsert", "key": "id"}, {"id": [1, 1]}, "two rows have the same key: id = 1"),
        ({"mode": "upsert", "key": "id"}, {"id": [1, None]}, "the key id is missing in some rows"),
        (
            {"mode": "upsert", "key": "idd"},
            {"id": [1]},
            "the data has no column 'idd', which is the key of the table",
        ),
        (
            {"mode": "append"},
            {"idd": [1]},
            "the data has a column 'idd', and the table has none of that name",
        ),
    ],
)
def test_what_does_not_fit_changes_nothing(catalog, entry, data, text):
    found = catalog(made={}, again=entry | {"table_name": "made"})
    found.save("made", ORDERS)
    with pytest.raises(DatasetError, match=text):
        found.save("again", pl.DataFrame(data))
    assert rows(found) == rows(found, "again")
    assert len(rows(found)) == 3


def test_what_the_engine_refuses_is_told_in_its_own_words_and_changes_nothing(orders):
    table = orders.load("orders")
    with pytest.raises(DatasetError) as raised:
        orders.save("orders", table.mutate(number=table.who.cast("int64")))
    assert "cannot save table orders" in str(raised.value)
    assert "Conversion Error: Could not convert string 'a' to INT64" in str(raised.value)
    assert len(rows(orders, "orders")) == 3


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"mode": "upsert"}, "`mode: upsert` needs a key"),
        ({"mode": "overwritte"}, "did you mean 'overwrite'"),
        ({"backend": "duckbd"}, "did you mean 'duckdb'"),
        ({"backend": "snowflake"}, "type: snowflake.Table"),
        ({"materialized": "both"}, "`materialized: both` is neither `table` nor `view`"),
        ({"materialized": "view", "mode": "append"}, "a view cannot grow by `mode: append`"),
        ({"table_name": "a.b.c"}, "has three parts, and a DuckDB file holds schemas and tables"),
        ({"tabel_name": "a"}, "did you mean 'table_name'"),
    ],
)
def test_entries_that_make_no_sense(catalog, entry, text):
    with pytest.raises(CatalogError) as raised:
        catalog(made=entry).dataset("made")
    assert text in str(raised.value)


def test_a_view_needs_a_table_of_the_same_file(catalog):
    found = catalog(seen={"materialized": "view"})
    with pytest.raises(DatasetError, match="only an Ibis table over the same DuckDB file can become a view"):
        found.save("seen", ORDERS)
    with pytest.raises(DatasetError, match="an Ibis table without data cannot be saved"):
        found.save("seen", ibis.table({"a": "int"}, name="nowhere"))


def test_a_table_that_is_not_there_gets_a_suggestion(orders, catalog):
    with pytest.raises(DatasetError, match="did you mean 'orders'"):
        catalog(order={}).load("order")


def test_names_of_any_letters(catalog):
    odd = {"a name": {}, "ns.orders": {}, "plain": {"table_name": 'sales."Orders; DROP TABLE x"'}}
    found = catalog(**odd)
    for name in odd:
        found.save(name, ORDERS)
        assert len(rows(found, name)) == 3
    assert found.dataset("plain").location == 'data/warehouse.duckdb#sales."Orders; DROP TABLE x"'
    assert found.dataset("ns.orders").location == 'data/warehouse.duckdb#"ns.orders"'


def test_columns_rows_and_previews_by_metadata(orders, catalog):
    dataset = orders.dataset("orders")
    assert dataset.schema() == {"id": "BIGINT", "x": "DOUBLE", "who": "VARCHAR"}
    assert dataset.row_count() == 3
    preview = dataset.preview(2)
    assert (preview.content, preview.complete) == ([[1, 1.5, "a"], [2, 2.5, "b"]], False)
    some = catalog(some={"table_name": "orders", "columns": ["who"], "where": "id > 1", "limit": 1})
    assert rows(some, "some") == [{"who": "b"}]
    assert some.load("some").to_pyarrow().to_pylist() == [{"who": "b"}]


# --- What identifies a table


def tokens(catalog, *names):
    return {name: catalog.dataset(name).fingerprint().token for name in names}


def test_equal_rows_are_equal_however_they_came(catalog):
    found = catalog(one={}, other={})
    found.save("one", ORDERS)
    found.save("other", ORDERS.iloc[::-1])
    assert len(set(tokens(found, "one", "other").values())) == 1
    before = tokens(found, "one")
    found.save("one", ORDERS.assign(id=ORDERS["id"].astype("int32")))
    assert tokens(found, "one") != before, "types count"
    found.save("one", ORDERS.rename(columns={"x": "y"}))
    assert len({*tokens(found, "one", "other").values(), *before.values()}) == 2, "names count"
    found.save("one", pd.concat([ORDERS, ORDERS.head(1)]))
    assert tokens(found, "one") != before, "a row that is there twice counts twice"


def test_rows_are_read_once_for_all_runs_until_somebody_touches_them(orders, catalog, tmp_path):
    table = orders.load("orders")
    orders.save("made", table.mutate(z=table.x * 2))
    before = tokens(orders, "orders", "made")
    orders.connections.close()
    again = catalog(orders={}, made={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identities, "_digest", lambda link, table: pytest.fail(f"the rows of {table} are read"))
        assert tokens(again, "orders", "made") == before
    again.connections.close()
    in_shell(tmp_path, "UPDATE orders SET x = 9 WHERE id = 1")
    after = tokens(again, "orders", "made")
    assert after["orders"] != before["orders"]
    assert after["made"] == before["made"]
    again.connections.close()
    in_shell(tmp_path, "UPDATE orders SET x = 1.5 WHERE id = 1")
    assert tokens(again, "orders", "made") == before, "equal again"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE made SET x = 2.5001 WHERE id = 2",
        "DELETE FROM made WHERE id = 2",
        "INSERT INTO made SELECT * FROM made WHERE id = 2",
        "BEGIN; DELETE FROM made WHERE id = 2; INSERT INTO made VALUES (2, 2.5, 'B'); COMMIT",
        "ALTER TABLE made ALTER x TYPE FLOAT",
        "ALTER TABLE made RENAME x TO y",
        "CREATE OR REPLACE TABLE made AS SELECT * REPLACE (x + 1 AS x) FROM made",
    ],
)
@pytest.mark.parametrize("checkpoint", [True, False])
def test_every_change_behind_plaits_back_is_seen(catalog, tmp_path, statement, checkpoint):
    found = catalog(made={})
    found.save("made", ORDERS)
    before = tokens(found, "made")
    found.connections.close()
    in_shell(tmp_path, statement + ("; CHECKPOINT" if checkpoint else ""))
    assert tokens(found, "made") != before


def test_a_view_is_identified_by_its_text_and_what_it_reads(catalog, tmp_path):
    found = catalog(base={}, seen={"materialized": "view"}, above={"materialized": "view"})
    found.save("base", ORDERS)
    base = found.load("base")
    found.save("seen", base.filter(base.id > 1))
    seen = found.load("seen")
    found.save("above", seen.mutate(y=seen.x))
    before = tokens(found, "base", "seen", "above")
    found.connections.close()
    in_shell(tmp_path, "UPDATE base SET x = 0")
    assert set(before.values()).isdisjoint(tokens(found, "base", "seen", "above").values())
    found.connections.close()
    in_shell(tmp_path, "CREATE VIEW odd AS SELECT random() AS r FROM base")
    odd = catalog(odd={})
    assert tokens(odd, "odd") != tokens(odd, "odd"), "what changes by itself is never the same"


# --- Several at once, and sudden ends


def test_datasets_share_one_connection_and_pickles_have_none(orders):
    orders.load("made") if orders.exists("made") else orders.exists("made")
    assert len(orders.connections) == 1
    copy = pickle.loads(pickle.dumps(orders.dataset("orders")))
    assert copy.location == "data/warehouse.duckdb#orders"
    orders.connections.close()
    assert copy.exists()
    copy.release()


HOLDER = """
    import duckdb, sys
    shell = duckdb.connect(sys.argv[1])
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_file_that_another_process_holds_is_waited_for_and_named(orders, tmp_path, monkeypatch):
    orders.connections.close()
    monkeypatch.setattr("plait.datasets.duckdb.database._PATIENCE", 0.0)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(HOLDER),
            str(tmp_path / "data/warehouse.duckdb"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout.readline() == b"open\n"
    try:
        with pytest.raises(DatasetError) as raised:
            orders.load("orders")
    finally:
        holder.communicate()
    text = str(raised.value)
    assert "'data/warehouse.duckdb' is open in another process" in text
    assert f"PID {holder.pid}" in text
    assert "wait until the other run, notebook or shell has closed it" in text
    assert len(rows(orders, "orders")) == 3


def test_what_is_no_database_is_told(catalog, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "warehouse.duckdb").write_text("not a database, but a text of some length\n" * 200)
    with pytest.raises(DatasetError, match="cannot look for table made"):
        catalog(made={}).exists("made")


KILLED = """
    import os, sys, threading
    import duckdb, pandas as pd
    from plait import DataCatalog
    from plait.datasets.duckdb import tables, writing

    catalog = DataCatalog.from_config({"made": {"type": "table"}}, root=sys.argv[1])
    write = writing.write
    def die(*given, **more):
        if sys.argv[2] == "before": os._exit(9)
        write(*given, **more)
        os._exit(9)
    tables.write = die
    catalog.save("made", pd.DataFrame({"id": range(100_000)}))
"""


@pytest.mark.parametrize("moment", ["before", "within"])
def test_a_save_that_is_killed_leaves_the_old_rows(catalog, tmp_path, moment):
    found = catalog(made={})
    found.save("made", ORDERS)
    before = tokens(found, "made")
    found.connections.close()
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), moment], check=False)
    assert done.returncode == 9
    assert tokens(found, "made") == before
    assert rows(found) == ORDERS.astype(object).where(ORDERS.notna(), None).to_dict("records")


# --- Growing


def test_progress_is_stored_with_the_rows_or_not_at_all(catalog, monkeypatch):
    found = catalog(made={"mode": "append"})
    made = found.dataset("made")
    assert made.read_progress() is None
    made.append_with_progress([ORDERS.head(1), ORDERS.tail(1)], {"mark": 3})
    assert (len(rows(found)), made.read_progress()) == (2, {"mark": 3})
    monkeypatch.setattr(
        "plait.datasets.duckdb.progress.write", lambda *a, **b: (_ for _ in ()).throw(ValueError("no"))
    )
    with pytest.raises(ValueError, match="no"):
        made.append_with_progress([ORDERS], {"mark": 9})
    monkeypatch.undo()
    assert (len(rows(found)), made.read_progress()) == (2, {"mark": 3})
    made.append_with_progress([], {"mark": 4})
    assert (len(rows(found)), made.read_progress()) == (2, {"mark": 4})
    made.replace_with_progress([ORDERS], {"mark": 1})
    assert (len(rows(found)), made.read_progress()) == (3, {"mark": 1})


def test_rows_beyond_a_mark_in_any_frame(catalog):
    found = catalog(made={})
    days = pd.DataFrame({"day": pd.to_datetime(["2024-01-03", "2024-01-01", "2024-01-02"]), "n": [3, 1, 2]})
    found.save("made", days)
    made = found.dataset("made")
    assert made.load_beyond("day", "2024-01-01T00:00:00", "arrow")["n"].to_pylist() == [2, 3]
    assert made.load_beyond("n", 2).to_pyarrow()["n"].to_pylist() == [3]
    assert list(made.load_beyond("n", None, "pandas")["n"]) == [1, 2, 3]
    with pytest.raises(DatasetError, match="there is no column 'dya'"):
        made.load_beyond("dya", 1)


def test_a_stream_is_visible_at_its_end(catalog):
    found = catalog(made={})
    with found.dataset("made").stream() as writer:
        writer.append(ORDERS.head(1))
        writer.append(ORDERS.tail(2))
        assert not found.exists("made")
    assert len(rows(found)) == 3
    with pytest.raises(DatasetError, match="there was no chunk"), found.dataset("made").stream():
        pass


# --- What would go wrong without a word


def test_names_in_another_case_are_the_same_table(catalog, tmp_path):
    (tmp_path / "data").mkdir()
    in_shell(tmp_path, "CREATE SCHEMA Staging")
    in_shell(tmp_path, "CREATE TABLE Staging.Orders AS SELECT 1 AS id")
    found = catalog(orders={"schema": "staging", "mode": "append"})
    assert found.exists("orders")
    assert found.dataset("orders").schema() == {"id": "INTEGER"}
    found.save("orders", pd.DataFrame({"id": [2]}))
    assert len(rows(found, "orders")) == 2
    with pytest.raises(DatasetError, match="exists already"):
        catalog(orders={"schema": "STAGING", "mode": "error"}).save("orders", ORDERS)
    other = catalog(other={"table_name": "oRDERs", "schema": "staging"})
    assert other.dataset("other").fingerprint() == found.dataset("orders").fingerprint()


@pytest.mark.parametrize(
    ("first", "then", "why"),
    [
        ([1, 2], [3, 5.6], "'5.6' would not stay what it is in column 'x'"),
        ([1, 2], ["05"], "'05' would not stay what it is in column 'x'"),
        ([1, 2], ["ann"], "'ann' would not stay what it is in column 'x'"),
        ([0.5], [2**53 + 1], "'9007199254740993' would not stay"),
        ([pd.Timestamp("2024-01-01").date()], [pd.Timestamp("2024-01-02 03:04")], "would not stay"),
    ],
)
@pytest.mark.parametrize("mode", [{"mode": "append"}, {"mode": "upsert", "key": "x"}])
def test_values_that_the_table_cannot_hold_are_refused(catalog, mode, first, then, why):
    found = catalog(made=mode)
    found.save("made", pd.DataFrame({"x": first}))
    with pytest.raises(DatasetError, match=why):
        found.save("made", pd.DataFrame({"x": then}))
    assert len(rows(found)) == len(first)


def test_values_that_fit_another_type_are_taken(catalog):
    found = catalog(made={"mode": "upsert", "key": "x"})
    found.save("made", pd.DataFrame({"x": [1, 2], "y": [0.5, 1]}))
    found.save("made", pd.DataFrame({"x": [2.0, 3.0], "y": [7, None]}))
    assert rows(found) == [{"x": 1, "y": 0.5}, {"x": 2, "y": 7.0}, {"x": 3, "y": None}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NULL::INT[]", "[]::INT[]"),
        ("[]::INT[]", "[NULL]::INT[]"),
        ("NULL::STRUCT(a INT)", "{'a': NULL::INT}"),
        ("INTERVAL '30 days'", "INTERVAL '1 month'"),
        ("map {}::MAP(INT, INT)", "NULL::MAP(INT, INT)"),
    ],
)
def test_values_that_the_engine_hashes_alike_are_told_apart(catalog, tmp_path, one, other):
    (tmp_path / "data").mkdir()
    known = []
    for value in (one, other):
        in_shell(tmp_path, f"CREATE OR REPLACE TABLE made AS SELECT {value} AS x")
        found = catalog(made={})
        known.append(found.dataset("made").fingerprint())
        found.connections.close()
    assert known[0] != known[1]


def test_columns_that_the_engine_would_rename_are_refused(catalog):
    found = catalog(made={})
    with pytest.raises(DatasetError, match="the columns 'A' and 'a' are one to DuckDB"):
        found.save("made", pd.DataFrame({"A": [1], "a": [2]}))
    with pytest.raises(DatasetError, match="a column has no name"):
        found.save("made", pd.DataFrame({"": [1]}))


def test_a_limit_counts_what_is_beyond_the_mark_and_nan_comes_once(catalog):
    found = catalog(made={"limit": 2}, all={"table_name": "made"})
    found.save("made", pa.table({"x": [3.0, 1.0, 2.0, float("nan")]}))
    made = found.dataset("made")
    assert made.load_beyond("x", None, "arrow")["x"].to_pylist() == [1, 2]
    assert made.load_beyond("x", 2, "arrow")["x"].to_pylist() == [3]
    assert found.dataset("all").load_beyond("x", 3, "arrow").num_rows == 0


@pytest.mark.parametrize("frame", ["pandas", "polars", "arrow"])
def test_spans_of_time_come_back_as_what_they_were(catalog, frame):
    found = catalog(made={}, none={})
    given = pd.DataFrame({"x": pd.to_timedelta(["36h", "-1s", None])})
    found.save("made", given)
    loaded = found.load("made", as_=frame)
    taken = loaded["x"].to_pylist() if frame == "arrow" else list(loaded["x"])
    assert taken[:2] == [dt.timedelta(hours=36), dt.timedelta(seconds=-1)]
    assert pd.isna(taken[2])
    found.save("none", given.head(0))
    assert len(found.load("none", as_=frame)) == 0


def test_what_identified_a_table_is_struck_with_the_rows_themselves(catalog, monkeypatch):
    from plait.datasets.duckdb import identities

    monkeypatch.setattr(identities, "_stamp", lambda *_: "as it lay before")
    tokens = []
    for rows_ in (ORDERS, ORDERS.head(1)):
        written = catalog(made={})
        written.save("made", rows_)
        written.connections.close()  # before anybody looked at what was written
        looked = catalog(made={})
        tokens.append(looked.dataset("made").fingerprint())
        looked.connections.close()
    assert tokens[0] != tokens[1]


def test_a_broken_file_is_not_said_to_be_held_by_somebody(catalog, tmp_path):
    found = catalog(made={})
    found.save("made", ORDERS)
    found.connections.close()
    file = tmp_path / "data/warehouse.duckdb"
    whole = file.read_bytes()
    file.write_bytes(whole[:12288] + bytes(byte ^ 255 for byte in whole[12288:]))
    with pytest.raises(DatasetError) as raised:
        catalog(made={}).load("made")
    assert "open in another process" not in str(raised.value)


def test_a_file_is_local_and_opened_one_way(catalog):
    with pytest.raises(CatalogError, match=r"`database: s3://b/x\.duckdb` is a URL"):
        catalog(made={"database": "s3://b/x.duckdb"}).dataset("made")
    found = catalog(made={}, other={"settings": {"threads": 1}})
    found.save("made", ORDERS)
    with pytest.raises(DatasetError, match="is open already, with other settings"):
        found.save("other", ORDERS)


# --- Versions


def test_every_save_is_kept_and_the_latest_is_loaded(catalog, tmp_path):
    found = catalog(made={"versioned": True})
    assert not found.exists("made")
    assert found.dataset("made").versions() == []
    first = found.for_run(save_version="2024-01-01T00.00.00.000Z")
    first.save("made", ORDERS)
    assert len(rows(first)) == 3
    second = found.for_run(save_version="2024-02-01T00.00.00.000Z")
    second.save("made", ORDERS.head(1))
    assert len(rows(second)) == 1
    assert second.dataset("made").fingerprint() != first.dataset("made").fingerprint()
    made = found.dataset("made")
    assert made.versions() == ["2024-01-01T00.00.00.000Z", "2024-02-01T00.00.00.000Z"]
    assert len(made.load_as("arrow")) == 1
    assert made.at_version("2024-01-01T00.00.00.000Z").row_count() == 3
    with pytest.raises(DatasetError, match="versions are never replaced"):
        found.for_run(save_version="2024-02-01T00.00.00.000Z").save("made", ORDERS)
    with pytest.raises(DatasetError, match="table made has no version '2024-03'"):
        made.at_version("2024-03").load()
    assert made.prune(1, dry_run=True) == made.prune(1) == ["2024-01-01T00.00.00.000Z"]
    assert made.versions() == ["2024-02-01T00.00.00.000Z"]


def test_a_version_is_never_changed(catalog):
    found = catalog(made={"versioned": True})
    found.save("made", ORDERS)
    with pytest.raises(DatasetError, match=r"there are no versions of table other\.made yet"):
        catalog(made={"versioned": True, "schema": "other"}).load("made")
    with pytest.raises(DatasetError, match="a version is never changed"):
        found.dataset("made").append(ORDERS)
    with pytest.raises(CatalogError, match="a versioned table keeps every save"):
        catalog(made={"versioned": True, "mode": "append"}).dataset("made")


def test_versions_of_a_view_are_views(catalog):
    found = catalog(made={"versioned": True, "materialized": "view"}, orders={})
    found.save("orders", ORDERS)
    for version in ("2024-01", "2024-02"):
        found.for_run(save_version=version).save("made", found.load("orders"))
    made = found.dataset("made")
    assert made.row_count() is None
    assert len(made.load_as("arrow")) == 3
    assert made.prune(1) == ["2024-01"]
    assert made.versions() == ["2024-02"]


def test_chunks_become_one_version(catalog):
    found = catalog(made={"versioned": True}).for_run(save_version="2024-01-01T00.00.00.000Z")
    made = found.dataset("made")
    with made.stream() as writer:
        writer.append(ORDERS.head(1))
        assert made.versions() == []
        writer.append(ORDERS.tail(2))
    assert made.versions() == ["2024-01-01T00.00.00.000Z"]
    assert len(made.load_as("arrow")) == 3
    with pytest.raises(DatasetError, match="versions are never replaced"), made.stream():
        pass


# --- Kedro's entries


def kedro(tmp_path, **entry):
    connection = {"backend": "duckdb", "database": str(tmp_path / "data/warehouse.duckdb")}
    entry = {"type": "ibis.TableDataset", "table_name": "made", "connection": connection, **entry}
    return DataCatalog.from_config({"made": entry}, root=tmp_path)


def test_kedros_entries_work_as_they_stand(orders, tmp_path):
    orders.connections.close()
    seen = kedro(tmp_path)
    assert isinstance(seen.dataset("made"), Table)
    assert seen.dataset("made").materialized == "view"
    stored = kedro(tmp_path, save_args={"materialized": "table"}, database="sales")
    stored.save("made", ORDERS)
    assert stored.dataset("made").location.endswith("#sales.made")
    stored.connections.close()
    strict = kedro(tmp_path, database="sales", save_args={"materialized": "table", "overwrite": False})
    with pytest.raises(DatasetError, match=r"table sales.made exists already"):
        strict.save("made", ORDERS)
    strict.connections.close()
    keyed = kedro(tmp_path, database="sales", save_args={"mode": "upsert", "on": "id"})
    keyed.save("made", ORDERS.assign(who="z"))
    assert {row["who"] for row in rows(keyed)} == {"z"}
    keyed.connections.close()


def test_one_column_is_named_by_a_text(orders, tmp_path):
    config = {"ids": {"type": "table", "table_name": "orders", "columns": "id", "frame": "pandas"}}
    assert list(DataCatalog.from_config(config, root=tmp_path).load("ids").columns) == ["id"]
