"""The same nodes on DuckDB and on Snowflake: an environment of a few lines says where the tables are."""

from __future__ import annotations

import json
import sys
import textwrap

import pytest

from plait.__main__ import main

pytest.importorskip("ibis")

FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "pair"\n',
    "src/pair/__init__.py": "",
    "src/pair/pipelines/__init__.py": "",
    "src/pair/pipelines/report/__init__.py": "",
    "src/pair/pipelines/report/pipeline.py": """
        import pandas as pd
        import pyarrow as pa
        from plait import node, pipeline


        def clean(raw: pd.DataFrame) -> pd.DataFrame:
            return raw.dropna()


        def count(late: pa.Table) -> pa.Table:
            return late.group_by("airport").aggregate([("delay", "max")]).sort_by("airport")


        def create_pipeline():
            return pipeline([node(clean, "raw", "flights"), node(count, "late", "longest")])
    """,
    "conf/base/catalog.yml": """
        raw: data/raw.csv
        flights: {type: table}
        longest: {type: table}
        late:
          type: query
          path: sql/late.sql
          parameters: {most: 60}
    """,
    "conf/snowflake/catalog.yml": """
        _warehouse: &warehouse {type: snowflake.Table, credentials: warehouse}
        flights: {<<: *warehouse, table_name: flights}
        longest: {<<: *warehouse, table_name: longest}
        late:
          type: snowflake.Query
          credentials: warehouse
          path: sql/late.sql
          parameters: {most: 60}
    """,
    "sql/late.sql": """
        SELECT "airport", "delay" FROM dataset('flights') WHERE "delay" > :most
    """,
    "data/raw.csv": "airport,delay\nBSL,70\nBSL,10\nZRH,90\nZRH,\n",
}


@pytest.fixture
def do(tmp_path, credentials, capfd):
    local = {"conf/local/credentials.yml": json.dumps({"warehouse": credentials})}
    for name, text in {**FILES, **local}.items():
        file = tmp_path / "pair" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))

    def call(*words):
        assert main([*words, "--project", str(tmp_path / "pair")]) == 0
        return capfd.readouterr().out

    yield call
    for name in [name for name in sys.modules if name.partition(".")[0] == "pair"]:
        del sys.modules[name]


def test_an_environment_moves_the_tables_and_going_back_and_forth_costs_nothing(do, server):
    expected = [["BSL", 70], ["ZRH", 90]]
    do("run")
    assert server.logins == 0
    here = json.loads(do("catalog", "preview", "longest", "--json"))["content"]
    do("run", "--env", "snowflake")
    there = json.loads(do("catalog", "preview", "longest", "--json", "--env", "snowflake"))["content"]
    assert [[airport, int(delay)] for airport, delay in here] == expected
    assert [[airport, int(delay)] for airport, delay in there] == expected
    for environment in ((), ("--env", "snowflake")):
        steps = json.loads(do("plan", "--json", *environment))["steps"]
        assert [(step["node"], step["action"]) for step in steps] == [("clean", "skip"), ("count", "skip")]
    assert do("check", "--env", "snowflake").count("error") == 0
