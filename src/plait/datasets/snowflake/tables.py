"""A table of Snowflake: loaded through Arrow, saved by one statement."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.catalog.growing import ChunkWriter
from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.datasets.identifiers import Engine, TableName, parse
from plait.datasets.modes import Mode, key_columns, refuse_existing, save_mode
from plait.datasets.option_values import as_columns, as_limit, demand_choice, demand_name, demand_text
from plait.datasets.snowflake import lazy, progress, statements
from plait.datasets.snowflake.connection import Account, Link, is_missing, is_there_already, tag_of
from plait.datasets.snowflake.fetching import fetched, preview_of
from plait.datasets.snowflake.naming import Named
from plait.datasets.snowflake.staging import Staged, described, staging
from plait.datasets.snowflake.writing import write
from plait.errors import DatasetError

__all__ = ["Table"]

T = TypeVar("T")

_FRAMES: tuple[FrameName, ...] = ("pandas", "polars", "polars-lazy", "arrow", "snowpark")


class Table(Named):
    """A table or view of Snowflake.

    Args:
        table_name: its name, alone or with schema and database; see :mod:`plait.datasets.identifiers`.
        credentials: keywords of ``snowflake.connector.connect``, or the name of a connection in
            ``connections.toml``; none inside Snowflake.
        schema: where the name does not say one; by default the one of the credentials.
        database: likewise.
        mode: ``overwrite``, ``append``, ``upsert`` (with ``key``), ``error`` or ``ignore``.
        key: the columns that tell rows apart.
        columns: the columns that are loaded, one or several; all by default.
        where: a condition in SQL that loaded rows meet.
        limit: the most rows that are loaded.
        at: the moment whose rows are loaded; see :func:`~plait.datasets.snowflake.statements.time_travel`.
        table_type: of a table that a save makes: ``transient``, or none.
        frame: what ``load`` gives; by default pandas.
        fingerprint_query: gives what changes whenever the rows do, in the place of Snowflake's own account.
        connections: shared with other datasets; by default this dataset's own.
        root: the folder of the project, whose name tags queries.
    """

    engine: ClassVar[Engine] = "snowflake"
    atomic = True
    """A save is one statement."""

    default_frame: FrameName = "pandas"

    def __init__(
        self,
        table_name: str,
        credentials: object = None,
        *,
        schema: str | None = None,
        database: str | None = None,
        mode: str = "overwrite",
        key: str | Sequence[str] | None = None,
        columns: str | Sequence[str] | None = None,
        where: str | None = None,
        limit: int | None = None,
        at: object = None,
        table_type: str = "",
        frame: FrameName | None = None,
        metadata: Mapping[str, Any] | None = None,
        fingerprint_query: str | None = None,
        connections: Connections | None = None,
        root: str | Path | None = None,
    ) -> None:
        demand_name("table_name", table_name)
        for option, text in (("schema", schema), ("database", database), ("where", where)):
            demand_text(option, text)
        if frame is not None:
            demand_choice("frame", frame, _FRAMES)
        self._account = Account(credentials, connections, root)
        settings = self._account.settings
        self.name: TableName = parse(table_name).within(
            database or settings.get("database"), schema or settings.get("schema")
        )
        self.mode: Mode = save_mode(mode, key)
        self.key = key_columns(key)
        self.frame: FrameName = frame or self.default_frame
        self.metadata = metadata
        self.fingerprint_query = fingerprint_query
        self._columns = as_columns("columns", columns)
        self._where, self._limit, self._at = where, as_limit("limit", limit), statements.time_travel(at)
        self._table_type = "" if table_type in ("", "permanent", "table") else table_type.upper()

    def load(self) -> Any:
        """Return the rows in the entry's frame."""
        return self.load_as(self.frame)

    def load_as(self, frame: FrameName) -> Any:
        """Return the rows in a library, or with ``snowpark`` a query of them that Snowflake runs later."""
        if frame == "snowpark":
            with self._explained("load"):
                found = self._lazy(self._account.session())
                _ = found.schema  # asks the metadata: what is missing is told here, not amid a node's work
                return found
        return frames.convert(
            self._do("load", lambda link: fetched(link, self._query(link, self._limit))), frame
        )

    def load_beyond(self, column: str, mark: Any, frame: FrameName | None = None) -> Any:
        """Return the rows whose ``column`` is greater than ``mark``, in its order; all where that is None."""
        table = self._do("load", lambda link: fetched(link, *self._query_beyond(link, column, mark)))
        return frames.convert(table, frame or self.frame)

    def save(self, data: Any) -> None:
        """Write a table of any library as ``mode`` says.

        Raises:
            DatasetError: the table is there and ``mode`` is ``error``, the columns do not fit, or Snowflake
                refuses.
        """
        self._save(data, self.mode)

    @property
    def appendable(self) -> bool:
        """Whether rows can be added; always."""
        return True

    def append(self, data: Any) -> None:
        """Add rows, or with a ``key`` put them in the place of the rows of the same key."""
        self._save(data, self._growing)

    @contextmanager
    def stream(self) -> Iterator[ChunkWriter]:
        """Take chunks, and write them as ``mode`` says by one statement when the context ends normally."""
        link = self._opened()
        with staging(link, self.name) as staged:
            writer = ChunkWriter(staged.add, lambda: self._explained("save"))
            yield writer
            if not writer.count:
                raise DatasetError("there was no chunk, so there is nothing to save")
            with self._explained("save"):
                self._write(link, staged, self.mode)

    def read_progress(self) -> Mapping[str, Any] | None:
        """Return the progress stored with the rows; None where there is none, or the table is gone."""
        return self._do("look for the progress of", self._progress)

    def append_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Add rows, and store how far their producer has come, in one transaction."""
        self._commit(chunks, progress, self._growing)

    def replace_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Put rows in the place of all there are, with new progress, in one transaction."""
        self._commit(chunks, progress, "overwrite")

    def exists(self) -> bool:
        """Ask Snowflake's metadata; what it refuses to tell is an error, not a no."""
        return self._do("look for", self._there) is not None

    def schema(self) -> dict[str, str]:
        """Return the columns and their types by Snowflake's metadata, in order.

        Raises:
            DatasetError: there is no such table.
        """
        return self._do("look at", lambda link: described(link, self.name))

    def row_count(self) -> int | None:
        """Return how many rows there are by Snowflake's metadata; None for a view."""
        found = self._do("count the rows of", lambda link: link.ask(*statements.row_count(self.name)))
        return None if not found or found[0][0] is None else int(found[0][0])

    def preview(self, limit: int = 20) -> Preview:
        """Show the first rows; Snowflake is asked for no more."""
        most = limit + 1 if self._limit is None else min(limit + 1, self._limit)
        return self._do("look at", lambda link: preview_of(link, self._query(link, most), limit))

    def tables_starting(self, start: str) -> list[str]:
        """Return the names in the same schema that begin so; by metadata only."""
        like = statements.named_like(self.name, start)
        return [row[0] for row in self._do("look for versions of", lambda link: link.ask(*like))]

    def drop(self, names: Sequence[TableName]) -> None:
        """Remove tables, one after the other."""
        for name in names:
            drop = f"DROP TABLE {name.quoted('snowflake')}"
            self._do("remove a version of", partial(Link.ask, statement=drop))

    @property
    def _growing(self) -> Mode:
        return "upsert" if self.key else "append"

    def _explained(self, action: str) -> Any:
        return self._account.explained(f"cannot {action} {self.subject}")

    def _opened(self) -> Link:
        with self._explained("save"):
            return self._account.link()

    def _do(self, action: str, what: Callable[[Link], T]) -> T:
        return self._account.perform(f"cannot {action} {self.subject}", what)

    def _there(self, link: Link) -> dict[str, str] | None:
        """Return the columns of the table, or None where there is none."""
        try:
            return described(link, self.name)
        except Exception as error:
            if not is_missing(error):
                raise
            return None

    def _query(self, link: Link, limit: int | None) -> str:
        return self._selected(described(link, self.name) if self._columns else (), limit)

    def _query_beyond(self, link: Link, column: str, mark: Any) -> tuple[str, list[Any]]:
        types = described(link, self.name)
        (name,) = self._chosen([column], types)
        query = self._selected(types, None)
        return progress.beyond(query, name, mark, limit=self._limit, is_float=types[name] == "FLOAT")

    def _selected(self, types: Collection[str], limit: int | None) -> str:
        columns = self._chosen(self._columns, types)
        return statements.selected(self.name.quoted("snowflake"), columns, self._where, limit, self._at)

    def _chosen(self, wanted: Sequence[str], types: Collection[str]) -> list[str]:
        from plait.datasets.snowflake.columns import chosen

        return chosen(wanted, list(types), self.subject)

    def _lazy(self, session: Any) -> Any:
        name = self.name.quoted("snowflake")
        found = session.sql(statements.selected(name, at=self._at)) if self._at else session.table(name)
        return lazy.narrowed(found, self._columns, self._where, self._limit)

    def _save(self, data: Any, mode: Mode) -> None:
        if frames.frame_of(data) == "snowpark" and self._is_of_this_session(data):
            with self._explained("save"):
                self._write_lazy(data, mode)
        else:
            self._do("save", lambda link: self._upload(link, data, mode))

    def _is_of_this_session(self, data: Any) -> bool:
        return data.session is self._account.session()

    def _write_lazy(self, data: Any, mode: Mode) -> None:
        tag = {"QUERY_TAG": json.dumps(tag_of(self._account.tag))}
        lazy.write(self._account.session(), self.name, data, mode, self.key, self._table_type, tag)

    def _upload(self, link: Link, data: Any, mode: Mode) -> None:
        if mode in ("error", "ignore") and self._there(link) is not None:
            refuse_existing(self.subject, mode)
            return
        with staging(link, self.name) as staged:
            staged.add(data)
            self._write(link, staged, mode)

    def _write(self, link: Link, staged: Staged, mode: Mode) -> None:
        there = self._there(link)
        if there is not None and mode in ("error", "ignore"):
            refuse_existing(self.subject, mode)
            return
        try:
            write(link, self.name, there, staged, mode, self.key, self._table_type)
        except Exception as error:
            if there is not None or not is_there_already(error):
                raise
            self._write(link, staged, mode)  # somebody else made the table meanwhile

    def _progress(self, link: Link) -> Mapping[str, Any] | None:
        document = progress.read(link, self.name)
        if document is None or (document["rows"] and self._there(link) is None):
            return None
        return document["progress"]  # type: ignore[no-any-return]

    def _commit(self, chunks: Iterable[Any], how_far: Mapping[str, Any], mode: Mode) -> None:
        link = self._opened()
        with staging(link, self.name) as staged:
            writer = ChunkWriter(staged.add, lambda: self._explained("save"))
            for chunk in chunks:  # what makes the chunks may take long, a transaction must not
                writer.append(chunk)
            with self._explained("save"):
                self._write_with_progress(link, staged, how_far, mode)

    def _write_with_progress(
        self, link: Link, staged: Staged, how_far: Mapping[str, Any], mode: Mode
    ) -> None:
        there = self._made(link, staged)
        progress.prepare(link, self.name)
        staged.gather()  # what makes a table would end the transaction
        with link.transaction():
            if staged.count:
                write(link, self.name, there, staged, mode, self.key, keep_table=True)
            elif mode == "overwrite" and there is not None:
                link.ask(f"DELETE FROM {self.name.quoted('snowflake')}")
            document = {"schema": 1, "rows": there is not None, "progress": dict(how_far)}
            progress.write(link, self.name, json.dumps(document, sort_keys=True))

    def _made(self, link: Link, staged: Staged) -> dict[str, str] | None:
        """Return the columns of the table, which is made if there are rows for it: a transaction cannot."""
        there = self._there(link)
        if there is None and staged.count:
            link.ask(statements.created(self.name, staged.columns, self._table_type))
            return dict(staged.columns)
        return there
