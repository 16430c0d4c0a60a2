"""Many at once, or one alone: what a transaction needs in a session that threads share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Turns"]


class Turns:
    """Lets threads through together, or one of them alone while the others wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._alone: int | None = None
        self._waiting = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Wait for whoever is alone, or wants to be; within one's own turn alone, go on."""
        mine = self._alone == threading.get_ident()
        if not mine:
            with self._changed:
                self._changed.wait_for(lambda: self._alone is None and not self._waiting)
                self._inside += 1
        try:
            yield
        finally:
            if not mine:
                with self._changed:
                    self._inside -= 1
                    self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody is inside, and keep everybody out."""
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: self._alone is None and not self._inside)
            self._waiting -= 1
            self._alone = threading.get_ident()
        try:
            yield
        finally:
            with self._changed:
                self._alone = None
                self._changed.notify_all()
