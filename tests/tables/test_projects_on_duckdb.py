"""A project whose tables lie in DuckDB, from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from decimal import Decimal

import duckdb
import pytest

from plait.__main__ import main
from plait.project import Project
from plait.project.graph import graph_document

FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "store"\n',
    "conf/base/parameters.yml": "least: 2\n",
    "conf/base/catalog.yml": """
        orders: data/01_raw/orders.csv
        bookings: {type: table, schema: staging}
        by_customer: {type: table}
        largest: {type: table, materialized: view}
        report: data/08_reporting/report.json
    """,
    "data/01_raw/orders.csv": "id,customer,amount\n1,ann,5\n2,bob,7\n3,ann,1\n",
    "src/store/__init__.py": "",
    "src/store/pipelines/__init__.py": "",
    "src/store/pipelines/sales/__init__.py": "",
    "src/store/pipelines/sales/nodes.py": """
        import ibis
        import pandas as pd
        import pyarrow as pa


        def book(orders: pd.DataFrame):
            return orders


        def sum_up(bookings: ibis.Table, least):
            kept = bookings.filter(bookings.amount >= least)
            return kept.group_by("customer").agg(amount=kept.amount.sum())


        def rank(by_customer):
            return by_customer.order_by(by_customer.amount.desc()).limit(1)


        def report(largest: pa.Table):
            return largest.to_pylist()
    """,
    "src/store/pipelines/sales/pipeline.py": """
        from plait import node, pipeline
        from store.pipelines.sales.nodes import book, rank, report, sum_up

        def create_pipeline():
            return pipeline([
                node(book, outputs="bookings"),
                node(sum_up, {"least": "params:least"}, "by_customer"),
                node(rank, outputs="largest"),
                node(report, outputs="report"),
            ])
    """,
}


class Store:
    def __init__(self, root, capsys):
        self.root, self._capsys = root, capsys

    def write(self, files):
        for name, text in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip("\n"))

    def plait(self, *words, code=0):
        self._capsys.readouterr()
        ended = main(words)
        said = self._capsys.readouterr()
        assert ended == code, said.out + said.err
        return said.out + said.err

    def ran(self, *words):
        """Run, and return the nodes that did something."""
        lines = self.plait("run", "--json", *words).splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [event["node"] for event in events if event.get("event") == "node_finished"]

    def shell(self, statement):
        with duckdb.connect(self.root / "data" / "warehouse.duckdb") as shell:
            return shell.execute(statement).fetchall()

    @property
    def report(self):
        return json.loads((self.root / "data/08_reporting/report.json").read_text())


@pytest.fixture
def store(tmp_path, monkeypatch, capsys):
    made = Store(tmp_path, capsys)
    made.write(FILES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "store"]:
        del sys.modules[name]


INCREMENTAL = {
    "conf/base/catalog.yml": """
        orders: data/01_raw/orders.csv
        bookings: {type: table, mode: upsert, key: id}
        log: {type: table, mode: append}
    """,
    "src/store/pipelines/sales/nodes.py": """
        import ibis

        def book(orders):
            return orders

        def note(bookings: ibis.Table):
            return bookings.mutate(double=bookings.amount * 2)
    """,
    "src/store/pipelines/sales/pipeline.py": """
        from plait import new, node, pipeline
        from store.pipelines.sales.nodes import book, note

        def create_pipeline():
            return pipeline([
                node(book, outputs="bookings"),
                node(note, {"bookings": new("bookings", by="id")}, "log"),
            ])
    """,
}

ALL = ["book", "sum_up", "rank", "report"]


@pytest.mark.parametrize("executor", ["inline", "threads", "processes"])
def test_what_is_unchanged_is_skipped_under_every_executor(store, executor):
    assert store.ran("--executor", executor) == ALL
    assert store.report == [{"customer": "bob", "amount": 7}]
    assert store.ran("--executor", executor) == []
    store.write({"data/01_raw/orders.csv": "id,customer,amount\n3,ann,1\n2,bob,7\n1,ann,5\n"})
    assert store.ran("--executor", executor) == ["book"], "the same rows in another order change no table"
    store.write({"data/01_raw/orders.csv": "id,customer,amount\n1,ann,50\n2,bob,7\n"})
    assert store.ran("--executor", executor) == ALL
    assert store.report == [{"customer": "ann", "amount": 50}]


def test_what_was_changed_in_the_shell_runs_again_and_says_why(store):
    store.plait("run")
    store.shell("UPDATE staging.bookings SET amount = 0 WHERE customer = 'bob'")
    assert "output_modified" in store.plait("plan", "--json")
    assert store.ran() == ["book"], "what comes after finds its rows as they were"
    store.shell("DROP TABLE by_customer")
    assert store.ran() == ["sum_up"]


def test_rows_are_read_for_their_digest_only_where_somebody_else_wrote_to_the_file(store, monkeypatch):
    from plait.datasets.duckdb import identities

    store.plait("run")
    read = []
    digest = identities._digest
    monkeypatch.setattr(
        identities, "_digest", lambda link, table: read.append(str(table)) or digest(link, table)
    )
    store.plait("plan")
    assert read == []
    store.shell("UPDATE staging.bookings SET amount = amount + 1")
    store.plait("plan")
    assert sorted(read) == ["main.by_customer", "staging.bookings"]
    store.plait("run")
    read.clear()
    store.write({"conf/base/parameters.yml": "least: 6\n"})
    assert store.ran() == ALL[1:]
    assert read == ["main.by_customer"], "what Plait itself writes makes nothing else doubtful"
    read.clear()
    store.plait("plan")
    assert read == []


def test_changes_that_leave_a_table_lying_as_it_lay_are_noticed(store):
    store.plait("run")
    numbers = "range % 10 AS amount, 'ann' AS customer FROM range(100)"
    for round_ in range(4):
        store.shell(f"CREATE OR REPLACE TABLE staging.bookings AS SELECT {round_} + range AS id, {numbers}")
        store.shell(
            f"CREATE OR REPLACE TABLE staging.bookings AS SELECT {round_ + 1} + range AS id, {numbers}"
        )
        assert "book" in store.ran()
        store.shell("UPDATE by_customer SET amount = 1 WHERE customer = 'bob'")
        store.shell("UPDATE by_customer SET amount = 2 WHERE customer = 'bob'")
        assert "sum_up" in store.ran(), round_


def test_a_table_that_somebody_else_changed_has_no_progress(store):
    store.write(INCREMENTAL)
    assert store.ran() == ["book", "note"]
    store.shell("DELETE FROM log")
    said = store.plait("run", code=1)
    assert "'log' holds data, but nothing says what of its inputs is in it" in said
    store.plait("run", "note", "--fresh")
    assert store.shell("SELECT count(*) FROM log") == [(3,)]
    assert store.ran() == []


def test_progress_is_kept_where_a_run_was_killed_after_it(store):
    store.write(INCREMENTAL)
    deadly = (
        INCREMENTAL["src/store/pipelines/sales/nodes.py"]
        + """
        def die(log: ibis.Table):
            import os
            os._exit(9)
    """
    )
    pipeline = INCREMENTAL["src/store/pipelines/sales/pipeline.py"]
    more = pipeline.replace("import book, note", "import book, note, die")
    more = more.replace('"log"),', '"log"), node(die, outputs="gone"),')
    store.write({"src/store/pipelines/sales/nodes.py": deadly, "src/store/pipelines/sales/pipeline.py": more})
    command = [sys.executable, "-m", "plait", "run"]
    assert subprocess.run(command, cwd=store.root, capture_output=True, check=False).returncode == 9
    store.write(INCREMENTAL)
    assert store.ran() == []
    assert store.shell("SELECT count(*) FROM log") == [(3,)]


def test_an_interrupted_run_goes_on_and_tables_stay_whole(store):
    nodes = "src/store/pipelines/sales/nodes.py"
    deadly = FILES[nodes].replace(
        "return by_customer", "import os; os._exit(9)\n            return by_customer"
    )
    store.write({nodes: deadly})
    command = [sys.executable, "-m", "plait", "run"]
    assert subprocess.run(command, cwd=store.root, capture_output=True, check=False).returncode == 9
    store.write({nodes: FILES[nodes]})
    assert store.ran() == ["rank", "report"]
    assert store.report == [{"customer": "bob", "amount": 7}]


def test_lineage_previews_and_lists_know_tables(store):
    store.plait("run")
    lineage = store.plait("lineage", "report")
    for name in ("largest", "by_customer", "bookings", "orders"):
        assert name in lineage
    assert "bob" in store.plait("catalog", "preview", "by_customer")
    assert "schema=staging" in store.plait("catalog", "show", "bookings")
    drawn = {one["name"]: one.get("location") for one in graph_document(Project.open(store.root))["elements"]}
    assert drawn["by_customer"] == "data/warehouse.duckdb#by_customer"
    assert drawn["bookings"] == "data/warehouse.duckdb#staging.bookings"
    rows = json.loads(store.plait("catalog", "list", "--json"))["datasets"]
    assert {row["name"]: row["location"] for row in rows}["bookings"] == drawn["bookings"]
    assert "data/warehouse.duckdb#by_customer" in store.plait("catalog", "show", "by_customer")


def test_versions_of_a_table_are_listed_loaded_and_traced(store):
    store.write(
        {
            "conf/base/catalog.yml": FILES["conf/base/catalog.yml"].replace(
                "by_customer: {type: table}", "by_customer: {type: table, versioned: true}"
            )
        }
    )
    assert store.ran() == ALL
    assert store.ran() == []
    store.write({"data/01_raw/orders.csv": "id,customer,amount\n1,ann,50\n"})
    assert store.ran() == ALL
    assert store.report == [{"customer": "ann", "amount": 50}]
    listed = json.loads(store.plait("versions", "list", "by_customer", "--json"))["versions"]["by_customer"]
    assert len(listed) == 2
    store.plait("run", "--load-versions", f"by_customer:{listed[0]}", "rank+")
    assert store.report == [{"customer": "bob", "amount": 7}]
    assert listed[1] in store.plait("lineage", "by_customer")
    store.write({"data/01_raw/orders.csv": "id,customer,amount\n1,ann,60\n"})
    said = store.plait("run", "--load-versions", f"by_customer:{listed[0][:-2]}", code=2)
    assert f"no version '{listed[0][:-2]}'" in said
    assert "conf/base/catalog.yml:3" in said
    assert f"did you mean '{listed[0]}'" in said
    assert json.loads(store.plait("versions", "list", "--json"))["versions"] == {"by_customer": listed}
    store.plait("versions", "prune", "--keep", "1", "--yes")
    assert json.loads(store.plait("versions", "list", "--json"))["versions"] == {"by_customer": [listed[1]]}


def test_new_rows_are_taken_once(store):
    store.write(INCREMENTAL)
    assert store.ran() == ["book", "note"]
    assert store.ran() == []
    store.write({"data/01_raw/orders.csv": "id,customer,amount\n3,ann,1\n4,cid,9\n"})
    assert store.ran() == ["book", "note"]
    assert store.shell("SELECT id, double FROM log ORDER BY id") == [(1, 10), (2, 14), (3, 2), (4, 18)]
    (store.root / ".plait").rename(store.root / "forgotten")
    store.write({"data/01_raw/orders.csv": "id,customer,amount\n5,dan,2\n"})
    store.plait("run")
    assert store.shell("SELECT count(*), count(DISTINCT id) FROM log") == [(5, 5)]


@pytest.mark.parametrize(
    ("kind", "first", "then", "taken"),
    [
        ("HUGEINT", "(1), (170141183460469231)", "(170141183460469232)", [(170141183460469232,)]),
        ("DECIMAL(30, 2)", "(9.5), (10.25)", "(10.26), (9.75)", [(Decimal("10.26"),)]),
        ("DOUBLE", "(1), ('nan'), (NULL)", "(2), ('nan'), (NULL)", [(2.0,)]),
    ],
)
def test_rows_are_taken_by_numbers_of_any_kind(store, kind, first, then, taken):
    store.write(
        {
            "conf/base/catalog.yml": """
                events: {type: table}
                log: {type: table, mode: append}
            """,
            "src/store/pipelines/sales/nodes.py": """
                import ibis

                def note(events: ibis.Table):
                    return events
            """,
            "src/store/pipelines/sales/pipeline.py": """
                from plait import new, node, pipeline
                from store.pipelines.sales.nodes import note

                def create_pipeline():
                    return pipeline([node(note, {"events": new("events", by="id")}, "log")])
            """,
        }
    )
    (store.root / "data").mkdir(exist_ok=True)
    store.shell(f"CREATE TABLE events (id {kind})")
    store.shell(f"INSERT INTO events VALUES {first}")
    store.plait("run")
    before = store.shell("SELECT id FROM log")
    store.shell(f"INSERT INTO events VALUES {then}")
    store.plait("run")
    after = store.shell("SELECT id FROM log WHERE id IS NOT NULL AND NOT isnan(id::DOUBLE)")
    known = [row for row in before if row[0] is not None and row[0] == row[0]]
    assert sorted(after) == sorted([*known, *taken])
    assert store.shell("SELECT count(*) FROM log") == [(len(before) + 1,)]
    assert store.ran() == []


def test_check_and_list_open_nothing(store, monkeypatch):
    monkeypatch.setattr("duckdb.connect", lambda *a, **b: pytest.fail("the file is opened"))
    store.plait("check")
    store.plait("catalog", "list")
    store.plait("pipeline", "show")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{type: table, mode: append}", "rows would be added again to 1 output that Plait did not make: log"),
        ("{type: table, mode: upsert, key: id}", "rows of the same key would be replaced in 1 output"),
        ("{type: table}", "1 output that Plait did not make would be replaced: log"),
    ],
)
def test_a_plan_says_what_becomes_of_rows_that_somebody_else_changed(store, entry, told):
    store.write(
        {
            "conf/base/catalog.yml": f"orders: data/01_raw/orders.csv\nlog: {entry}\n",
            "src/store/pipelines/sales/pipeline.py": """
                from plait import node, pipeline
                from store.pipelines.sales.nodes import book

                def create_pipeline():
                    return pipeline([node(book, outputs="log")])
            """,
        }
    )
    store.plait("run")
    store.shell("INSERT INTO log VALUES (9, 'zoe', 9)")
    assert told in store.plait("plan")
