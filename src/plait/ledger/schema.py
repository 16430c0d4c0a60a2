"""The tables of the ledger, and how an older one becomes today's.

``PRAGMA user_version`` names the schema. A migration is one script per step, applied in a single
transaction; a ledger that is newer than this Plait, or unreadable, is set aside by the store.
"""

from __future__ import annotations

import sqlite3

__all__ = ["VERSION", "migrate"]

_FIRST = """
CREATE TABLE runs (
    key          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    status       TEXT NOT NULL,
    started      REAL NOT NULL,
    finished     REAL,
    pipeline     TEXT NOT NULL,
    environment  TEXT,
    selection    TEXT,
    executor     TEXT NOT NULL,
    host         TEXT,
    pid          INTEGER,
    parameters   TEXT NOT NULL DEFAULT '{}',
    git_commit   TEXT,
    git_dirty    INTEGER,
    python       TEXT,
    versions     TEXT NOT NULL DEFAULT '{}',
    done         INTEGER NOT NULL DEFAULT 0,
    skipped      INTEGER NOT NULL DEFAULT 0,
    failed       INTEGER NOT NULL DEFAULT 0,
    blocked      INTEGER NOT NULL DEFAULT 0,
    peak_memory  INTEGER
);
CREATE TABLE run_nodes (
    run          INTEGER NOT NULL REFERENCES runs(key) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    node         TEXT NOT NULL,
    status       TEXT NOT NULL,
    started      REAL,
    seconds      REAL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    peak_memory  INTEGER,
    error        TEXT,
    traceback    TEXT,
    reasons      TEXT,
    PRIMARY KEY (run, position)
) WITHOUT ROWID;
CREATE INDEX run_nodes_by_node ON run_nodes (node, run);
CREATE TABLE dataset_events (
    run          INTEGER NOT NULL REFERENCES runs(key) ON DELETE CASCADE,
    time         REAL NOT NULL,
    node         TEXT NOT NULL,
    dataset      TEXT NOT NULL,
    action       TEXT NOT NULL,
    seconds      REAL NOT NULL,
    version      TEXT
);
CREATE INDEX dataset_events_by_run ON dataset_events (run);
CREATE TABLE log_lines (
    run          INTEGER NOT NULL REFERENCES runs(key) ON DELETE CASCADE,
    time         REAL NOT NULL,
    node         TEXT,
    stream       TEXT NOT NULL,
    level        TEXT,
    logger       TEXT,
    text         TEXT NOT NULL
);
CREATE INDEX log_lines_by_run ON log_lines (run);
"""

_TRACES = """
CREATE TABLE facts (
    digest       TEXT PRIMARY KEY,
    body         TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE traces (
    id           INTEGER PRIMARY KEY,
    home         TEXT NOT NULL,
    node         TEXT NOT NULL,
    part         TEXT,
    run          TEXT NOT NULL,
    time         REAL NOT NULL,
    facts        TEXT NOT NULL REFERENCES facts(digest),
    inputs       TEXT NOT NULL,
    outputs      TEXT NOT NULL
);
CREATE INDEX traces_by_home ON traces (home, part, id);
CREATE TABLE sources (
    digest       TEXT PRIMARY KEY,
    text         TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE file_digests (
    path         TEXT PRIMARY KEY,
    size         INTEGER NOT NULL,
    mtime_ns     INTEGER NOT NULL,
    inode        INTEGER NOT NULL,
    recorded_ns  INTEGER NOT NULL,
    token        TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE started (
    home         TEXT NOT NULL,
    part         TEXT NOT NULL DEFAULT '',
    run          TEXT NOT NULL,
    node         TEXT NOT NULL,
    status       TEXT NOT NULL,
    PRIMARY KEY (home, part)
) WITHOUT ROWID;
CREATE TABLE leases (
    location     TEXT PRIMARY KEY,
    run          TEXT NOT NULL,
    host         TEXT NOT NULL,
    pid          INTEGER NOT NULL,
    beat         REAL NOT NULL
) WITHOUT ROWID;
"""

# Before, an owner was told by process id alone, so of a run that is marked as running nobody knows.
_SIGNATURES = """
ALTER TABLE leases ADD COLUMN process TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN process TEXT NOT NULL DEFAULT '';
UPDATE run_nodes SET status = 'interrupted'
    WHERE status = 'started' AND run IN (SELECT key FROM runs WHERE status = 'running');
UPDATE runs SET status = 'interrupted' WHERE status = 'running';
"""

_MEASURES = """
CREATE TABLE saved_data (
    run          INTEGER NOT NULL REFERENCES runs(key) ON DELETE CASCADE,
    time         REAL NOT NULL,
    node         TEXT NOT NULL,
    dataset      TEXT NOT NULL,
    rows         INTEGER,
    bytes        INTEGER,
    columns      TEXT
);
CREATE INDEX saved_data_by_dataset ON saved_data (dataset, run);
CREATE TABLE metrics (
    run          INTEGER NOT NULL REFERENCES runs(key) ON DELETE CASCADE,
    node         TEXT NOT NULL,
    name         TEXT NOT NULL,
    value        REAL NOT NULL,
    PRIMARY KEY (run, name)
) WITHOUT ROWID;
"""

_MIGRATIONS = (_FIRST, _TRACES, _SIGNATURES, _MEASURES)

VERSION = len(_MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date. Raises sqlite3.DatabaseError for a newer or foreign file."""
    if _version(connection) == VERSION:
        return
    # Two processes may begin at once: whoever gets the lock second finds the work done.
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _version(connection)
        for number, script in enumerate(_MIGRATIONS[found:], start=found + 1):
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > VERSION:
        raise sqlite3.DatabaseError(f"it was written by a newer Plait (schema {found}, known is {VERSION})")
    return int(found)
