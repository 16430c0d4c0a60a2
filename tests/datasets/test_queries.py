"""Queries that name datasets and values: what is read of their text, and a project that lives by it."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import textwrap

import pandas as pd
import pytest

import plait
from plait import DataCatalog, node, pipeline
from plait.__main__ import main
from plait.catalog.references import query_fingerprint, read_query
from plait.errors import CatalogError, CircularDependencyError, DatasetError
from plait.values import Fingerprint

TEXT = """
-- not dataset('a') and not :a
SELECT ':b', "dataset('c')", x::date, $$ dataset('d') :d $$ /* dataset('e')
:e */ FROM dataset('orders') AS o
JOIN dataset ( 'shop.customers' ) c USING (id)
WHERE day >= :since AND mydataset('f') AND v.dataset('g')
"""


def test_names_and_values_are_found_outside_quotes_and_comments():
    query = read_query(TEXT)
    assert [(found.dataset, found.line) for found in query.references] == [
        ("orders", 4),
        ("shop.customers", 5),
    ]
    assert query.parameters == ("since",)
    assert query.written(lambda name: f"dataset('{name}')").replace(" ", "") == TEXT.replace(" ", "")
    assert "FROM <orders> AS o" in query.written(lambda name: f"<{name}>", lambda name: "?")
    assert "day >= ? AND" in query.written(lambda name: f"<{name}>", lambda name: "?")


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("SELECT * FROM dataset('a') x, dataset('b') y WHERE x.i = y.i", ()),
        ("SELECT * FROM dataset('a'), other", ("other",)),
        ("SELECT * FROM sales.orders JOIN dataset('b') USING (id)", ("sales",)),
        ("SELECT * FROM dataset('a') LEFT JOIN \"My Table\" ON true", ('"My Table"',)),
        ("WITH w AS (SELECT * FROM dataset('a')) SELECT * FROM w", ()),
        ("WITH w AS (SELECT * FROM inner_one) SELECT * FROM w", ("inner_one",)),
        ("SELECT EXTRACT(year FROM day), trim(both FROM name) FROM dataset('a')", ()),
        ("SELECT a IS DISTINCT FROM b FROM dataset('a')", ()),
        ("SELECT * FROM (dataset('a') JOIN other ON true)", ("other",)),
        ("SELECT * FROM (SELECT * FROM deep) d", ("deep",)),
        ("SELECT (SELECT max(i) FROM high), 1 FROM dataset('a'), LATERAL f(x)", ("high", "f")),
        ("SELECT * FROM dataset('a') x, LATERAL FLATTEN(x.v), UNNEST(x.w), range(3)", ()),
        ("SELECT * FROM TABLE(GENERATOR(ROWCOUNT => 3)), dataset('a')", ()),
        ("SELECT * FROM dataset('a') JOIN read_parquet('b.parquet') USING (i)", ("read_parquet",)),
        ("SELECT * FROM dataset('a'), 'b.parquet'", ("'b.parquet'",)),
        ("SELECT a FROM dataset('a') WHERE b IN (SELECT b FROM second) ORDER BY c, d", ("second",)),
        ("SELECT * FROM dataset('a') UNION ALL SELECT * FROM third -- FROM fourth", ("third",)),
    ],
)
def test_tables_that_are_read_by_their_own_names(text, tables):
    assert read_query(text).tables == tables


def test_a_query_is_identified_by_text_values_and_tables():
    one, other = Fingerprint("1", "content"), Fingerprint("2", "token")
    known = query_fingerprint("q", {"a": 1}, {"t": one})
    assert known is not None
    assert known.strength == "content"
    assert known == query_fingerprint("q", {"a": 1}, {"t": one})
    changed = [
        query_fingerprint("Q", {"a": 1}, {"t": one}),
        query_fingerprint("q", {"a": "1"}, {"t": one}),
        query_fingerprint("q", {"b": 1}, {"t": one}),
        query_fingerprint("q", {"a": 1}, {"t": other}),
        query_fingerprint("q", {"a": 1}, {"s": one}),
    ]
    assert len({known.token, *(found.token for found in changed if found)}) == 6
    assert changed[3].strength == "token"
    assert query_fingerprint("q", {}, {"t": one, "s": None}) is None


@pytest.fixture
def store(tmp_path):
    """Return a catalog with two tables and whatever query is asked for."""
    con = {
        "db": {"con": f"sqlite:///{tmp_path}/store.db"},
        "other": {"con": f"sqlite:///{tmp_path}/other.db"},
    }
    tables = {
        "orders": {
            "type": "sql.TableDataset",
            "table_name": "Order Lines",
            "credentials": "db",
            "mode": "replace",
        },
        "away": {"type": "sql.TableDataset", "table_name": "t", "credentials": "other", "mode": "replace"},
        "raw": "raw.csv",
    }

    def make(sql, **more):
        entry = {"type": "sql.QueryDataset", "sql": sql, "credentials": "db", **more}
        found = DataCatalog.from_config({**tables, "late": entry}, con, root=tmp_path)
        found.save("orders", pd.DataFrame({"id": [1, 2, 3], "at": ["12:30", "13:00", "09:15"]}))
        return found

    return make


def test_a_table_is_named_as_the_database_quotes_it(store):
    assert store("SELECT count(*) AS n FROM dataset('orders')").load("late")["n"].tolist() == [3]


def test_values_are_bound_and_lists_too(store):
    sql = "SELECT id FROM dataset('orders') WHERE id IN :ids AND at <> :at AND at <> ':ids' ORDER BY id"
    found = store(sql, parameters={"ids": [1, 2], "at": "x' OR 1=1 --"})
    assert found.load("late")["id"].tolist() == [1, 2]
    assert found.dataset("late").preview(1).content == [[1]]
    assert store(sql, parameters={"ids": [], "at": ""}).load("late")["id"].tolist() == []


def test_a_query_changes_with_its_values_and_with_the_tables_it_names(store):
    sql = "SELECT id FROM dataset('orders') WHERE id < :most"
    found = store(sql, parameters={"most": 2})
    first = found.dataset("late").fingerprint()
    assert first == store(sql, parameters={"most": 2}).dataset("late").fingerprint()
    assert first != store(sql, parameters={"most": 3}).dataset("late").fingerprint()
    found.save("orders", pd.DataFrame({"id": [1], "at": [""]}))
    assert found.dataset("late").fingerprint() != first


def test_a_table_that_the_text_names_itself_counts_too(store):
    found = store('SELECT id FROM "Order Lines" WHERE id < :most', parameters={"most": 2})
    first = found.dataset("late").fingerprint()
    found.save("orders", pd.DataFrame({"id": [0, 1], "at": ["", ""]}))
    assert found.dataset("late").fingerprint() != first
    assert "dataset('…') in the place of \"Order Lines\"" in found.dataset("late").fingerprint_advice


@pytest.mark.parametrize(
    ("sql", "more", "error", "text"),
    [
        ("SELECT * FROM dataset('away')", {}, DatasetError, "which lies in another database"),
        ("SELECT * FROM dataset('raw')", {}, DatasetError, "'raw', which is no table of a database"),
        ("SELECT * FROM dataset('order')", {}, plait.errors.DatasetNotFoundError, "did you mean 'orders'"),
        ("SELECT :lst", {"parameters": {"last": 1}}, CatalogError, "does not take ':last'"),
        (
            "SELECT :a",
            {"parameters": {"a": 1}, "load_args": {"params": {"a": 1}}},
            CatalogError,
            "both `parameters` and `load_args",
        ),
    ],
)
def test_mistakes_are_told(store, sql, more, error, text):
    with pytest.raises(error) as caught:
        store(sql, **more).load("late")
    assert text in str(caught.value)


def test_a_library_run_waits_for_the_table_too(store, tmp_path):
    found = store("SELECT count(*) AS n FROM dataset('orders')")
    nodes = [
        node(lambda late: int(late["n"][0]), "late", "count", name="a_first_by_name"),
        node(lambda: pd.DataFrame({"id": range(7)}), None, "orders", name="z_last_by_name"),
    ]
    assert plait.run(pipeline(nodes), found)["count"] == 7


def test_a_node_that_writes_what_it_reads_through_a_query_is_a_cycle(store):
    found = store("SELECT * FROM dataset('orders')")
    again = pipeline([node(lambda late: late, "late", "orders", name="again")])
    with pytest.raises(CircularDependencyError) as caught:
        plait.run(again, found)
    assert "again" in str(caught.value)


# --- A project ---

FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "late"\n',
    "src/late/__init__.py": "",
    "src/late/pipelines/__init__.py": "",
    "src/late/pipelines/report/__init__.py": "",
    "src/late/pipelines/report/pipeline.py": """
        import pandas as pd
        from plait import node, pipeline


        def clean(raw: pd.DataFrame) -> pd.DataFrame:
            return raw.dropna()


        def count(delays: pd.DataFrame) -> int:
            return len(delays)


        def create_pipeline():
            return pipeline([node(count, "delays", "counted"), node(clean, "raw", "flights")])
    """,
    "conf/base/catalog.yml": """
        raw: data/raw.csv
        counted: data/counted.json
        flights:
          type: sql.TableDataset
          table_name: flights
          credentials: db
          mode: replace
        delays:
          type: sql.QueryDataset
          path: sql/delays.sql
          credentials: db
          parameters: {most: "${globals:most}"}
    """,
    "conf/base/globals.yml": "most: 60\n",
    "sql/delays.sql": "-- late flights\nSELECT *\nFROM dataset('flights')\nWHERE delay > :most\n",
    "data/raw.csv": "flight,delay\nA1,70\nB2,10\nC3,90\nD4,\n",
}


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "late"
    local = {"conf/local/credentials.yml": json.dumps({"db": {"con": f"sqlite:///{tmp_path}/flights.db"}})}
    for name, text in {**FILES, **local}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    yield root
    for name in [name for name in sys.modules if name.partition(".")[0] == "late"]:
        del sys.modules[name]


@pytest.fixture
def do(project, capfd):
    def call(*words, ends=0):
        assert main([*words, "--project", str(project)]) == ends
        out, err = capfd.readouterr()
        return out + err

    return call


def plan_of(do):
    steps = json.loads(do("plan", "--json"))["steps"]
    return {step["node"]: step["action"] for step in steps}


def test_the_reader_of_a_query_comes_after_the_maker_of_its_table(do, project):
    assert list(plan_of(do)) == ["clean", "count"]
    do("run")
    assert json.loads((project / "data/counted.json").read_text()) == 2
    assert plan_of(do) == {"clean": "skip", "count": "skip"}


def test_a_change_of_text_value_or_table_is_seen_and_nothing_else(do, project):
    do("run")
    file = project / "sql/delays.sql"
    file.write_text(file.read_text().replace("> :most", ">= :most"))
    assert plan_of(do) == {"clean": "skip", "count": "run"}
    do("run")
    (project / "conf/base/globals.yml").write_text("most: 80\n")
    assert "input" in do("why", "count")
    do("run")
    assert json.loads((project / "data/counted.json").read_text()) == 1
    (project / "data/raw.csv").write_text("flight,delay\nA1,70\n")
    assert plan_of(do) == {"clean": "run", "count": "maybe"}
    do("run")
    assert json.loads((project / "data/counted.json").read_text()) == 0


def test_somebody_elses_change_of_the_table_is_seen(do, project, tmp_path):
    do("run")
    with sqlite3.connect(tmp_path / "flights.db") as connection:
        connection.execute("DELETE FROM flights WHERE flight = 'C3'")
    connection.close()
    assert plan_of(do) == {"clean": "run", "count": "maybe"}


def test_selecting_and_lineage_know_the_table(do):
    steps = json.loads(do("plan", "--json", "+count"))["steps"]
    assert [step["node"] for step in steps] == ["clean", "count"]
    do("run")
    found = do("lineage", "counted")
    assert found.index("counted") < found.index("delays") < found.index("flights") < found.index("raw")
    down = do("lineage", "flights", "--down")
    assert down.index("delays") < down.index("counted")


def test_the_graph_draws_the_edge(do):
    drawn = do("pipeline", "show", "--format", "mermaid")
    table = re.search(r'(d\d+)\(\["flights"\]\)', drawn)
    reader = re.search(r'(n\d+)\["count"\]', drawn)
    assert table is not None
    assert reader is not None
    assert f"{table[1]} --> {reader[1]}\n" in drawn


def test_a_table_that_nobody_makes_and_that_is_not_there_blocks_the_reader(do, project):
    code = project / "src/late/pipelines/report/pipeline.py"
    code.write_text(code.read_text().replace(', node(clean, "raw", "flights")', ""))
    told = do("run", ends=1)
    assert "'flights' does not exist" in told


def test_check_points_at_the_line_of_the_query(do, project):
    assert "query" not in do("check")
    file = project / "sql/delays.sql"
    file.write_text(file.read_text().replace("'flights'", "'flihgts'").replace(":most", ":mots"))
    told = do("check", ends=2)
    assert "Query 'delays' names the dataset 'flihgts', which is not in the catalog" in told
    assert "sql/delays.sql:3" in told
    assert "did you mean 'flights'" in told
    assert "Query 'delays' does not take ':most'" in told
    assert "did you mean 'mots'" in told


def test_check_refuses_files_as_tables_and_files_that_are_not_there(do, project):
    file = project / "sql/delays.sql"
    file.write_text("SELECT * FROM dataset('raw') WHERE delay > :most")
    told = do("check", ends=2)
    assert "names 'raw', which is no table of a database" in told
    assert "Its type is 'csv'" in told
    file.unlink()
    assert "The file of query 'delays' cannot be read" in do("check", ends=2)
