"""The ledger is deleted, damaged, or of another time: runs go on, and what they make is right."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from torture_ground import EXECUTORS, wait_until

CLOCK = """
import os, time
_real, _shift = time.time, float(os.environ.get("YARD_CLOCK", "0"))
time.time = lambda: _real() + _shift
"""


def ledger_of(ground) -> Path:
    return ground.root / ".plait/ledger.db"


def pages_of_tables(ledger: Path) -> list[int]:
    """Return the pages in which tables begin; those with the list of tables are not among them."""
    with sqlite3.connect(ledger) as connection:
        rows = connection.execute("SELECT rootpage FROM sqlite_schema WHERE type = 'table'").fetchall()
    connection.close()
    return [page for (page,) in rows]


@pytest.mark.slow
def test_without_its_ledger_a_run_makes_the_same_again(new_ground, undisturbed) -> None:
    ground = new_ground()
    ground.run()
    shutil.rmtree(ground.root / ".plait")
    ground.run()
    assert ground.contents() == undisturbed(ground.pipelines, 1)
    assert ground.run().calls() == []


@pytest.mark.parametrize("executor", ["inline", pytest.param("processes", marks=pytest.mark.slow)])
def test_a_ledger_deleted_during_a_run_costs_no_data(executor, new_ground, undisturbed) -> None:
    ground = new_ground()
    run = ground.start(*EXECUTORS[executor])
    wait_until(lambda: len(run.calls()) > 2)
    shutil.rmtree(ground.root / ".plait")
    code = run.wait()
    assert code in (0, 2), run.said()
    assert "Traceback" not in run.err.read_text(), run.said()
    ground.run(*EXECUTORS[executor])
    assert ground.contents() == undisturbed(ground.pipelines, 1)
    assert ground.run(*EXECUTORS[executor]).calls() == []
    assert ground.leftovers() == []


@pytest.mark.parametrize(
    "damage",
    ["middle", "rest", *[pytest.param(kind, marks=pytest.mark.slow) for kind in ("text", "cut", "empty")]],
)
def test_a_damaged_ledger_is_set_aside_or_survived(damage, new_ground, undisturbed) -> None:
    ground = new_ground()
    ground.run()
    ledger = ledger_of(ground)
    raw = bytearray(ledger.read_bytes())
    if damage == "text":
        raw = bytearray(b"this is no database\n" * 100)
    elif damage == "rest":  # all but the first page, in which the list of tables begins
        raw[4096:] = b"\xa5" * (len(raw) - 4096)
    elif damage == "middle":
        for page in pages_of_tables(ledger):
            raw[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    elif damage == "cut":
        del raw[len(raw) // 2 :]
    else:
        raw.clear()
    ledger.write_bytes(raw)
    ground.set_turn(2)
    run = ground.run(code=None)
    assert "Traceback" not in run.err.read_text(), run.said()
    if damage == "middle":  # noticed only when it is read: this run says so, the next one begins anew
        assert run.process.returncode == 2, run.said()
        assert "it was set aside as ledger-" in run.said()
        run = ground.run()
    assert run.process.returncode == 0, run.said()
    assert damage != "rest" or "It was set aside as ledger-" in run.said()
    assert ground.contents() == undisturbed(ground.pipelines, 2)
    assert ground.run().calls() == []


@pytest.mark.slow
def test_a_ledger_of_a_newer_plait_is_kept_whole_beside(new_ground, undisturbed) -> None:
    ground = new_ground()
    ground.run()
    with sqlite3.connect(ledger_of(ground)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE future (x)")
        connection.execute("INSERT INTO future VALUES (42)")
    connection.close()
    run = ground.run("--fresh")
    assert "newer Plait" in run.said()
    aside = list(ledger_of(ground).parent.glob("ledger-*.db"))
    assert len(aside) == 1
    with sqlite3.connect(aside[0]) as connection:
        assert connection.execute("SELECT x FROM future").fetchall() == [(42,)]
    connection.close()
    assert ground.contents() == undisturbed(ground.pipelines, 1)


@pytest.mark.slow
def test_many_runs_that_find_a_damaged_ledger_agree_on_the_new_one(new_ground, undisturbed) -> None:
    ground = new_ground()
    ground.run()
    ledger_of(ground).write_bytes(b"this is no database\n" * 100)
    ground.set_turn(3)
    runs = [ground.start() for _ in range(4)]
    assert [run.wait() for run in runs] == [0] * 4, "\n".join(run.said()[-1500:] for run in runs)
    assert len(list(ledger_of(ground).parent.glob("ledger-*.db"))) == 1
    assert ground.contents() == undisturbed(ground.pipelines, 3)
    assert ground.run().calls() == []


@pytest.mark.slow
def test_a_clock_that_goes_back_confuses_nothing(new_ground, undisturbed, tmp_path: Path) -> None:
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock/sitecustomize.py").write_text(CLOCK)
    ground = new_ground()
    path = f"{tmp_path / 'clock'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    ground.environment = {"PYTHONPATH": path}
    ground.run()
    for number, hours in enumerate((-1, 48, -30), start=2):
        turn = number % 4 + 1
        ground.environment["YARD_CLOCK"] = str(hours * 3600)
        ground.set_turn(turn)
        assert ground.run().calls()
        found = ground.contents()
        expected = undisturbed(ground.pipelines, turn)
        assert found["08_reporting/report.json"] == expected["08_reporting/report.json"]
        assert ground.run().calls() == []
        assert ground.contents() == expected
