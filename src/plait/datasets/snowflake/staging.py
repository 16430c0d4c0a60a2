"""Rows on their way: uploaded as Parquet, several files gathered in a table; one statement takes them."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from plait.catalog import frames
from plait.datasets.identifiers import TableName, quote
from plait.datasets.snowflake import statements
from plait.datasets.snowflake.connection import Link
from plait.errors import DatasetError

__all__ = ["Staged", "staging"]


class Staged:
    """Rows that wait in a file, or in a temporary table; both are gone with its context, or with the session.

    Attributes:
        table: the name of that table.
        columns: their columns → types; empty until there are rows.
        count: how many chunks there are.
    """

    def __init__(self, link: Link, beside: TableName) -> None:
        self._link = link
        self._mark = uuid.uuid4().hex.upper()
        self.table = beside.beside(f"PLAIT_ROWS_{self._mark}")
        self._stage = beside.beside(f"PLAIT_FILES_{self._mark}")
        self._is_made = False
        self._in_file: dict[str, str] | None = None
        self.columns: dict[str, str] = {}
        self.count = 0

    @property
    def is_one_file(self) -> bool:
        """Whether one file has all rows, so that a statement can read that."""
        return self._in_file is not None

    @property
    def source(self) -> tuple[str, dict[str, str]]:
        """Where the rows are, for a statement, and each column's expression over it."""
        if self._in_file is not None:
            return f"@{self._stage.quoted('snowflake')}", self._in_file
        return self.table.quoted("snowflake"), {name: quote(name) for name in self.columns}

    def gather(self) -> None:
        """See to it that all rows are in the temporary table."""
        if self.columns and not self._is_made:
            self._link.ask(statements.staged_table(self.table, self.columns))
            self._is_made = True
        if self._in_file is not None:
            self._link.ask(statements.copied_in(self.table, self._stage, self._in_file))
            self._in_file = None

    def add(self, data: Any) -> None:
        """Add a chunk, a table of any library.

        Raises:
            DatasetError: it has other columns than the chunks before.
        """
        if data is None:
            raise DatasetError("saving None is not allowed, and a chunk is None")
        self._upload(frames.to_save(data, "arrow"))
        self.count += 1

    def _upload(self, table: Any) -> None:
        from plait.datasets.snowflake import columns

        types = {field.name: columns.column_type(field.type, field.name) for field in table.schema}
        if not types:
            raise DatasetError("a table without any column cannot be stored in Snowflake")
        if not self.count:
            self._begin(types)
        elif types != self.columns:
            raise DatasetError(
                "a chunk does not fit what came before",
                why=f"it has {_said(types)}, and before it was {_said(self.columns)}",
                hint="give every chunk the same columns with the same types",
            )
        parsed = {field.name: columns.parsed(field.type, field.name) for field in table.schema}
        self._send(columns.for_upload(table), parsed)

    def _begin(self, types: dict[str, str]) -> None:
        self.columns = types
        self._link.ask(statements.stage(self._stage))

    def _send(self, table: Any, parsed: dict[str, str]) -> None:
        if not table.num_rows:
            return
        import pyarrow.parquet as pq

        if self.count:
            self.gather()
        with tempfile.TemporaryDirectory(prefix="plait-") as folder:
            file = Path(folder) / f"{self._mark.lower()}-{self.count}.parquet"
            pq.write_table(table, file, compression="snappy")
            self._link.ask(statements.uploaded(file.as_posix(), self._stage))
        self._in_file = parsed
        if self.count:
            self.gather()

    def remove(self) -> None:
        """Drop what waited. Snowflake would do so at the end of the session, so failing is no matter."""
        made = [("TABLE", self.table)] if self._is_made else []
        for kind, name in (*made, ("STAGE", self._stage)):
            with suppress(Exception):
                self._link.ask(f"DROP {kind} IF EXISTS {name.quoted('snowflake')}")


@contextmanager
def staging(link: Link, beside: TableName) -> Iterator[Staged]:
    """Give a place for rows in the schema of a table, and take it away in the end."""
    staged = Staged(link, beside)
    try:
        yield staged
    finally:
        if staged.count:
            staged.remove()


def described(link: Link, table: TableName) -> dict[str, str]:
    """Return the columns of a table or view and their types, in order.

    Raises:
        snowflake.connector.errors.ProgrammingError: it does not exist, or may not be seen.
    """
    return {row[0]: row[1] for row in link.ask(statements.described(table))}


def _said(types: dict[str, str]) -> str:
    return ", ".join(f"{name} {type_}" for name, type_ in types.items())
