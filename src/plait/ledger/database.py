"""The database file: opened, brought up to date, or set aside when it cannot be used."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from plait.errors import LedgerError
from plait.ledger.schema import migrate

__all__ = ["Database", "ignore_folder", "moment_of", "new_run_id", "open_database", "unwritable"]


def new_run_id(now: float | None = None) -> str:
    """Return a run id: the UTC time to the millisecond, which sorts and serves as a save version."""
    moment = datetime.fromtimestamp(time.time() if now is None else now, UTC)
    return moment.strftime("%Y-%m-%dT%H.%M.%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment_of(run_id: str) -> float:
    """Return the time that a run id tells."""
    return datetime.strptime(run_id, "%Y-%m-%dT%H.%M.%S.%fZ").replace(tzinfo=UTC).timestamp()


class Database:
    """One connection to the database file, for all threads of the process, one transaction at a time.

    A connection that is kept costs nothing; to open and close one costs more than a small run writes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        # Autocommit: transactions are opened by name where they are wanted.
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA synchronous=NORMAL")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return what a query finds. Raises LedgerError."""
        with self._lock, _told("read", self):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one transaction, durable against a killed process. Raises LedgerError."""
        with self._lock, _told("written", self):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def migrate(self) -> None:
        """Bring the schema up to date. Raises sqlite3.DatabaseError for a foreign or newer file."""
        # A file system without shared memory keeps a rollback journal instead; both are safe.
        self._connection.execute("PRAGMA journal_mode=WAL").fetchone()
        migrate(self._connection)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def is_current(self) -> bool:
        """Say whether the file that was opened is still the one that lies there."""
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    @cached_property
    def _inode(self) -> int:
        return self.path.stat().st_ino


@contextmanager
def _told(done: str, database: Database) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        # Of damage; the subclasses of that error mean something else.
        if type(error) is sqlite3.DatabaseError and database.is_current():
            raise _damaged(database.path, error) from error
        raise LedgerError(
            f"The ledger cannot be {done}",
            where=str(database.path),
            why=str(error),
            hint="check the permissions and the free space of the state folder",
        ) from error


def open_database(path: Path) -> tuple[Database, str | None]:
    """Open the database, set aside first if it cannot be used; return it and a notice of that.

    Raises:
        LedgerError: the place cannot be written.
    """
    try:
        return _opened(path), None
    except sqlite3.OperationalError as error:
        raise unwritable(path, error) from error
    except sqlite3.DatabaseError as error:
        from plait.catalog.storage import alone  # much to import for what hardly ever happens

        with alone(path.parent):
            return _begun_anew(path, error)


def _begun_anew(path: Path, error: sqlite3.Error) -> tuple[Database, str | None]:
    """Set a database aside and begin another, unless another process has just done so."""
    try:
        return _opened(path), None
    except sqlite3.DatabaseError:
        aside = _set_aside(path)
        notice = (
            f"the ledger cannot be used: {error}. It was set aside as {aside.name}, and a new one begun; "
            "what was recorded there is not known any more"
        )
        return _opened(path), notice


def _opened(path: Path) -> Database:
    database = Database(path)
    try:
        database.migrate()
        database.is_current()  # looks at the inode while it is surely the right one
    except BaseException:
        database.close()
        raise
    return database


def _set_aside(path: Path) -> Path:
    aside = path.with_name(f"ledger-{new_run_id().replace(':', '.')}.db")
    path.rename(aside)
    with suppress(FileNotFoundError):  # what a killed process had written, but not yet into the file itself
        path.with_name(f"{path.name}-wal").rename(aside.with_name(f"{aside.name}-wal"))
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    return aside


def _damaged(path: Path, error: sqlite3.Error) -> LedgerError:
    """Set aside a ledger of which only some pages are damaged, so that it opened, and say so."""
    aside = _set_aside(path)
    return LedgerError(
        "The ledger is damaged",
        where=str(path),
        why=str(error),
        hint=f"it was set aside as {aside.name}; plait run goes on with a new one",
    )


def ignore_folder(folder: Path) -> None:
    """Keep the state folder out of version control without touching the user's own rules."""
    marker = folder / ".gitignore"
    if not marker.exists():
        marker.write_text("*\n", encoding="utf-8")


def unwritable(path: Path, error: Exception) -> LedgerError:
    """Return what to say of a ledger at ``path`` that cannot be made or opened."""
    folder = path.parent
    if folder.exists() and not folder.is_dir():
        return _wrong_kind(folder, "is a file, and Plait keeps its state in a folder of that name")
    if path.is_dir():
        return _wrong_kind(path, "is a folder, and the ledger is a file of that name")
    return LedgerError(
        "The ledger cannot be written",
        where=str(path),
        why=str(error),
        hint="check the permissions and the free space of the state folder",
    )


def _wrong_kind(place: Path, what: str) -> LedgerError:
    return LedgerError(f"{place.name} {what}", where=str(place), hint=f"move it away: mv {place} {place}-old")
