"""The ledger: what it keeps, and what it survives."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from plait.errors import LedgerError, UsageError
from plait.ledger import DatasetRecord, Ledger, LogRecord, Provenance, RunSetting, new_run_id
from plait.ledger.schema import _MIGRATIONS
from plait.processes import signature

SETTING = RunSetting("demo", "inline", "local", None, {"a": {"b": 1}})


def finished(ledger, started=None, status="done"):
    writer = ledger.begin(SETTING, ["one", "two"], started)
    writer.node_started("one", 1.0, 1)
    writer.node_ended("one", "done", started=1.0, seconds=0.5, attempts=1)
    writer.finish(status, {"done": 1}, Provenance("abc", True, {"numpy": "2.0"}, 1024))
    return writer.run_id


def test_a_run_is_read_back_as_it_was_written(tmp_path):
    ledger = Ledger.open(tmp_path)
    writer = ledger.begin(SETTING, ["one", "two"])
    writer.node_started("one", 5.0, 1)
    writer.dataset(DatasetRecord(5.1, "one", "x", "load", 0.1, None))
    writer.line(LogRecord(5.2, "one", "stdout", None, None, "hello"))
    writer.node_ended("one", "failed", started=5.0, seconds=1.5, attempts=2, error="E: x", traceback="t")
    writer.finish("failed", {"failed": 1}, Provenance("abc", True, {"numpy": "2.0"}, 1024))
    run = ledger.run(writer.run_id)
    assert (run.status, run.pipeline, run.environment, run.parameters) == (
        "failed",
        "demo",
        "local",
        {"a": {"b": 1}},
    )
    assert (run.git_commit, run.git_dirty, run.versions, run.peak_memory) == (
        "abc",
        True,
        {"numpy": "2.0"},
        1024,
    )
    (node,) = ledger.nodes(run.id)
    assert (node.node, node.status, node.seconds, node.attempts, node.error) == (
        "one",
        "failed",
        1.5,
        2,
        "E: x",
    )
    assert ledger.dataset_events(run.id)[0].dataset == "x"
    assert [line.text for line in ledger.logs(run.id, "one")] == ["hello"]
    assert ledger.logs(run.id, "two") == []


def test_runs_come_newest_first_and_are_found_by_prefix_and_position(tmp_path):
    ledger = Ledger.open(tmp_path)
    old, new = finished(ledger, 1_000.0), finished(ledger, 2_000.0)
    assert [run.id for run in ledger.runs()] == [new, old]
    assert ledger.run("last").id == new
    assert ledger.run("-2").id == old
    assert ledger.run(new[:19]).id == new
    with pytest.raises(UsageError, match="There is no run '2031'"):
        ledger.run("2031")
    with pytest.raises(UsageError, match="fits several runs"):
        ledger.run("1970-01-01T00")


def test_two_runs_in_one_millisecond_get_different_ids(tmp_path):
    ledger = Ledger.open(tmp_path)
    assert finished(ledger, 1_000.0) != finished(ledger, 1_000.0)


def test_run_ids_are_utc_times_that_sort():
    assert new_run_id(0.0) == "1970-01-01T00.00.00.000Z"
    assert new_run_id(1_700_000_000.5) < new_run_id(1_700_000_000.501)


def test_a_started_node_is_on_disk_before_it_runs(tmp_path):
    ledger = Ledger.open(tmp_path)
    writer = ledger.begin(SETTING, ["one", "two"])
    writer.node_started("one", 5.0, 1)
    assert [node.status for node in Ledger.open(tmp_path).nodes(writer.run_id)] == ["started"]


def test_a_run_whose_process_died_is_interrupted_at_the_next_start(tmp_path):
    script = (
        "import os, sys; from pathlib import Path\n"
        "from plait.ledger import Ledger, RunSetting\n"
        "w = Ledger.open(Path(sys.argv[1])).begin(RunSetting('demo', 'inline'), ['one'])\n"
        "w.node_started('one', 1.0, 1); os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    ledger = Ledger.open(tmp_path)
    dead = ledger.run("last")
    assert dead.status == "running"
    finished(ledger)
    assert ledger.run(dead.id).status == "interrupted"
    assert ledger.nodes(dead.id)[0].status == "interrupted"


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="the system does not say when a process began"
)
def test_a_run_whose_process_id_was_used_again_is_interrupted_too(tmp_path):
    ledger = Ledger.open(tmp_path)
    dead = ledger.begin(SETTING, ["one"]).run_id
    machine, pid, started = signature().split("-")
    forged = f"{machine}-{pid}-{int(started, 16) ^ 1:08x}"
    with ledger.database.writing() as connection:
        connection.execute("UPDATE runs SET process = ?", (forged,))
    alive = ledger.begin(SETTING, ["one"]).run_id
    finished(ledger)
    assert [ledger.run(run).status for run in (dead, alive)] == ["interrupted", "running"]


def test_a_ledger_that_told_processes_by_id_only_is_brought_up_to_date(tmp_path, monkeypatch):
    monkeypatch.setattr("plait.ledger.schema._MIGRATIONS", _MIGRATIONS[:2])
    monkeypatch.setattr("plait.ledger.schema.VERSION", 2)
    old = Ledger.open(tmp_path)
    with old.database.writing() as connection:
        connection.execute(
            "INSERT INTO runs (id, status, started, pipeline, executor)"
            " VALUES ('1970-01-01T00.00.01.000Z', 'running', 1, 'p', 'inline')"
        )
    monkeypatch.undo()
    new = Ledger.open(tmp_path)
    assert new.notice is None
    assert new.run("1970").status == "interrupted"
    assert finished(new)


def test_an_unreadable_ledger_is_set_aside_with_a_notice(tmp_path):
    (tmp_path / "ledger.db").write_bytes(b"this is no database" * 100)
    ledger = Ledger.open(tmp_path)
    assert "cannot be used: file is not a database. It was set aside as ledger-" in ledger.notice
    assert finished(ledger)
    assert len(list(tmp_path.glob("ledger-*.db"))) == 1


def test_a_newer_ledger_is_set_aside_with_a_notice(tmp_path):
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    ledger = Ledger.open(tmp_path)
    assert "written by a newer Plait (schema 99" in ledger.notice
    assert finished(ledger)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_an_error(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o500)
    with pytest.raises(LedgerError, match="cannot be written"):
        Ledger.open(folder)


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(LedgerError, match="state is a file, and Plait keeps its state in a folder"):
        Ledger.open(tmp_path / "state")


def test_a_folder_in_place_of_the_ledger_is_an_error(tmp_path):
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(LedgerError, match=r"ledger\.db is a folder, and the ledger is a file"):
        Ledger.open(tmp_path)


def test_many_runs_write_at_once(tmp_path):
    ledger = Ledger.open(tmp_path)
    ids = []

    def work():
        for _ in range(5):
            ids.append(finished(ledger))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == len(ledger.runs()) == 30


def test_usual_seconds_come_from_the_last_success(tmp_path):
    ledger = Ledger.open(tmp_path)
    finished(ledger)
    assert ledger.usual_seconds(["one", "two"]) == {"one": 0.5}


def test_no_ledger_is_made_by_looking_for_one(tmp_path):
    assert Ledger.find(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
