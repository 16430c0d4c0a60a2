"""A project whose tables lie in Snowflake, from the command line's point of view."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from plait.__main__ import main

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
