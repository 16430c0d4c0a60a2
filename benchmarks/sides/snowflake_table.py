"""A million rows through the emulator of Snowflake, by the connector's own calls and through the catalog."""

import itertools
import json
import logging
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import snowflake.connector

from plait import DataCatalog

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "snowflake"))

from emulator import emulator

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
rows, rounds = int(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(1)
numbers = {f"C{i}": rng.random(rows) for i in range(10)}
wholes = {f"C{i}": rng.integers(0, 1_000_000, rows) for i in range(10, 16)}
words = {f"C{i}": rng.choice(["alpha", "beta", "gamma", "delta"], rows) for i in range(16, 20)}
frame = pd.DataFrame({**numbers, **wholes, **words})
kinds = {
    **dict.fromkeys(numbers, "DOUBLE"),
    **dict.fromkeys(wholes, "NUMBER"),
    **dict.fromkeys(words, "TEXT"),
}


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


with emulator() as server:
    settings = {**server.settings, "database": "BENCH", "schema": "PUBLIC"}
    entries = {
        f"table{i}": {"type": "snowflake.Table", "table_name": f"T{i}", "credentials": "warehouse"}
        for i in range(200)
    }
    catalog = DataCatalog.from_config(entries, {"warehouse": settings})
    connection = snowflake.connector.connect(**settings)

    def ask(statement):
        with connection.cursor() as cursor:
            return cursor.execute(statement)

    numbers_of_stages = itertools.count()

    def save_by_hand():
        """Do what ``write_pandas`` does, whose ``identifier(?)`` the emulator does not know."""
        stage = f'"WAITING {next(numbers_of_stages)}"'
        ask(f"CREATE TEMPORARY STAGE {stage}")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "chunk0.parquet"
            frame.to_parquet(file, compression="snappy", index=False)
            ask(f"PUT 'file://{file}' @{stage} PARALLEL=4 AUTO_COMPRESS=FALSE OVERWRITE=TRUE")
        ask('TRUNCATE TABLE "HAND"')
        names = ", ".join(f'"{name}"' for name in kinds)
        parts = ", ".join(f'$1:"{name}"' for name in kinds)
        ask(
            f'COPY INTO "HAND" ({names}) FROM (SELECT {parts} FROM @{stage}) '
            "FILE_FORMAT=(TYPE=PARQUET COMPRESSION=auto) PURGE=TRUE ON_ERROR=abort_statement"
        )

    def load_by_hand():
        with connection.cursor() as cursor:
            found = cursor.execute('SELECT * FROM "HAND"').fetch_pandas_all()
        assert len(found) == rows, len(found)

    columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
    connection.cursor().execute(f'CREATE TABLE "HAND" ({columns})')

    def save():
        catalog.save("table0", frame)

    def load():
        assert len(catalog.load("table0")) == rows

    actions = {"save_hand": save_by_hand, "load_hand": load_by_hand, "save": save, "load": load}
    taken = {name: [] for name in actions}
    for number in range(rounds + 1):
        order = list(actions) if number % 2 else ["save", "load", "save_hand", "load_hand"]
        for name in order:
            seconds = timed(actions[name])
            if number:  # the first warms imports
                taken[name].append(seconds)

    catalog.connections.close()
    logins = server.logins
    some = DataCatalog.from_config(entries, {"warehouse": settings})
    opened = [server.logins - logins]  # by making the catalog
    for i in range(20):
        some.exists(f"table{i}")
    opened.append(server.logins - logins)
    some.connections.close()
    connection.close()

print(json.dumps({**taken, "opened": opened}))
