"""The database file: opened, brought up to date, or set aside when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from plait.errors import LedgerError
from plait.ledger.schema import migrate

__all__ = ["connect", "ignore_folder", "new_run_id", "prepare", "process_lives", "transaction", "unwritable"]


def new_run_id(now: float | None = None) -> str:
    """Return a run id: the UTC time to the millisecond, which sorts and serves as a save version."""
    moment = datetime.fromtimestamp(time.time() if now is None else now, UTC)
    return moment.strftime("%Y-%m-%dT%H.%M.%S.") + f"{moment.microsecond // 1000:03d}Z"


def connect(path: Path) -> sqlite3.Connection:
    # Autocommit: transactions are opened by name where they are wanted.
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def prepare(path: Path) -> str | None:
    """Make sure the ledger can be used; return a notice if an unreadable one was set aside."""
    try:
        _open_once(path)
    except sqlite3.OperationalError as error:
        raise unwritable(path, error) from error
    except sqlite3.DatabaseError as error:
        aside = _set_aside(path)
        _open_once(path)
        return f"The ledger could not be used ({error}); it was set aside as {aside.name} and a new one begun"
    return None


def _open_once(path: Path) -> None:
    connection = connect(path)
    try:
        # A file system without shared memory keeps a rollback journal instead; both are safe.
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
        migrate(connection)
    finally:
        connection.close()


def _set_aside(path: Path) -> Path:
    aside = path.with_name(f"ledger-{new_run_id().replace(':', '.')}.db")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside


def ignore_folder(folder: Path) -> None:
    """Keep the state folder out of version control without touching the user's own rules."""
    marker = folder / ".gitignore"
    if not marker.exists():
        marker.write_text("*\n", encoding="utf-8")


def unwritable(path: Path, error: Exception) -> LedgerError:
    return LedgerError(
        "The ledger cannot be written",
        where=str(path),
        why=str(error),
        hint="check the permissions and the free space of the state folder",
    )


def process_lives(pid: int) -> bool:
    """Say whether a process of this machine is still there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
