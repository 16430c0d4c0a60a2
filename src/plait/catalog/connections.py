"""Live connections: one for each distinct way to reach something, opened at first use, closed together."""

from __future__ import annotations

import hashlib
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

__all__ = ["Connections"]

C = TypeVar("C")


@dataclass(slots=True)
class _Place:
    """Where one connection is kept; its lock lets a slow login hold up nobody else."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    live: Any = None
    close: Callable[[Any], None] | None = None


class Connections:
    """The live connections of one catalog. Safe to use from several threads.

    Datasets with equal settings get the same object. Pickled, it is empty: a process opens its own.
    """

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}
        self._users = 0
        self._lock = threading.Lock()

    def get(
        self,
        kind: str,
        settings: Mapping[str, Any],
        open: Callable[[], C],  # noqa: A002 - the word for it
        *,
        close: Callable[[C], None],
        is_open: Callable[[C], bool] | None = None,
    ) -> C:
        """Return the connection that these settings reach, opened if there is none.

        Args:
            kind: what it is, as ``duckdb``; equal settings of two kinds are two connections.
            settings: everything that tells it from others, secrets revealed; only a digest is kept.
            open: makes it. What it raises is raised here, and the next call tries again.
            close: is given it when all are closed.
            is_open: says whether it still works; where not, it is closed and opened anew.
        """
        place = self._place(kind, settings)
        with place.lock:
            if place.live is not None and is_open is not None and not is_open(place.live):
                _end(place)
            if place.live is None:
                place.live, place.close = open(), close
            return place.live  # type: ignore[no-any-return]

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Close every connection when the last of those who use them at once is done."""
        with self._lock:
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                last = not self._users
            if last:
                self.close()

    def close(self) -> None:
        """Close every connection; the next call of :meth:`get` opens anew.

        One that cannot be closed is warned of, and the others are closed.
        """
        with self._lock:
            places = list(self._places.values())
        for place in places:
            with place.lock:
                _end(place)

    def __len__(self) -> int:
        """How many are open."""
        return sum(place.live is not None for place in list(self._places.values()))

    def __repr__(self) -> str:
        return f"Connections({len(self)} open)"

    def __enter__(self) -> Connections:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Connections.__init__(self)

    def _place(self, kind: str, settings: Mapping[str, Any]) -> _Place:
        # With the process: what was opened before a fork must not be used after it.
        key = hashlib.sha256(f"{os.getpid()} {kind} {_canonical(settings)}".encode()).hexdigest()
        with self._lock:
            return self._places.setdefault(key, _Place())


def _end(place: _Place) -> None:
    live, place.live = place.live, None
    if live is None or place.close is None:
        return
    try:
        place.close(live)
    except Exception as error:  # of any library; what was done over it is done
        warnings.warn(f"a connection could not be closed ({type(error).__name__}: {error})", stacklevel=3)


def _canonical(value: Any) -> str:
    if isinstance(value, Mapping):
        items = sorted((_canonical(key), _canonical(item)) for key, item in value.items())
        return f"{{{items}}}"
    if isinstance(value, (list, tuple)):
        return str([_canonical(item) for item in value])
    return repr(value)
