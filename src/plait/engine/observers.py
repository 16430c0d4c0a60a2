"""Telling observers what happens. They are best effort: one that raises is left out and reported."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from plait.events import Event, LogLine, Observer

__all__ = ["Observers"]


class Observers:
    """Passes each event to every observer that has not failed yet, one event at a time.

    Attributes:
        listening: who is still told; where it is empty no event need be made.
        errors: what the others failed with.
    """

    def __init__(self, observers: Iterable[Observer]) -> None:
        self.listening = list(observers)
        self._lock = threading.Lock()
        self._waiting: deque[Event] = deque()
        self._teller: int | None = None
        self.errors: list[str] = []

    def speaking(self) -> bool:
        """Tell whether this thread is inside an observer: what it prints is the observer's, not a node's."""
        return self._teller == threading.get_ident()

    def tell(self, event: Event) -> None:
        """Tell everybody; a line that is logged meanwhile waits for its turn, and who logs it does not.

        An observer may fetch something, and whoever fetches it for the observer may log.
        """
        if not self._lock.acquire(blocking=not isinstance(event, LogLine)):
            self._waiting.append(event)
            return
        try:
            self._teller = threading.get_ident()
            self._waiting.append(event)
            while self._waiting:
                self._deliver(self._waiting.popleft())
        finally:
            self._teller = None
            self._lock.release()

    def _deliver(self, event: Event) -> None:
        for observer in tuple(self.listening):
            try:
                observer.on_event(event)
            except Exception as error:
                self.listening.remove(observer)
                name = type(observer).__name__
                self.errors.append(f"{name} failed and was left out: {type(error).__name__}: {error}")
