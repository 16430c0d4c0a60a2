"""Which process a run is cancelled in: the one that signed it, and no other that has its number since."""

from __future__ import annotations

import asyncio
import os
from types import SimpleNamespace

import pytest

from plait.processes import living, signature
from plait.ui.api import running
from plait.ui.endpoints import NotFoundError
from plait.ui.going_on import GoingOn


def begun(process: str) -> GoingOn:
    going_on = GoingOn()
    going_on.note([{"event": "run_so_far", "run_id": "r", "process": process, "states": {}, "keys": {}}])
    return going_on


def test_a_process_is_known_by_more_than_its_number():
    assert living(signature()) == os.getpid()
    machine, pid, started = signature().split("-")
    assert living(f"{machine}-{pid}-{started[::-1]}x") is None
    assert living(f"other-{pid}-{started}") is None
    assert living("") is None


def test_a_run_whose_process_ended_is_not_cancelled_in_one_that_has_its_number(monkeypatch):
    sent = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append(number))
    machine, pid, _ = signature().split("-")
    viewer = SimpleNamespace(read_only=False, running=begun(f"{machine}-{pid}-00000000").processes)
    with pytest.raises(NotFoundError, match="Run r is not going on"):
        asyncio.run(running.cancel(viewer, {"run": "r", "now": True}))
    assert set(sent) <= {0}, "a stranger was interrupted"
