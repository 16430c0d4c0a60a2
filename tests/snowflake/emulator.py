"""fakesnow's server with what Plait's statements need and it lacks, for tests and benchmarks.

The real connector speaks to it over HTTP on this machine; DuckDB does the work. What is mimicked here
shows that Plait's statements and their order are right, not that Snowflake behaves so: atomicity of
``INSERT OVERWRITE``, grants, commit times and time travel are Snowflake's own.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import fakesnow
import pyarrow as pa
import snowflake.connector.errors
import sqlglot
from sqlglot import exp

_serve = fakesnow.server  # importing the module of that name hides the function
import fakesnow.arrow as fake_arrow  # noqa: E402
import fakesnow.cursor as fake_cursor  # noqa: E402
import fakesnow.server as fake_server  # noqa: E402

__all__ = ["Emulator", "emulator"]

_SAID = "SELECT 'Statement executed successfully.' AS status"
_REWRITES = [
    # DuckDB has no temporary table in a schema; Plait's are dropped anyway.
    (re.compile(r"^\s*CREATE\s+(?:SCOPED\s+)?TEMP(?:ORARY)?\s+TABLE\b", re.IGNORECASE), "CREATE TABLE"),
    (re.compile(r"\bSCOPED\s+TEMPORARY\b", re.IGNORECASE), "TEMPORARY"),
    (re.compile(r"\bCOPY\s+GRANTS\b", re.IGNORECASE), ""),
    (re.compile(r"\bUSE_LOGICAL_TYPE\s*=\s*TRUE\b|\bBINARY_AS_TEXT\s*=\s*FALSE\b", re.IGNORECASE), ""),
    (re.compile(r"\bcurrent_warehouse\(\)", re.IGNORECASE), "'WH'"),
    (re.compile(r"\bcurrent_role\(\)", re.IGNORECASE), "'SYSADMIN'"),
    (re.compile(r"\bcurrent_account\(\)", re.IGNORECASE), "'FAKE'"),
    (re.compile(r"\bcurrent_secondary_roles\(\)", re.IGNORECASE), "NULL"),
    (re.compile(r"\bsystem\$cancel_all_queries\([^)]*\)", re.IGNORECASE), "'cancelled'"),
    (re.compile(r"^\s*alter\s+session\s+(set|unset)\b.*$", re.IGNORECASE | re.DOTALL), _SAID),
    (re.compile(r"^\s*drop\s+(stage|file\s+format)\b.*$", re.IGNORECASE | re.DOTALL), _SAID),
]
_OVERWRITE = re.compile(r"^\s*INSERT\s+OVERWRITE\s+INTO\s+((?:\"(?:[^\"]|\"\")+\"|[\w$.])+)", re.IGNORECASE)
_FROM_STAGE = re.compile(
    r"^\s*INSERT\s+(OVERWRITE\s+)?INTO\s+(.*?\))\s+(SELECT\s.*\sFROM\s+@.*)$",
    re.IGNORECASE | re.DOTALL,
)
_CHANGED = re.compile(r"SYSTEM\$LAST_CHANGE_COMMIT_TIME\('((?:[^'\\]|\\.|'')*)'\)", re.IGNORECASE)
_PROCEDURE = re.compile(
    r"^\s*(CREATE|DESCRIBE)(?:\s+OR\s+REPLACE)?\s+PROCEDURE\s+(.*)$", re.IGNORECASE | re.DOTALL
)
_SIGNATURE = re.compile(r"((?:\"(?:[^\"]|\"\")+\"|[\w$.])+)\s*\(([^)]*)\)(.*)$", re.DOTALL)
_TRANSACTION = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK)\s*$", re.IGNORECASE)
_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Copy, exp.TruncateTable, exp.Create)


@dataclass
class Emulator:
    """A running server.

    Attributes:
        settings: what the connector needs to reach it, but the database and schema.
        statements: what was run, in order.
        logins: how many sessions were opened.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    logins: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    procedures: dict[tuple[str, str], str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ran(self, word: str) -> list[str]:
        """Return the statements that contain a word."""
        return [statement for statement in self.statements if word in statement]

    def expire(self) -> None:
        """Forget all sessions, as Snowflake does after a while."""
        fake_server.sessions.clear()

    def note(self, statement: str, cursor: Any) -> None:
        with self._lock:
            self.statements.append(statement)
            for name in _changed_tables(statement, cursor):
                self.changes[name] = len(self.statements)


@contextmanager
def emulator() -> Iterator[Emulator]:
    """Run the server; once in a process."""
    found = Emulator()
    _teach(found)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with _serve() as settings:
        logging.getLogger("uvicorn.access").disabled = True
        logging.getLogger("fakesnow.server").setLevel(logging.CRITICAL)
        for name in ("uvicorn", "uvicorn.error"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        found.settings = {**settings, "network_timeout": 60}
        yield found


def _teach(found: Emulator) -> None:
    plain_parse, plain_execute = sqlglot.parse_one, fake_cursor.FakeSnowflakeCursor.execute
    plain_connect = fake_server.shared_fs.connect

    def parse_one(sql: str, *args: Any, **kwargs: Any) -> Any:
        return plain_parse(_rewritten(sql), *args, **kwargs)

    def connect(*args: Any, **kwargs: Any) -> Any:
        found.logins += 1
        return plain_connect(*args, **kwargs)

    def execute(cursor: Any, command: str, *args: Any, **kwargs: Any) -> Any:
        overwrite = _OVERWRITE.match(command)
        if overwrite:
            plain_execute(cursor, f"DELETE FROM {overwrite[1]}")
            rest = (
                _copied(command) if _FROM_STAGE.match(command) else re.sub("OVERWRITE", "", command, count=1)
            )
            result = plain_execute(cursor, rest, *args, **kwargs)
        elif _TRANSACTION.match(command):
            plain_execute(cursor, command)
            result = plain_execute(cursor, _SAID)  # the server describes the last statement
        else:
            result = plain_execute(cursor, _mimicked(found, cursor, command), *args, **kwargs)
        found.note(command, cursor)
        return result

    plain_struct = fake_arrow.timestamp_to_sf_struct

    def with_nulls(moments: Any) -> Any:
        """Keep missing moments missing."""
        whole = moments.combine_chunks() if isinstance(moments, pa.ChunkedArray) else moments
        made = plain_struct(whole.fill_null(0))
        return pa.StructArray.from_arrays(made.flatten(), fields=list(made.type), mask=whole.is_null())

    fake_arrow.timestamp_to_sf_struct = with_nulls
    fake_server.parse_one = fake_cursor.parse_one = parse_one
    fake_server.shared_fs.connect = connect
    fake_cursor.FakeSnowflakeCursor.execute = execute
    fake_cursor.FakeSnowflakeCursor._describe_only = _describing(
        fake_cursor.FakeSnowflakeCursor._describe_only
    )
    fake_server.to_conn = _session
    for route in fake_server.app.routes:
        if route.path == "/queries/v1/query-request":
            route.app = _one_at_a_time(route.app)


def _session(token: str) -> Any:
    """Say that a session has expired as Snowflake does."""
    found = fake_server.sessions.get(token)
    if found is None:
        raise fake_server.ServerError(200, "390114", "Authentication token has expired.")
    return found


def _describing(plain: Any) -> Any:
    """Leave it to the statement itself to say what is wrong: the server breaks where a description fails."""

    def describe_only(cursor: Any, sql: str) -> Any:
        try:
            return plain(cursor, sql)
        except snowflake.connector.errors.ProgrammingError:
            return None

    return describe_only


def _one_at_a_time(answer: Any) -> Any:
    """Let statements wait for each other: all cursors of a session share one result in fakesnow."""
    lock = asyncio.Lock()

    async def answer_alone(*request: Any) -> None:
        async with lock:
            await answer(*request)

    return answer_alone


def _copied(sql: str) -> str:
    """Put ``COPY INTO`` for a statement that takes rows out of a file, which fakesnow does not know."""
    from_stage = _FROM_STAGE.match(sql)
    if from_stage is None:
        return sql
    return f"COPY INTO {from_stage[2]} FROM ({from_stage[3]}) FILE_FORMAT = (TYPE = PARQUET) PURGE = TRUE"


def _rewritten(sql: str) -> str:
    sql = _copied(sql)
    if _OVERWRITE.match(sql):
        sql = re.sub("OVERWRITE", "", sql, count=1)
    sql = _CHANGED.sub("0", _PROCEDURE.sub(_SAID, sql))
    for pattern, put in _REWRITES:
        sql = pattern.sub(put, sql)
    return sql


def _mimicked(found: Emulator, cursor: Any, command: str) -> str:
    """Return a statement that fakesnow understands."""
    procedure = _PROCEDURE.match(command)
    if procedure:
        return _procedure(found, cursor, *procedure.groups())
    command = _copied(command)
    return _answered(found, cursor, command) if _CHANGED.search(command) else command


def _answered(found: Emulator, cursor: Any, command: str) -> str:
    """Put a number for each table whose rows were last changed by that many statements."""

    def answer(match: re.Match[str]) -> str:
        name = match[1].replace("\\'", "'")
        table = sqlglot.parse_one(f"SELECT * FROM {name}", read="snowflake").find(exp.Table)
        full = _full(table, cursor)
        try:
            _execute_quietly(cursor, f"SELECT 1 FROM {full} LIMIT 0")
        except Exception as error:
            raise snowflake.connector.errors.ProgrammingError(
                msg=f"Object '{name}' does not exist or not authorized.", errno=2003, sqlstate="42S02"
            ) from error
        return str(found.changes.get(full, 0))

    return _CHANGED.sub(answer, command)


def _procedure(found: Emulator, cursor: Any, verb: str, rest: str) -> str:
    """Remember a procedure, or give its body as Snowflake describes it; nothing ever calls one."""
    signature = _SIGNATURE.match(rest)
    assert signature is not None
    table = sqlglot.parse_one(f"SELECT * FROM {signature[1]}", read="snowflake").find(exp.Table)
    types = ",".join(each.split()[-1].upper() for each in signature[2].split(",") if each.strip())
    key = (_full(table, cursor), types)
    if verb.upper() == "CREATE":
        found.procedures[key] = signature[3].strip()
        return _SAID
    if key not in found.procedures:
        raise snowflake.connector.errors.ProgrammingError(
            msg=f"Procedure '{signature[1]}' does not exist or not authorized.", errno=2003, sqlstate="42S02"
        )
    body = found.procedures[key].replace("'", "''")
    return f"SELECT 'signature' AS \"property\", '({types})' AS \"value\" UNION ALL SELECT 'body', '{body}'"


def _execute_quietly(cursor: Any, sql: str) -> None:
    cursor._duck_conn.cursor().execute(sql)


def _changed_tables(statement: str, cursor: Any) -> list[str]:
    try:
        parsed = sqlglot.parse_one(_rewritten(statement), read="snowflake")
    except sqlglot.errors.SqlglotError:
        return []
    if not isinstance(parsed, _CHANGES):
        return []
    table = parsed.this if isinstance(parsed.this, exp.Table) else parsed.find(exp.Table)
    return [] if table is None else [_full(table, cursor)]


def _full(table: exp.Table, cursor: Any) -> str:
    parts = [part.name if part.quoted else part.name.upper() for part in table.parts]
    outer = [cursor._conn.database, cursor._conn.schema][: 3 - len(parts)]
    return ".".join('"{}"'.format(part.replace('"', '""')) for part in (*outer, *parts))
