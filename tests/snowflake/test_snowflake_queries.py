"""Queries of Snowflake: values are bound, tables of the catalog are named, results come through Arrow."""

from __future__ import annotations

import datetime as dt
import json
import sys
import textwrap
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plait import DataCatalog
from plait.__main__ import main
from plait.catalog.connections import Connections
from plait.datasets.snowflake.tables import Table
from plait.errors import DatasetError

ORDERS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "customer": ["ann", "bob", None],
        "price": pa.array([Decimal("1.50"), Decimal("2.25"), None], pa.decimal128(10, 2)),
        "day": pa.array([dt.date(2024, 1, day) for day in (1, 2, 3)]),
    }
)


@pytest.fixture
def catalog(credentials):
    """Return a catalog with a table, and a query of whatever is asked for."""
    tables = {
        "orders": {"type": "snowflake.Table", "table_name": '"My Orders"', "credentials": "warehouse"},
        "pointer": {"type": "snowflake.TableRef", "table_name": '"My Orders"', "credentials": "warehouse"},
        "away": {"type": "snowflake.Table", "table_name": "t", "credentials": "elsewhere"},
    }
    known = {"warehouse": credentials, "elsewhere": {**credentials, "account": "other"}}
    made = []

    def make(sql, **more):
        entry = {"type": "snowflake.Query", "sql": sql, "credentials": "warehouse", **more}
        found = DataCatalog.from_config({**tables, "late": entry}, known)
        found.save("orders", ORDERS)
        made.append(found)
        return found

    yield make
    for found in made:
        found.connections.close()


def test_a_result_comes_in_every_library_with_its_types(catalog):
    found = catalog("SELECT * FROM dataset('orders') ORDER BY \"id\"")
    table = found.load("late", as_="arrow")
    assert table.column_names == ["id", "customer", "price", "day"]
    assert table["price"].to_pylist() == [Decimal("1.50"), Decimal("2.25"), None]
    assert table["day"].to_pylist()[0] == dt.date(2024, 1, 1)
    assert isinstance(found.load("late"), pd.DataFrame)
    assert isinstance(found.load("late", as_="polars"), pl.DataFrame)


def test_a_query_and_a_pointer_name_the_same_table(catalog):
    found = catalog("SELECT COUNT(*) AS n FROM dataset('orders') JOIN dataset('pointer') p USING (\"id\")")
    assert found.load("late", as_="arrow")["N"].to_pylist() == [3]


def test_values_are_bound_in_the_order_of_the_text_and_lists_too(catalog, server):
    sql = """
        SELECT "id" FROM dataset('orders') -- not :day
        WHERE "day" > :day AND "customer" IN :names AND ':names' <> :name
    """
    values = {"names": ["ann", "bob"], "name": "x' OR 1=1 --", "day": dt.date(2024, 1, 1)}
    found = catalog(sql, parameters=values)
    assert found.load("late", as_="arrow")["id"].to_pylist() == [2]
    assert not server.ran("OR 1=1")
    none = catalog(sql, parameters={**values, "names": []})
    assert none.load("late", as_="arrow")["id"].to_pylist() == []


def test_a_first_look_asks_for_few_rows(catalog, server):
    found = catalog("SELECT * FROM dataset('orders') WHERE \"id\" > :least; -- all", parameters={"least": 1})
    shown = catalog("SELECT * FROM dataset('orders') WHERE \"id\" > :least -- all", parameters={"least": 1})
    assert shown.dataset("late").preview(1).content[0][0] == 2
    assert "LIMIT 2" in server.ran("-- all")[-1]
    assert len(found.load("late")) == 2


def test_a_lazy_result_stays_in_snowflake(catalog):
    found = catalog("SELECT * FROM dataset('orders') WHERE \"id\" > :least", parameters={"least": 1})
    lazy = found.load("late", as_="snowpark")
    assert lazy.count() == 2


def test_it_changes_with_its_values_its_text_and_its_tables(catalog):
    sql = "SELECT * FROM dataset('orders') WHERE \"id\" > :least"
    found = catalog(sql, parameters={"least": 1})
    seen = {found.dataset("late").fingerprint()}
    assert {found.dataset("late").fingerprint()} == seen
    other = DataCatalog.from_config(
        {
            "orders": {"type": "snowflake.Table", "table_name": '"My Orders"', "credentials": "warehouse"},
            "late": {
                "type": "snowflake.Query",
                "sql": sql,
                "credentials": "warehouse",
                "parameters": {"least": 2},
            },
        },
        {"warehouse": found.builder.credentials_named("warehouse")},
    )
    with other.connections:
        seen.add(other.dataset("late").fingerprint())
    found.save("orders", ORDERS)
    seen.add(found.dataset("late").fingerprint())
    assert None not in seen
    assert len(seen) == 3


def test_nobody_can_identify_a_query_that_reads_a_table_besides(catalog):
    late = catalog("SELECT * FROM dataset('orders'), other").dataset("late")
    assert late.fingerprint() is None
    assert "write dataset('…') in the place of other" in late.fingerprint_advice
    told = catalog("SELECT * FROM other", fingerprint_query='SELECT MAX("id") FROM "My Orders"').dataset(
        "late"
    )
    assert told.fingerprint().strength == "token"


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT * FROM dataset('away')", "'away', which lies in another database"),
        ("SELECT * FROM nothing", "cannot run the query"),
    ],
)
def test_mistakes_are_told(catalog, sql, text):
    with pytest.raises(DatasetError) as error:
        catalog(sql).load("late")
    assert text in str(error.value)
    with pytest.raises(DatasetError) as error:
        catalog(sql).load("late", as_="snowpark")
    assert text in str(error.value)
    with pytest.raises(DatasetError, match="a query cannot be saved to"):
        catalog(sql).save("late", ORDERS)


# --- A project ---

FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "desk"\n',
    "src/desk/__init__.py": "",
    "src/desk/pipelines/__init__.py": "",
    "src/desk/pipelines/report/__init__.py": "",
    "src/desk/pipelines/report/pipeline.py": """
        import pandas as pd
        import polars as pl
        from plait import node, pipeline


        def clean(raw: pd.DataFrame) -> pd.DataFrame:
            return raw.dropna()


        def count(large: pl.DataFrame, prices: pl.DataFrame) -> int:
            return large.height + prices.height


        def create_pipeline():
            return pipeline([node(count, ["large", "prices"], "counted"), node(clean, "raw", "orders")])
    """,
    "conf/base/catalog.yml": """
        raw: data/raw.csv
        counted: data/counted.json
        orders:
          type: snowflake.Table
          table_name: orders
          credentials: warehouse
        prices:
          type: snowflake.Table
          table_name: prices
          credentials: warehouse
        large:
          type: snowflake.Query
          sql: SELECT * FROM dataset('orders') WHERE "amount" > :least
          credentials: warehouse
          parameters: {least: 1}
    """,
    "data/raw.csv": "customer,amount\nann,1\nbob,2\nann,3\ncy,\n",
}


@pytest.fixture
def desk(tmp_path, credentials):
    root = tmp_path / "desk"
    local = {"conf/local/credentials.yml": json.dumps({"warehouse": credentials})}
    for name, text in {**FILES, **local}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    yield root
    for name in [name for name in sys.modules if name.partition(".")[0] == "desk"]:
        del sys.modules[name]


def test_a_project_asks_once_for_all_its_tables_and_follows_its_queries(desk, credentials, server, capfd):
    with Connections() as connections:
        Table("prices", credentials, connections=connections).save(ORDERS)

    def do(*words):
        server.statements.clear()
        assert main([*words, "--project", str(desk)]) == 0
        return capfd.readouterr().out

    do("run")
    assert json.loads((desk / "data/counted.json").read_text()) == 5
    steps = json.loads(do("plan", "--json"))["steps"]
    assert [(step["node"], step["action"]) for step in steps] == [("clean", "skip"), ("count", "skip")]
    asked = server.ran("LAST_CHANGE_COMMIT_TIME")
    assert ["ORDERS" in asked[0], "PRICES" in asked[0]] == [True, True]
    assert not server.ran("DESCRIBE")
    found = do("lineage", "counted")
    assert found.index("large") < found.index("orders") < found.index("raw")
    (desk / "data/raw.csv").write_text("customer,amount\nann,1\nbob,2\n")
    do("run")
    assert json.loads((desk / "data/counted.json").read_text()) == 4
