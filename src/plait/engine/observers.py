"""Telling observers what happens. They are best effort: one that raises is left out and reported."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from plait.events import Event, Observer

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
        self._teller: int | None = None
        self.errors: list[str] = []

    def speaking(self) -> bool:
        """Tell whether this thread is inside an observer: what it prints is the observer's, not a node's."""
        return self._teller == threading.get_ident()

    def tell(self, event: Event) -> None:
        with self._lock:
            self._teller = threading.get_ident()
            for observer in tuple(self.listening):
                try:
                    observer.on_event(event)
                except Exception as error:
                    self.listening.remove(observer)
                    name = type(observer).__name__
                    self.errors.append(f"{name} failed and was left out: {type(error).__name__}: {error}")
            self._teller = None
