"""The digests of files, kept between runs so that unchanged files are not read again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from plait.errors import LedgerError
from plait.ledger.database import Database

__all__ = ["DigestRow", "read_digests", "write_digests"]


class DigestRow(NamedTuple):
    """A file's state and digest; ``seen_ns`` is when it was looked at, in ns since the epoch."""

    size: int
    mtime_ns: int
    inode: int
    digest: str
    seen_ns: int


def read_digests(database: Database) -> dict[str, DigestRow]:
    """Return all digests by path. It is a memory and no record: what cannot be read is not there."""
    try:
        rows = database.rows("SELECT path, size, mtime_ns, inode, token, recorded_ns FROM file_digests")
    except LedgerError:
        return {}
    return {row[0]: DigestRow(*row[1:]) for row in map(tuple, rows)}


def write_digests(database: Database, rows: Mapping[str, DigestRow]) -> None:
    """Keep digests; where that fails they are taken again next time."""
    with suppress(LedgerError), database.writing() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO file_digests (path, size, mtime_ns, inode, token, recorded_ns) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [(path, *row) for path, row in rows.items()],
        )
