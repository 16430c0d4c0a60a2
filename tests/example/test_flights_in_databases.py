"""The flights example in other environments: the same nodes, the same results, the tables elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

PLAIT = str(Path(sys.executable).parent / "plait")
RESULTS = "data/08_reporting/results.csv"


def started(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [PLAIT, *words], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("databases")
    started(folder, "new", "--example", "flights", "--no-lock")
    return folder / "flights"


@pytest.fixture(scope="module")
def results(flights: Path) -> str:
    """What comes out with files."""
    started(flights, "run")
    return (flights / RESULTS).read_text()


def run_in(flights: Path, environment: str) -> str:
    started(flights, "run", "--env", environment)
    found = (flights / RESULTS).read_text()
    assert nothing_ran(started(flights, "run", "--env", environment))
    assert nothing_ran(started(flights, "run")), "going back costs nothing"
    return found


def nothing_ran(said: str) -> bool:
    return "17 skipped" in said or "everything is up to date: 17 nodes" in said


def test_tables_in_duckdb(flights: Path, results: str) -> None:
    assert run_in(flights, "duckdb") == results
    with duckdb.connect(flights / "data/warehouse.duckdb") as shell:
        ((tables,),) = shell.execute(
            "SELECT list_sort(list(table_name)) FROM information_schema.tables WHERE table_schema = 'main'"
        ).fetchall()
        ((rows,),) = shell.execute("SELECT count(*) FROM flights").fetchall()
    assert tables == [
        "at_departure_predictions",
        "day_before_predictions",
        "flight_table",
        "flights",
        "planes",
        "weather",
    ]
    assert rows > 300_000


def test_tables_in_snowflake(flights: Path, results: str) -> None:
    pytest.importorskip("fakesnow")
    sys.path.insert(0, str(Path(__file__).parents[1] / "snowflake"))
    try:
        from emulator import emulator
    finally:
        sys.path.pop(0)
    with emulator() as server:
        credentials = {"warehouse": {**server.settings, "database": "FLIGHTS", "schema": "PUBLIC"}}
        (flights / "conf/local/credentials.yml").write_text(json.dumps(credentials))
        assert run_in(flights, "snowflake") == results
    assert any("FLIGHT_TABLE" in statement for statement in server.statements)
