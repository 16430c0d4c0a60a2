"""A project whose tables lie in Snowflake, from the command line's point of view."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap

import pyarrow as pa
import pytest

from plait.__main__ import main
from plait.catalog.connections import Connections
from plait.datasets.snowflake.tables import Table

FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "shop"\n',
    "src/shop/__init__.py": "",
    "src/shop/pipelines/__init__.py": "",
    "src/shop/pipelines/sales/__init__.py": "",
    "src/shop/pipelines/sales/nodes.py": """
        import pandas as pd
        import polars as pl
        import pyarrow as pa


        def clean(raw: pd.DataFrame) -> pd.DataFrame:
            return raw.dropna()


        def total(orders: pl.DataFrame) -> pa.Table:
            return orders.group_by("customer").agg(pl.col("amount").sum()).sort("customer").to_arrow()
    """,
    "src/shop/pipelines/sales/pipeline.py": """
        from plait import node, pipeline

        from shop.pipelines.sales.nodes import clean, total


        def create_pipeline(**_):
            return pipeline([node(clean, "raw", "orders"), node(total, "orders", "totals")])
    """,
    "conf/base/catalog.yml": """
        raw: data/01_raw/raw.csv
        orders:
          type: snowflake.Table
          table_name: orders
          credentials: warehouse
        totals:
          type: snowflake.Table
          table_name: totals
          credentials: warehouse
          mode: upsert
          key: customer
    """,
    "data/01_raw/raw.csv": "customer,amount\nann,1\nbob,2\nann,3\ncy,\n",
}


@pytest.fixture
def shop(tmp_path, credentials):
    root = tmp_path / "shop"
    local = {"conf/local/credentials.yml": json.dumps({"warehouse": credentials})}
    for name, text in {**FILES, **local}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    return root


@pytest.fixture
def plait(shop, capfd):
    def call(*words, ends=0):
        assert main([*words, "--project", str(shop)]) == ends
        return capfd.readouterr().out

    yield call
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def test_nodes_read_and_write_tables_whatever_library_they_use(plait, server):
    plait("run")
    assert server.logins == 1
    assert json.loads(plait("catalog", "preview", "totals", "--json"))["content"] == [
        ["ann", 4.0],
        ["bob", 2.0],
    ]


PUSHED_DOWN = {
    "src/shop/pipelines/sales/nodes.py": """
        import pandas as pd
        from snowflake.snowpark import DataFrame, Session
        from snowflake.snowpark.functions import col, sum as total_of


        def clean(raw: pd.DataFrame) -> pd.DataFrame:
            return raw.rename(columns=str.upper).dropna()


        def total(orders: DataFrame) -> DataFrame:
            return orders.group_by("CUSTOMER").agg(total_of(col("AMOUNT")).alias("AMOUNT")).sort("CUSTOMER")


        def count(session: Session, pointer: str) -> int:
            return session.table(pointer).count()
    """,
    "src/shop/pipelines/sales/pipeline.py": """
        from plait import node, pipeline

        from shop.pipelines.sales.nodes import clean, count, total


        def create_pipeline(**_):
            return pipeline(
                [
                    node(clean, "raw", "orders"),
                    node(total, "orders", "totals"),
                    node(count, ["session", "seed"], "counted"),
                ]
            )
    """,
    "conf/base/catalog.yml": """
        raw: data/01_raw/raw.csv
        orders:
          type: snowpark.Table
          table_name: orders
          credentials: warehouse
        totals:
          type: snowpark.Table
          table_name: totals
          credentials: warehouse
        session:
          type: snowpark.Session
          credentials: warehouse
        seed:
          type: snowflake.TableRef
          table_name: seed
          credentials: warehouse
        counted: data/counted.json
    """,
}


def test_lazy_tables_pointers_and_the_session_share_one_connection(plait, shop, credentials, server):
    for name, text in PUSHED_DOWN.items():
        (shop / name).write_text(textwrap.dedent(text))
    with Connections() as connections:
        Table("seed", credentials, connections=connections).save(pa.table({"id": [1, 2]}))
    server.logins = 0
    plait("run")
    assert server.logins == 1
    assert json.loads((shop / "data/counted.json").read_text()) == 2
    shown = json.loads(plait("catalog", "preview", "totals", "--json"))["content"]
    assert shown == [["ann", 4.0], ["bob", 2.0]]
    statements = len(server.ran("CREATE"))
    plait("run")
    assert len(server.ran("CREATE")) == statements


def test_listing_drawing_and_checking_open_no_connection(plait, server):
    plait("check")
    plait("catalog", "list")
    plait("pipeline", "show")
    assert server.logins == 0


def test_without_the_libraries_it_says_what_to_install(shop):
    program = (
        "import sys\n"
        "sys.modules['snowflake'] = sys.modules['snowflake.connector'] = None\n"
        "from plait.__main__ import main\n"
        f"sys.exit(main(['run', '--project', {str(shop)!r}]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "plait[snowflake]" in ended.stdout + ended.stderr


TAKEN = {
    "src/shop/pipelines/sales/nodes.py": """
        import pandas as pd
        import polars as pl


        def add(orders: pl.DataFrame) -> pd.DataFrame:
            return orders.group_by("customer").agg(pl.len().alias("rows"), pl.col("id").max()).to_pandas()
    """,
    "src/shop/pipelines/sales/pipeline.py": """
        from plait import new, node, pipeline

        from shop.pipelines.sales.nodes import add


        def create_pipeline(**_):
            return pipeline([node(add, [new("orders", by="id")], "seen")])
    """,
    "conf/base/catalog.yml": """
        orders:
          type: snowflake.Table
          table_name: orders
          credentials: warehouse
        seen:
          type: snowflake.Table
          table_name: seen
          credentials: warehouse
          mode: append
    """,
}


def test_a_node_takes_only_the_rows_that_are_new_and_takes_none_twice(plait, shop, credentials, server):
    for name, text in TAKEN.items():
        (shop / name).write_text(textwrap.dedent(text))

    def add(*ids):
        rows = pa.table({"id": pa.array(ids, pa.int64()), "customer": [f"c{each % 2}" for each in ids]})
        with Connections() as connections:
            Table("orders", credentials, mode="append", connections=connections).save(rows)

    def seen():
        content = json.loads(plait("catalog", "preview", "seen", "--json"))["content"]
        return sorted([str(customer), int(rows), int(last)] for customer, rows, last in content)

    add(1, 2, 3)
    plait("run")
    assert seen() == [["c0", 1, 2], ["c1", 2, 3]]
    add(4)
    server.statements.clear()
    plait("run")
    assert server.ran('"id" > ?') or server.ran('"id" > 3')
    assert seen() == [["c0", 1, 2], ["c0", 1, 4], ["c1", 2, 3]]
    server.statements.clear()
    plait("run")
    assert not server.ran("INSERT")
    shutil.rmtree(shop / ".plait")  # the progress lies with the rows
    plait("run")
    assert len(seen()) == 3
