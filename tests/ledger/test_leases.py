"""Leases: who may write where, and when an owner counts as gone."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from plait.ledger import Ledger
from plait.ledger.leases import Leases
from plait.processes import host_name, signature


@pytest.fixture
def database(tmp_path):
    with Ledger.open(tmp_path) as ledger:
        yield ledger.database


def test_a_location_is_held_by_one_run_at_a_time(database):
    first, second = Leases(database, "one"), Leases(database, "two")
    assert first.take(["a", "b"]) is None
    assert first.take(["a"]) is None
    assert second.take(["b", "c"]).run == "one"
    assert first.take(["c"]) is None
    first.give_back(["b"])
    assert second.take(["b"]) is None
    first.close()
    second.close()
    assert Leases(database, "three").take(["a", "b", "c"]) is None


def put(database, host, beat, process):
    with database.writing() as connection:
        connection.execute("INSERT INTO leases VALUES ('a', 'other', ?, 1, ?, ?)", (host, beat, process))


def test_an_owner_elsewhere_is_gone_when_its_heart_stops(database):
    put(database, "elsewhere", time.time(), "00000000-1-00000000")
    assert Leases(database, "mine").take(["a"]).host == "elsewhere"
    with database.writing() as connection:
        connection.execute("UPDATE leases SET beat = ?", (time.time() - 1000,))
    assert Leases(database, "mine").take(["a"]) is None


def started_at_another_time():
    """Return a signature with the id of a process that lives, but that has begun at another time."""
    machine, pid, started = signature().split("-")
    return f"{machine}-{pid}-{int(started, 16) ^ 1:08x}"


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="the system does not say when a process began"
)
def test_a_process_id_that_was_used_again_keeps_nobody_waiting(database):
    put(database, host_name(), time.time(), started_at_another_time())
    assert Leases(database, "mine").take(["a"]) is None


def test_an_owner_on_this_machine_holds_on_without_a_heartbeat_as_long_as_it_lives(database):
    put(database, host_name(), 0.0, signature())
    assert Leases(database, "mine").take(["a"]).run == "other"


def test_an_owner_in_another_container_of_this_machine_counts_by_its_heart(database):
    """Its process id means nothing here."""
    put(database, host_name(), time.time(), f"00000000-{os.getpid()}-00000000")
    assert Leases(database, "mine").take(["a"]).run == "other"


def test_a_held_lease_beats_while_its_node_runs(database, monkeypatch):
    monkeypatch.setattr("plait.ledger.leases._BEAT", 0.01)
    leases = Leases(database, "mine")
    leases.take(["a"])
    with database.writing() as connection:
        connection.execute("UPDATE leases SET beat = 0")
    deadline = time.monotonic() + 30
    while not database.rows("SELECT beat FROM leases")[0]["beat"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    leases.close()
    assert database.rows("SELECT * FROM leases") == []
