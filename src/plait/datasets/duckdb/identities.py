"""What identifies a table: a digest of its rows, taken anew only where the table was touched.

The digest counts rows and adds up their hashes inside the engine, in whatever order they lie: equal means
equal rows, so that a step that made the same rows again makes nothing behind it run. Digests are kept in the
file itself, in the schema ``plait``, written when the connection closes, together with the number of the
checkpoint that writes them. As long as the file has that number, nobody but Plait has changed anything in it.
Otherwise the rows are read again. While the file is open, a stamp of how a table lies in it tells of changes.
"""

from __future__ import annotations

import hashlib
import re
import string
from contextlib import suppress
from typing import Any, NamedTuple

from plait.catalog.sql_tables import unsteady
from plait.datasets.duckdb import statements
from plait.datasets.duckdb.checkpoints import checkpoints
from plait.datasets.duckdb.database import Link, closed
from plait.datasets.identifiers import TableName, exactly, parse
from plait.values import Fingerprint

__all__ = [
    "SCHEMA",
    "Identity",
    "calls_macro",
    "columns_of",
    "disown",
    "forget",
    "identify",
    "is_as_left",
    "kind_of",
    "remember",
    "row_key",
    "strike",
    "tables_starting",
]

SCHEMA = "plait"
_KEPT = exactly(SCHEMA, "identities")
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

# A view over files is identified by its rows, and so is what gives something else each time.
_OUTSIDE = re.compile(r"(?i)\b(read_\w+|\w+_scan|glob)\b")

_CHECKPOINT = ""  # stands in the place of a table's name, in the row that holds the number


class Identity(NamedTuple):
    """What is known of a table: how it lay in the file, and its digest.

    ``kept`` says that the file knows it too, ``seen`` how far the file was written when it was right.
    """

    table: TableName
    stamp: str
    token: str
    kept: bool
    seen: tuple[int, int] | None = None


def row_key(table: TableName) -> str:
    """Return what stands for a table in the tables of the schema ``plait``."""
    return "\0".join(map(_folded, table.stored("duckdb")))


def kind_of(link: Link, table: TableName) -> str | None:
    """Return ``TABLE`` or ``VIEW``, or None where there is neither; by metadata only."""
    found = _beside(link, table, "lower(table_name) = lower(?)", table.stored("duckdb")[-1])
    wanted = _folded(table.stored("duckdb")[-1])
    kinds = [kind for name, kind in found if _folded(name) == wanted]
    return None if not kinds else "VIEW" if kinds[0] == "VIEW" else "TABLE"


def tables_starting(link: Link, table: TableName, start: str) -> list[str]:
    """Return the names of the tables and views beside one that begin so; by metadata only."""
    found = _beside(link, table, "starts_with(lower(table_name), lower(?))", start)
    return [name for name, _ in found if _folded(name).startswith(_folded(start))]


def _beside(link: Link, table: TableName, condition: str, value: str) -> list[tuple[str, str]]:
    """Return names and kinds of what is in the schema of a table and meets a condition."""
    schema = table.stored("duckdb")[0]
    found = link.ask(
        "SELECT table_schema, table_name, table_type FROM information_schema.tables "
        f"WHERE table_catalog = current_database() AND lower(table_schema) = lower(?) AND {condition}",
        [schema, value],
    )
    return [(name, kind) for home, name, kind in found if _folded(home) == _folded(schema)]


def columns_of(link: Link, table: TableName) -> dict[str, str]:
    """Return the columns of a table or view and their types, in order; none where there is no table."""
    found = link.ask(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND lower(schema_name) = lower(?) "
        "AND lower(table_name) = lower(?) ORDER BY column_index",
        table.stored("duckdb"),
    )
    wanted = row_key(table)
    return {column: kind for *name, column, kind in found if row_key(exactly(*name)) == wanted}


def _folded(text: str) -> str:
    """Return a name as DuckDB compares it: only the case of the letters A to Z does not count."""
    return text.translate(_SMALL)


def identify(link: Link, table: TableName) -> Fingerprint | None:
    """Return what identifies the rows of a table or view, or None where there is none."""
    kind = kind_of(link, table)
    if kind is None:
        return None
    if kind == "VIEW":
        return Fingerprint(_view_token(link, table), "content")
    return Fingerprint(_table_token(link, table), "content")


def is_as_left(link: Link, table: TableName) -> bool:
    """Say whether a table holds the rows that Plait left in it, as far as that is on record."""
    left = _read(link, table)
    return left is None or _table_token(link, table) == left.token


def strike(link: Link, cursor: Any, record: TableName, table: TableName) -> None:
    """Remove what one of the tables in the schema ``plait`` holds of a table, in the open transaction."""
    if kind_of(link, record) is not None:
        cursor.execute(f"DELETE FROM {record} WHERE table_name = ?", [row_key(table)])


def disown(link: Link, cursor: Any, table: TableName) -> None:
    """Let the file no longer know what identified a table, in the transaction that writes it.

    Until the rows are looked at again, they are taken to be those that Plait left.
    """
    strike(link, cursor, _KEPT, table)


def forget(link: Link, table: TableName) -> None:
    """Forget what identified a table that has just been written."""
    link.known.pop(row_key(table), None)


def remember(link: Link) -> None:
    """Keep in the file what was found out of its tables, so that nobody need read them again.

    A checkpoint comes first: it moves rows from the log into the file, which changes how they lie there. A
    second one writes what is kept, under the number that is kept with it.
    """
    new = any(not identity.kept for identity in link.known.values())
    written = link.file is not None and checkpoints(link.file) != link.opened_at
    if not link.writable or link.file is None or not (new or (written and _is_untouched(link))):
        return
    with suppress(Exception):  # it is only a memory: without it the rows are read again
        right = {key: known for key, known in _all_known(link).items() if _is_right(link, known)}
        link.ask("CHECKPOINT")
        last = checkpoints(link.file)
        if last is None:
            return
        rows = [(key, _stamp(link, known.table), known.token) for key, known in right.items()]
        with link.transaction() as cursor:
            _prepare(cursor)
            cursor.execute(f"DELETE FROM {_KEPT}")
            cursor.executemany(
                f"INSERT INTO {_KEPT} VALUES (?, ?, ?)", [(_CHECKPOINT, str(last + 1), ""), *rows]
            )
        link.ask("CHECKPOINT")


def _prepare(cursor: Any) -> None:
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    columns = "table_name VARCHAR PRIMARY KEY, stamp VARCHAR, token VARCHAR"
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {_KEPT} ({columns})")


def _all_known(link: Link) -> dict[str, Identity]:
    """Return what this process found out, and what the file knows of other tables that nobody touched."""
    kept = _record(link, "table_name <> ?", _CHECKPOINT) if _is_untouched(link) else []
    known = {key: _as_opened(link, exactly(*key.split("\0")), stamp, token) for key, stamp, token in kept}
    return {**known, **link.known}


def _table_token(link: Link, table: TableName) -> str:
    key, now = row_key(table), link.written_so_far()
    known = link.known.get(key) or (_read(link, table) if _is_untouched(link) else None)
    if known is None or now is None or known.seen != now:
        stamp = _stamp(link, table)
        if known is None or known.stamp != stamp:
            known = Identity(table, stamp, _digest(link, table), kept=False)
        known = known._replace(seen=now)
    link.known[key] = known
    return known.token


def _is_right(link: Link, known: Identity) -> bool:
    now = link.written_so_far()
    return (now is not None and known.seen == now) or _stamp(link, known.table) == known.stamp


def _is_untouched(link: Link) -> bool:
    """Say whether nobody has written to the file between the last time Plait closed it and now."""
    if link.untouched is None:
        kept = _record(link, "table_name = ?", _CHECKPOINT)
        link.untouched = bool(kept) and kept[0][1] == str(link.opened_at)
    return link.untouched


def _read(link: Link, table: TableName) -> Identity | None:
    found = _record(link, "table_name = ?", row_key(table))
    return _as_opened(link, table, *found[0][1:]) if found else None


def _as_opened(link: Link, table: TableName, stamp: str, token: str) -> Identity:
    """Return what the file says of a table, which was right when it was opened if nobody touched it."""
    seen = None if link.opened_at is None else (link.opened_at, 0)
    return Identity(table, stamp, token, kept=True, seen=seen)


def _record(link: Link, condition: str, value: str) -> list[tuple[str, str, str]]:
    try:
        return link.ask(f"SELECT table_name, stamp, token FROM {_KEPT} WHERE {condition}", [value])
    except Exception:  # nothing was kept in this file yet, or by something else under that name
        return []


def _stamp(link: Link, table: TableName) -> str:
    (found,) = link.ask(statements.stamp(table))
    return " ".join(map(str, found))


def _digest(link: Link, table: TableName) -> str:
    columns = columns_of(link, table)
    with closed(link.cursor()) as cursor:
        (found,) = cursor.execute(statements.digest(table.quoted("duckdb"), columns)).fetchall()
    return _token([*columns.items()], found)


def _token(shape: Any, rows: Any) -> str:
    return f"duckdb-rows:{hashlib.sha256(repr((shape, rows)).encode()).hexdigest()}"


def _view_token(link: Link, view: TableName) -> str:
    """Identify a view by its text and the tables it reads; by its rows where those are not all."""
    (text,) = link.ask(
        "SELECT sql FROM duckdb_views() WHERE schema_name = ? AND view_name = ? "
        "AND database_name = current_database()",
        view.stored("duckdb"),
    )[0]
    steady = not (_OUTSIDE.search(text) or unsteady([text]) or calls_macro(link, text))
    tokens = _tokens_below(link, view) if steady else None
    if tokens is None:
        return _digest(link, view)
    return f"duckdb-view:{hashlib.sha256(repr((text, tokens)).encode()).hexdigest()}"


def calls_macro(link: Link, text: str) -> bool:
    """Say whether a query may call a macro of the file, whose text is none of the query's."""
    macros = link.ask(
        "SELECT DISTINCT function_name FROM duckdb_functions() "
        "WHERE NOT internal AND function_type IN ('macro', 'table_macro')"
    )
    words = {word.lower() for word in re.findall(r"\w+", text)}
    return any(name.lower() in words for (name,) in macros)


def _tokens_below(link: Link, view: TableName) -> list[tuple[str, str]] | None:
    """Return what identifies the tables that a view reads, or None where it reads anything else."""
    found = []
    for name in _read_by(link, view):
        identity = identify(link, name.within(None, "main"))
        if identity is None:
            return None
        found.append((str(name), identity.token))
    return found or None


def _read_by(link: Link, view: TableName) -> list[TableName]:
    with closed(link.cursor()) as cursor:
        (text,) = cursor.execute(
            "SELECT view_definition FROM information_schema.views WHERE table_schema = ? AND table_name = ?",
            list(view.stored("duckdb")),
        ).fetchone()
        try:
            names = cursor.get_table_names(text.partition(" AS ")[2].rstrip("; "), qualified=True)
            return [parse(name.partition(" AS ")[0]) for name in sorted(names)]
        except Exception:  # a text that this reading does not understand: its rows tell
            return []
