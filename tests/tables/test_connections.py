"""Live connections: one for each distinct way to reach something, opened late and closed together."""

from __future__ import annotations

import pickle
import threading

import pandas as pd
import pytest

import plait
from plait import DataCatalog, node, pipeline
from plait.catalog.check import check_catalog
from plait.catalog.connections import Connections
from plait.datasets import databases


class Line:
    """Stands for a connection."""

    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True


def get(connections, settings, kind="line", **more):
    return connections.get(kind, settings, Line, close=Line.close, **more)


def test_equal_settings_share_one_and_others_do_not():
    connections = Connections()
    first = get(connections, {"user": "me", "options": {"a": 1, "b": [2]}})
    assert get(connections, {"options": {"b": [2], "a": 1}, "user": "me"}) is first
    assert get(connections, {"user": "you", "options": {"a": 1, "b": [2]}}) is not first
    assert get(connections, {"user": "me", "options": {"a": "1", "b": [2]}}) is not first
    assert get(connections, {"user": "me", "options": {"a": 1, "b": [2]}}, kind="other") is not first
    assert len(connections) == 4


def test_what_no_longer_works_is_closed_and_opened_anew():
    connections = Connections()
    first = get(connections, {})
    second = get(connections, {}, is_open=lambda line: line is not first)
    assert second is not first
    assert first.closed
    assert get(connections, {}, is_open=lambda _: True) is second


def test_all_are_closed_when_the_last_user_is_done():
    connections = Connections()
    with connections.in_use():
        with connections.in_use():
            line = get(connections, {})
        assert not line.closed
    assert line.closed
    assert get(connections, {}) is not line


def test_one_that_cannot_be_closed_keeps_none_open():
    connections = Connections()

    def refuse(_line):
        raise OSError("gone already")

    connections.get("line", {"n": 1}, Line, close=refuse)
    other = get(connections, {"n": 2})
    with pytest.warns(UserWarning, match=r"could not be closed \(OSError: gone already\)"):
        connections.close()
    assert other.closed
    assert len(connections) == 0


def test_one_that_broke_is_opened_anew_though_it_cannot_be_closed():
    connections = Connections()

    def refuse(_line):
        raise OSError("gone already")

    first = connections.get("line", {}, Line, close=refuse)
    with pytest.warns(UserWarning, match="gone already"):
        second = get(connections, {}, is_open=lambda line: line is not first)
    assert second is not first


def test_what_fails_to_open_is_tried_again():
    connections = Connections()
    with pytest.raises(ZeroDivisionError):
        connections.get("line", {}, lambda: 1 / 0, close=print)
    assert isinstance(get(connections, {}), Line)


def test_a_slow_login_holds_up_nobody_else():
    connections = Connections()
    opening, go = threading.Event(), threading.Event()

    def slowly():
        opening.set()
        assert go.wait(20)
        return Line()

    slow = threading.Thread(target=connections.get, args=("line", {"n": 1}, slowly), kwargs={"close": print})
    slow.start()
    assert opening.wait(20)
    assert isinstance(get(connections, {"n": 2}), Line)
    go.set()
    slow.join(20)
    assert len(connections) == 2


def test_secrets_are_neither_shown_nor_pickled():
    connections = Connections()
    get(connections, {"password": "hunter2"})
    assert "hunter2" not in repr(connections)
    assert "hunter2" not in str(vars(connections))
    copy = pickle.loads(pickle.dumps(connections))
    assert len(copy) == 0
    assert isinstance(get(copy, {}), Line)


@pytest.fixture
def opened(monkeypatch):
    """Which engines were made."""
    made = []
    real = databases._engine
    monkeypatch.setattr(databases, "_engine", lambda *args: made.append(real(*args)) or made[-1])
    return made


def test_two_hundred_entries_on_one_credential_open_one_connection_at_first_use(opened, tmp_path):
    entries = {
        f"t{n}": {"type": "sql.TableDataset", "table_name": f"t{n}", "credentials": "db", "mode": "replace"}
        for n in range(200)
    }
    catalog = DataCatalog.from_config(entries, {"db": {"con": f"sqlite:///{tmp_path / 'store.db'}"}})
    nodes = [node(_table, None, "t0"), *(node(_same, f"t{n}", f"t{n + 1}", name=f"n{n}") for n in range(20))]
    chain = pipeline(nodes)
    assert len(catalog.keys()) == 200
    assert check_catalog(catalog, catalog.keys()) == []
    assert opened == []
    plait.run(chain, catalog)
    assert len(opened) == 1
    assert len(catalog.connections) == 0


def test_two_credentials_never_share_a_connection(opened, tmp_path):
    entry = {"type": "sql.TableDataset", "table_name": "t"}
    url = f"sqlite:///{tmp_path / 'store.db'}"
    catalog = DataCatalog.from_config(
        {"a": {**entry, "credentials": "one"}, "b": {**entry, "credentials": "two"}},
        {"one": {"con": url}, "two": {"con": url, "echo": False}},
    )
    assert not catalog.exists("a")
    assert not catalog.exists("b")
    assert len(opened) == 2


def _table():
    return pd.DataFrame({"n": [1, 2]})


def _same(table):
    return table
