"""Queries over a DuckDB file: lazy, with values and tables of the catalog, and their place in a project."""

from __future__ import annotations

import datetime as dt
import json
import sys
import textwrap

import ibis
import pandas as pd
import pytest

from plait import DataCatalog
from plait.__main__ import main
from plait.errors import DatasetError

ORDERS = pd.DataFrame(
    {"id": [1, 2, 3], "who": ["a", "b", "it's; --"], "day": pd.date_range("2024-01-01", periods=3)}
)


@pytest.fixture
def catalog(tmp_path):
    made = []

    def make(sql, **more):
        entries = {
            "orders": {"type": "table", "table_name": ["sales", "My Orders"]},
            "away": {"type": "table", "database": "data/other.duckdb"},
            "late": {"type": "query", "sql": sql, **more},
        }
        found = DataCatalog.from_config(entries, root=tmp_path)
        made.append(found)
        found.save("orders", ORDERS)
        return found

    yield make
    for found in made:
        found.connections.close()


def test_a_result_is_lazy_or_in_any_library(catalog):
    found = catalog("SELECT id FROM dataset('orders') WHERE id > 1 ORDER BY id;")
    lazy = found.load("late")
    assert isinstance(lazy, ibis.Table)
    assert lazy.count().execute() == 2
    assert found.load("late", as_="polars")["id"].to_list() == [2, 3]
    assert isinstance(found.load("late", as_="pandas"), pd.DataFrame)
    assert found.dataset("late").preview(1).content == [[2]]


@pytest.mark.parametrize("frame", ["ibis", "arrow"])
@pytest.mark.parametrize(
    ("condition", "values", "ids"),
    [
        ("who = :who", {"who": "it's; --"}, [3]),
        ("who = :who", {"who": "' OR 1=1 --"}, []),
        ("day > :day", {"day": dt.date(2024, 1, 1)}, [2, 3]),
        ("id IN :ids AND who <> ':ids'", {"ids": [1, 3]}, [1, 3]),
        ("id IN :ids", {"ids": []}, []),
        ("id NOT IN :ids", {"ids": []}, [1, 2, 3]),
        ("id < :most OR :none IS NOT NULL", {"most": 2.5, "none": None}, [1, 2]),
    ],
)
def test_values_mean_the_same_lazy_or_not(catalog, frame, condition, values, ids):
    found = catalog(
        f"SELECT id FROM dataset('orders') WHERE {condition} ORDER BY id -- all", parameters=values
    )
    loaded = found.load("late", as_=frame)
    table = loaded.to_pyarrow() if frame == "ibis" else loaded
    assert sorted(table["id"].to_pylist()) == ids


def test_it_changes_with_its_values_and_its_tables_and_not_with_what_it_cannot_name(catalog):
    found = catalog("SELECT * FROM dataset('orders') WHERE id > :least", parameters={"least": 1})
    first = found.dataset("late").fingerprint()
    assert first.strength == "content"
    found.save("orders", ORDERS)
    assert found.dataset("late").fingerprint() == first
    found.save("orders", ORDERS.head(1))
    assert found.dataset("late").fingerprint() != first
    for besides in ("other", "read_parquet('x.parquet')", "'x.parquet'"):
        late = catalog(f"SELECT * FROM dataset('orders'), {besides}").dataset("late")
        assert late.fingerprint() is None
        assert "dataset('…') in the place of" in late.fingerprint_advice


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT * FROM dataset('away')", "'away', which lies in another database"),
        ("SELECT nothing FROM dataset('orders')", "cannot run the query"),
    ],
)
def test_mistakes_are_told(catalog, sql, text):
    for frame in ("ibis", "arrow"):
        with pytest.raises(DatasetError) as error:
            catalog(sql).load("late", as_=frame)
        assert text in str(error.value)
    with pytest.raises(DatasetError, match="a query cannot be saved to"):
        catalog(sql).save("late", ORDERS)


FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "lake"\n',
    "src/lake/__init__.py": "",
    "src/lake/pipelines/__init__.py": "",
    "src/lake/pipelines/report/__init__.py": "",
    "src/lake/pipelines/report/pipeline.py": """
        import ibis
        import pandas as pd
        from plait import node, pipeline


        def clean(raw: pd.DataFrame) -> pd.DataFrame:
            return raw.dropna()


        def count(delays: ibis.Table) -> ibis.Table:
            return delays.group_by("airport").agg(n=delays.count())


        def create_pipeline():
            return pipeline([node(count, "delays", "counted"), node(clean, "raw", "flights")])
    """,
    "conf/base/catalog.yml": """
        raw: data/raw.csv
        flights: {type: table}
        counted: {type: table}
        delays:
          type: query
          sql: SELECT * FROM dataset('flights') WHERE delay > :most
          parameters: {most: 60}
    """,
    "data/raw.csv": "airport,delay\nBSL,70\nBSL,10\nZRH,90\nZRH,\n",
}


@pytest.fixture
def do(tmp_path, capfd):
    for name, text in FILES.items():
        file = tmp_path / "lake" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))

    def call(*words, ends=0):
        assert main([*words, "--project", str(tmp_path / "lake")]) == ends
        out, err = capfd.readouterr()
        return out + err

    yield call
    for name in [name for name in sys.modules if name.partition(".")[0] == "lake"]:
        del sys.modules[name]


def test_a_project_follows_its_query_and_stores_what_came_of_it_inside_the_engine(do, tmp_path):
    def actions():
        return [(step["node"], step["action"]) for step in json.loads(do("plan", "--json"))["steps"]]

    assert actions()[0][0] == "clean"
    do("run")
    shown = json.loads(do("catalog", "preview", "counted", "--json"))["content"]
    assert sorted(shown) == [["BSL", 1], ["ZRH", 1]]
    assert actions() == [("clean", "skip"), ("count", "skip")]
    (tmp_path / "lake/data/raw.csv").write_text("airport,delay\nBSL,70\n")
    assert actions() == [("clean", "run"), ("count", "maybe")]
    do("run")
    assert json.loads(do("catalog", "preview", "counted", "--json"))["content"] == [["BSL", 1]]
    assert "flights" in do("lineage", "counted")
    catalog = tmp_path / "lake/conf/base/catalog.yml"
    catalog.write_text(catalog.read_text().replace("dataset('flights')", "dataset('flight')"))
    assert "did you mean 'flights'" in do("check", ends=2)


@pytest.mark.parametrize(
    ("sql", "advice"),
    [
        (
            "SELECT *, (FROM away SELECT id LIMIT 1) AS x FROM dataset('orders')",
            "dataset('…') in the place of away",
        ),
        ("SELECT *, now() AS at FROM dataset('orders')", "`now` is another each time"),
        ("SELECT * FROM dataset('orders') WHERE day < current_date", "`current_date` is another each time"),
        ("SELECT *, random() AS r FROM dataset('orders')", "`random` is another each time"),
    ],
)
def test_a_query_that_gives_other_rows_each_time_is_not_taken_for_unchanged(catalog, sql, advice):
    late = catalog(sql).dataset("late")
    assert late.fingerprint() is None
    assert advice in late.fingerprint_advice


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT now, current_price, substring(upper(who) FROM 2) AS w FROM dataset('orders')",
        "FROM dataset('orders') SELECT id, extract(year FROM day)",
        "SELECT 'now()' -- random()\nFROM dataset('orders')",
    ],
)
def test_a_query_of_steady_words_is_identified(catalog, sql):
    assert catalog(sql).dataset("late").fingerprint() is not None


def test_a_query_that_calls_a_macro_is_not_taken_for_unchanged(catalog, tmp_path):
    found = catalog("SELECT twice(id) AS id FROM dataset('orders')")
    found.load("orders").get_backend().raw_sql("CREATE MACRO twice(x) AS x * 2")
    assert found.dataset("late").fingerprint() is None
