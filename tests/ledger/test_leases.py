"""Leases: who may write where, and when an owner counts as gone."""

from __future__ import annotations

import time

import pytest

from plait.ledger import Ledger
from plait.ledger.leases import Leases


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


def put(database, host, pid, beat):
    with database.writing() as connection:
        connection.execute("INSERT INTO leases VALUES ('a', 'other', ?, ?, ?)", (host, pid, beat))


def test_an_owner_elsewhere_is_gone_when_its_heart_stops(database):
    put(database, "elsewhere", 1, time.time())
    assert Leases(database, "mine").take(["a"]).host == "elsewhere"
    with database.writing() as connection:
        connection.execute("UPDATE leases SET beat = ?", (time.time() - 1000,))
    assert Leases(database, "mine").take(["a"]) is None


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
