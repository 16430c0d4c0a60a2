"""Runs that pages ordered: until one has begun, it is known by the ticket that its page made up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from plait.processes import living

__all__ = ["Order", "kept"]


class Order:
    """One run that was asked for, and its process as soon as there is one."""

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self.ended: asyncio.Task[tuple[bytes, bytes]] | None = None
        self.cancelled = False

    def taken_by(self, process: asyncio.subprocess.Process) -> None:
        """Note the process; end it where the order was cancelled before there was one."""
        self.process = process
        self.ended = asyncio.create_task(process.communicate())
        if self.cancelled:
            self._end()

    def run(self, running: Mapping[str, str]) -> str | None:
        """Return the run that has begun, of those that are going on, each with what its process signed."""
        pid = None if self.process is None else self.process.pid
        return next((run for run, signed in running.items() if pid and living(signed) == pid), None)

    def cancel(self) -> None:
        """End what has not begun yet, whatever it waits for."""
        self.cancelled = True
        self._end()

    def _end(self) -> None:
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()


@contextmanager
def kept(orders: dict[str, Order], ticket: str) -> Iterator[Order]:
    """Keep a new order under its ticket until its process has ended, or there will be none."""
    order = orders[ticket] = Order()
    try:
        yield order
    finally:
        if order.ended is None:
            del orders[ticket]
        else:
            order.ended.add_done_callback(lambda _: orders.pop(ticket))
