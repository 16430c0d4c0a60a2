"""Leases on output locations: two runs in one project never write the same output at the same time.

A lease is a row that names its owner. It ends when the owner gives it back or is gone: on the same machine
its process is looked for, on another, or in another container, its heartbeat has to be recent.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from plait.errors import LedgerError
from plait.ledger.database import Database
from plait.processes import host_name, is_gone, is_visible, signature

__all__ = ["Holder", "Leases"]

_BEAT = 15.0  # seconds between heartbeats
_GONE = 90.0  # seconds without one after which an owner on another machine counts as gone


class Holder(NamedTuple):
    """Who holds a location."""

    location: str
    run: str
    host: str
    pid: int


class Leases:
    """The leases of one run. Raises LedgerError where the ledger cannot be written."""

    def __init__(self, database: Database, run: str) -> None:
        self._database = database
        self._run = run
        self._host = host_name()
        self._held: set[str] = set()
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None

    def take(self, locations: Iterable[str]) -> Holder | None:
        """Take all of these locations, or none and return who holds one of them."""
        wanted = [location for location in locations if location not in self._held]
        if not wanted:
            return None
        with self._database.writing() as connection:
            holder = self._holder(connection, wanted)
            if holder is not None:
                return holder
            now, me = time.time(), os.getpid()
            connection.executemany(
                "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?)",
                [(location, self._run, self._host, me, now, signature()) for location in wanted],
            )
        self._held.update(wanted)
        self._start_beating()
        return None

    def give_back(self, locations: Iterable[str]) -> None:
        """Let others have these locations."""
        given = [location for location in locations if location in self._held]
        self._held.difference_update(given)
        if given:
            self._change(
                "DELETE FROM leases WHERE location = ? AND run = ?", [(place, self._run) for place in given]
            )

    def close(self) -> None:
        """Give everything back."""
        self._ended.set()
        if self._heart is not None:
            self._heart.join()
        self.give_back(list(self._held))

    def _start_beating(self) -> None:
        """Say now and then, however long a node takes, that the owner is alive."""
        if self._heart is None:
            self._heart = threading.Thread(target=self._beat, name="plait-leases", daemon=True)
            self._heart.start()

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT):
            with suppress(LedgerError):  # what writes next will tell
                self._change("UPDATE leases SET beat = ? WHERE run = ?", [(time.time(), self._run)])

    def _holder(self, connection: sqlite3.Connection, wanted: list[str]) -> Holder | None:
        for location in wanted:
            row = connection.execute("SELECT * FROM leases WHERE location = ?", (location,)).fetchone()
            if row is not None and row["run"] != self._run and _alive(row):
                return Holder(row["location"], row["run"], row["host"], row["pid"])
        return None

    def _change(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        with self._database.writing() as connection:
            connection.executemany(statement, rows)


def _alive(row: sqlite3.Row) -> bool:
    if is_visible(row["process"]):
        return not is_gone(row["process"])
    return bool(abs(time.time() - row["beat"]) < _GONE)
