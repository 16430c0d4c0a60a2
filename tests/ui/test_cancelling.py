"""Which process a run is cancelled in: the one that signed it, and no other that has its number since."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from types import SimpleNamespace

import pytest

from plait.processes import living, signature
from plait.ui.api import running
from plait.ui.endpoints import NotFoundError
from plait.ui.going_on import GoingOn
from plait.ui.orders import kept


def begun(process: str) -> GoingOn:
    going_on = GoingOn()
    going_on.note([{"event": "run_so_far", "run_id": "r", "process": process, "states": {}, "keys": {}}])
    return going_on


def watching(going_on: GoingOn) -> SimpleNamespace:
    return SimpleNamespace(
        read_only=False,
        orders={},
        running=going_on.processes,
        is_stopping=going_on.is_stopping,
        stopping=lambda run: going_on.note([{"event": "run_stopping", "run_id": run}]),
    )


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
    viewer = watching(begun(f"{machine}-{pid}-00000000"))
    with pytest.raises(NotFoundError, match="Run r is not going on"):
        asyncio.run(running.cancel(viewer, {"run": "r", "now": True}))
    assert set(sent) <= {0}, "a stranger was interrupted"


@pytest.mark.parametrize(
    ("asked", "interrupts"),
    [([False], 1), ([False, False], 1), ([False, True], 2), ([True], 2), ([False, False, True], 2)],
)
def test_a_run_that_is_asked_gently_twice_is_not_stopped_at_once(monkeypatch, asked, interrupts):
    sent = []
    monkeypatch.setattr(os, "kill", lambda _, number: sent.append(number))
    viewer = watching(begun(signature()))

    async def ask():
        for now in asked:
            await running.cancel(viewer, {"run": "r", "now": now})

    asyncio.run(ask())
    assert sent.count(signal.SIGINT) == interrupts


def test_a_page_that_is_opened_later_is_told_that_a_run_was_asked_to_stop():
    going_on = begun(signature())
    going_on.note([{"event": "run_stopping", "run_id": "r"}])
    assert [run["stopping"] for run in going_on.so_far()] == [True]


def test_an_order_that_is_cancelled_before_it_has_a_process_ends_that():
    async def ordered():
        orders = {}
        with kept(orders, "one") as order:
            assert orders == {"one": order}
            order.cancel()
            wait = [sys.executable, "-c", "input()"]
            pipe = asyncio.subprocess.PIPE
            order.taken_by(await asyncio.create_subprocess_exec(*wait, stdin=pipe, start_new_session=True))
        await order.ended
        await asyncio.sleep(0)
        return order.process.returncode, orders

    assert asyncio.run(ordered()) == (-signal.SIGTERM, {})
