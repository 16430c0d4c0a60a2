"""Ctrl-C: once lets running nodes finish, twice stops now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

__all__ = ["stoppable"]


class _Stop(Protocol):
    requested: bool

    def request(self) -> None: ...


@contextmanager
def stoppable(stop: _Stop, note: Callable[[str], None]) -> Iterator[None]:
    """Turn the first Ctrl-C of the block into a request to stop, and the second into an interrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        if stop.requested:
            raise KeyboardInterrupt
        stop.request()
        note("Stopping when running nodes are done. Ctrl-C again stops now.")

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
