"""Ten million rows grouped and joined inside DuckDB: by SQL typed by hand, or by a node of Plait."""

import json
import resource
import sys
import time
from pathlib import Path

import duckdb

kind, rows, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
FILE = Path("data/warehouse.duckdb")
MAKE = """
    CREATE TABLE events AS SELECT range AS id, 'customer ' || (range * 2654435761) % 1000000 AS customer,
        (range * 40503) % 1000 / 10.0 AS amount, range % 365 AS day FROM range({rows});
    CREATE TABLE customers AS SELECT 'customer ' || range AS customer, 'region ' || range % 50 AS region
        FROM range(1000000);
"""
BY_HAND = """
    CREATE OR REPLACE TABLE totals AS
    SELECT e.customer, c.region, sum(e.amount) AS amount, max(e.day) AS day, count(*) AS n
    FROM events e JOIN customers c ON e.customer = c.customer GROUP BY e.customer, c.region
"""


def by_hand():
    with duckdb.connect(FILE) as shell:
        shell.execute(BY_HAND)


def by_plait():
    import plait
    from plait import node, pipeline

    def total(events, customers):
        joined = events.join(customers, "customer")
        grouped = joined.group_by("customer", "region")
        return grouped.agg(amount=joined.amount.sum(), day=joined.day.max(), n=joined.count())

    catalog = plait.DataCatalog.from_config(
        {name: {"type": "table"} for name in ("events", "customers", "totals")}, root=Path.cwd()
    )
    steps = pipeline([node(total, outputs="totals")])
    return lambda: plait.run(steps, catalog, state=Path(".plait"), fresh=True)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if kind == "make":
    FILE.parent.mkdir()
    with duckdb.connect(FILE) as shell:
        for statement in MAKE.format(rows=rows).split(";")[:-1]:
            shell.execute(statement)
    print("{}")
    raise SystemExit

if kind == "plait":
    import ibis  # noqa: F401 - what libraries take is not counted on either side
    import pandas as pd  # noqa: F401
    import pyarrow as pa  # noqa: F401
act = by_hand if kind == "hand" else by_plait()
before = peak()
act()  # what lies there is known from now on
seconds = []
for _ in range(rounds):
    start = time.perf_counter()
    act()
    seconds.append(time.perf_counter() - start)
with duckdb.connect(FILE) as shell:
    (found,) = shell.execute("SELECT count(*), sum(n)::BIGINT FROM totals").fetchall()
print(json.dumps({"seconds": seconds, "memory": peak() - before, "found": found}))
