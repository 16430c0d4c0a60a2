"""A table in a DuckDB file: loaded as a lazy Ibis table, or in any frame; saved by the engine itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.catalog.growing import ChunkWriter
from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.datasets.duckdb import progress, statements
from plait.datasets.duckdb.database import Database, Link
from plait.datasets.duckdb.identities import columns_of, disown, forget, identify, kind_of, tables_starting
from plait.datasets.duckdb.rows import as_query, is_computed_here, reachable, staged, staged_query
from plait.datasets.duckdb.writing import differing_types, types_of, write
from plait.datasets.identifiers import Engine, TableName, exactly, parse
from plait.datasets.modes import Mode, key_columns, refuse_existing, save_mode
from plait.datasets.option_values import (
    as_columns,
    as_limit,
    demand_choice,
    demand_mapping,
    demand_name,
    demand_text,
    demand_truth,
)
from plait.datasets.previews import of_arrow
from plait.errors import CatalogError, DatasetError, did_you_mean
from plait.values import Fingerprint

__all__ = ["DEFAULT_DATABASE", "Table", "as_listed"]

DEFAULT_DATABASE = "data/warehouse.duckdb"

_FRAMES: tuple[FrameName, ...] = ("ibis", "pandas", "polars", "polars-lazy", "arrow")

T = TypeVar("T")


class Table:
    """A table or view in a DuckDB file.

    Args:
        table_name: its name, alone or with a schema; see :mod:`plait.datasets.identifiers`. By default the
            name of the entry, letter by letter.
        database: the file, by default ``data/warehouse.duckdb``; it is made by the first save.
        schema: where the name does not say one; by default ``main``.
        backend: ``duckdb``.
        mode: ``overwrite``, ``append``, ``upsert`` (with ``key``), ``error`` or ``ignore``.
        key: the columns that tell rows apart.
        materialized: ``table``, or ``view``: what a node returned is then computed at each use.
        columns: the columns that are loaded, one or several; all by default.
        where: a condition in SQL that loaded rows meet.
        limit: the most rows that are loaded.
        frame: what ``load`` gives; by default a lazy Ibis table.
        settings: of DuckDB, such as ``threads`` and ``memory_limit``; the same for all entries of a file.
        read_only: never to write to the file.
        connections: shared with other datasets; by default this dataset's own.
        root: the folder that ``database`` counts from.
    """

    engine: ClassVar[Engine] = "duckdb"
    atomic = True
    """A save is one transaction."""

    def __init__(
        self,
        table_name: str | Sequence[str] | None = None,
        database: str | Path = DEFAULT_DATABASE,
        *,
        schema: str | None = None,
        backend: str = "duckdb",
        mode: str = "overwrite",
        key: str | Sequence[str] | None = None,
        materialized: Literal["table", "view"] = "table",
        columns: str | Sequence[str] | None = None,
        where: str | None = None,
        limit: int | None = None,
        frame: FrameName | None = None,
        settings: Mapping[str, Any] | None = None,
        read_only: bool = False,
        metadata: Mapping[str, Any] | None = None,
        connections: Connections | None = None,
        root: str | Path | None = None,
        entry_name: str | None = None,
    ) -> None:
        _demand_duckdb(backend)
        demand_name("table_name", table_name)
        for option, text in (("schema", schema), ("database", database), ("where", where)):
            demand_text(option, text)
        demand_choice("materialized", materialized, ("table", "view"))
        demand_mapping("settings", settings)
        demand_truth("read_only", read_only)
        if frame is not None:
            demand_choice("frame", frame, _FRAMES)
        self.name = _name(table_name, entry_name, schema)
        self.mode: Mode = save_mode(mode, key)
        self.key = key_columns(key)
        self.frame: FrameName = frame or "ibis"
        self.metadata = metadata
        self.materialized = materialized
        if materialized == "view" and self.mode in ("append", "upsert"):
            raise CatalogError(
                f"a view cannot grow by `mode: {self.mode}`", hint="leave out `materialized: view`"
            )
        self._database = Database(database, settings, read_only=read_only, connections=connections, root=root)
        self._columns = as_columns("columns", columns)
        self._where, self._limit = where, as_limit("limit", limit)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location})"

    @property
    def location(self) -> str:
        """The file and the table in it."""
        return f"{self._database.location}#{self._shown}"

    @property
    def connection(self) -> str:
        """The connection that its nodes share; DuckDB lets one process at a time use a file."""
        return self._database.label

    @property
    def sql_name(self) -> str:
        """The name, quoted, with its schema."""
        return self.name.quoted("duckdb")

    @property
    def sql_place(self) -> str:
        """The file."""
        return self._database.location

    @property
    def subject(self) -> str:
        """What messages call it."""
        return f"table {self._shown}"

    @property
    def _shown(self) -> str:
        """The name, without the schema that is meant where none is said."""
        return str(self.name).removeprefix("main.")

    # --- Loading

    def load(self) -> Any:
        """Return the table in the entry's frame."""
        return self.load_as(self.frame)

    def load_as(self, frame: FrameName) -> Any:
        """Return the rows in a library, or with ``ibis`` a lazy table that DuckDB computes later."""
        self._demand_file("load")
        if frame == "ibis":
            return self._do("load", lambda link: self._lazy(link, self._limit))
        return frames.convert(
            self._do("load", lambda link: link.arrow(self._query(link, self._limit))), frame
        )

    def load_beyond(self, column: str, mark: Any, frame: FrameName | None = None) -> Any:
        """Return the rows whose ``column`` is greater than ``mark``, in its order; all where that is None."""
        self._demand_file("load")
        rows = self._do("load", lambda link: self._beyond(link, column, mark))
        wanted = frame or self.frame
        if wanted == "ibis":
            return rows
        with self._explained("load"):
            return frames.convert(rows, wanted)

    # --- Saving

    def save(self, data: Any) -> None:
        """Write an Ibis table, computed inside the engine, or a table of any library, as ``mode`` says.

        Raises:
            DatasetError: the table is there and ``mode`` is ``error``, the columns do not fit, or DuckDB
                refuses.
        """
        if data is None:
            raise DatasetError("saving None is not allowed", where=self.location)
        self._do("save", lambda link: self._save(link, data, self.mode))

    @property
    def appendable(self) -> bool:
        """Whether rows can be added; always, but to a view."""
        return self.materialized == "table"

    def append(self, data: Any) -> None:
        """Add rows, or with a ``key`` put them in the place of the rows of the same key."""
        self._do("save", lambda link: self._save(link, data, self._growing))

    @contextmanager
    def stream(self) -> Iterator[ChunkWriter]:
        """Take chunks, and write them as ``mode`` says in one transaction when the context ends normally."""
        with self._explained("save"):
            link = self._database.link()
        with staged(link) as take:
            writer = ChunkWriter(take, lambda: self._explained("save"))
            yield writer
            if not writer.count:
                raise DatasetError("there was no chunk, so there is nothing to save")
            with self._explained("save"):
                self._write(link, staged_query(), self.mode)

    def read_progress(self) -> Mapping[str, Any] | None:
        """Return the progress stored with the rows; None where there is none, or the table is gone."""
        if not self._database.is_there():
            return None
        return self._do("look for the progress of", lambda link: progress.read(link, self.name))

    def append_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Add rows, and store how far their producer has come, in one transaction."""
        self._commit(chunks, progress, self._growing)

    def replace_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Put rows in the place of all there are, with new progress, in one transaction."""
        self._commit(chunks, progress, "overwrite")

    # --- What it is

    def exists(self) -> bool:
        """Look in the engine's own catalogue; no file is made by looking."""
        return self._database.is_there() and self._do("look for", self._kind) is not None

    def schema(self) -> dict[str, str]:
        """Return the columns and their types, in order. Raises DatasetError where there is no table."""
        self._demand_file("look at")
        return self._do("look at", self._demand_columns)

    def row_count(self) -> int | None:
        """Return how many rows there are, by metadata; None for a view."""
        return self._do("count the rows of", self._count) if self._database.is_there() else None

    def preview(self, limit: int = 20) -> Preview:
        """Show the first rows; the engine reads no more."""
        self._demand_file("look at")
        most = limit + 1 if self._limit is None else min(limit + 1, self._limit)
        return self._do("look at", lambda link: of_arrow(link.arrow(self._query(link, most)), limit))

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the rows, in whatever order; None where there is no table."""
        if not self._database.is_there():
            return None
        return self._do("identify", lambda link: identify(link, self.name))

    # --- Other tables of its schema

    def tables_starting(self, start: str) -> list[str]:
        """Return the names in the same schema that begin so; by metadata only."""
        if not self._database.is_there():
            return []
        return self._do("look for versions of", lambda link: tables_starting(link, self.name, start))

    def drop(self, names: Sequence[TableName]) -> None:
        """Remove tables and views, all or none."""
        self._do("remove versions of", lambda link: self._drop(link, names))

    def release(self) -> None:
        """Close a connection of its own; one that is shared stays open for the others."""
        self._database.release()

    # --- Inside

    @property
    def _growing(self) -> Mode:
        return "upsert" if self.key else "append"

    def _do(self, action: str, what: Callable[[Link], T]) -> T:
        return self._database.perform(f"cannot {action} {self.subject}", what)

    def _explained(self, action: str) -> Any:
        return self._database.explained(f"cannot {action} {self.subject}")

    def _demand_file(self, action: str) -> None:
        if not self._database.is_there():
            raise DatasetError(
                f"cannot {action} {self.subject}",
                where=self._database.location,
                why="there is no such file yet",
                hint="run the node that makes the table, or correct `database`",
            )

    def _kind(self, link: Link) -> str | None:
        return kind_of(link, self.name)

    def _count(self, link: Link) -> int | None:
        if self._kind(link) != "TABLE":
            return None
        return int(link.ask(f"SELECT count(*) FROM {self.name.quoted('duckdb')}")[0][0])

    def _demand_columns(self, link: Link) -> dict[str, str]:
        columns = columns_of(link, self.name)
        if not columns:
            raise self._missing(link)
        return columns

    @staticmethod
    def _drop(link: Link, names: Sequence[TableName]) -> None:
        with link.transaction() as cursor:
            for name in names:
                cursor.execute(f"DROP {kind_of(link, name)} {name.quoted('duckdb')}")

    def _missing(self, link: Link) -> DatasetError:
        found = link.ask("SELECT table_schema, table_name FROM information_schema.tables")
        names = [str(exactly(*row)) for row in found] + [row[1] for row in found]
        return DatasetError(
            f"there is no {self.subject}",
            where=self._database.location,
            hint=did_you_mean(self._shown, names),
        )

    def _query(self, link: Link, limit: int | None) -> str:
        self._demand_columns(link)
        return statements.selected(self.name.quoted("duckdb"), self._columns, self._where, limit)

    def _beyond(self, link: Link, column: str, mark: Any) -> Any:
        import ibis

        found = self._lazy(link, None)
        if column not in found.columns:
            raise DatasetError(f"there is no column '{column}'", hint=did_you_mean(column, found.columns))
        if mark is not None:
            found = found.filter(found[column] > ibis.literal(mark).cast(found[column].type()))
            if found[column].type().is_floating():  # NaN is greater than all, and would come each time
                found = found.filter(~found[column].isnan())
        found = found.order_by(column)
        return found if self._limit is None else found.limit(self._limit)

    def _lazy(self, link: Link, limit: int | None) -> Any:
        query, backend = self._query(link, limit), link.ibis()
        if self._columns or self._where is not None or limit is not None:
            return backend.sql(query)
        *schemas, table = self.name.stored("duckdb")
        return backend.table(table, database=schemas[-1])

    def _save(self, link: Link, data: Any, mode: Mode) -> None:
        if mode in ("error", "ignore") and self._kind(link) is not None:
            refuse_existing(self.subject, mode)
            return
        if mode == "upsert" or (mode == "append" and self._is_cast(link, data)):
            with staged(link, [data]):  # its rows are looked at more than once, and computed once
                self._write(link, staged_query(), mode)
            return
        if self.materialized == "view" and not is_computed_here(link, data):
            raise DatasetError(
                "only an Ibis table over the same DuckDB file can become a view",
                where=self.location,
                hint="leave out `materialized: view`, or return an Ibis table of the inputs",
            )
        with reachable(link, data) as query:
            self._write(link, query, mode)

    def _is_cast(self, link: Link, data: Any) -> bool:
        """Say whether rows that the engine computes, to be added, have other types than the table."""
        if not is_computed_here(link, data) or self._kind(link) != "TABLE":
            return False
        given, there = as_query(link, data), f"FROM {self.name.quoted('duckdb')}"
        return bool(differing_types(types_of(link.mine(), given), types_of(link.mine(), there)))

    def _write(self, link: Link, query: str, mode: Mode) -> None:
        with link.transaction() as cursor:
            kind = kind_of(link, self.name)
            write(cursor, self.name, kind, query, mode, self.key, wanted=self.materialized.upper())
            disown(link, cursor, self.name)
            progress.drop(link, cursor, self.name)
        forget(link, self.name)

    def _commit(self, chunks: Iterable[Any], how_far: Mapping[str, Any], mode: Mode) -> None:
        with self._explained("save"):
            link = self._database.link()
        with staged(link) as take:
            writer = ChunkWriter(take, lambda: self._explained("save"))
            for chunk in chunks:  # what makes the chunks may take long, a transaction must not
                writer.append(chunk)
            with self._explained("save"), link.transaction() as cursor:
                kind = kind_of(link, self.name)
                if writer.count:
                    write(cursor, self.name, kind, staged_query(), mode, self.key)
                elif mode == "overwrite" and kind is not None:
                    cursor.execute(f"DELETE FROM {self.name.quoted('duckdb')}")
                there = kind is not None or bool(writer.count)
                disown(link, cursor, self.name)
                progress.write(cursor, self.name, how_far, rows=there)
            forget(link, self.name)


def _name(given: str | Sequence[str] | None, entry_name: str | None, schema: str | None) -> TableName:
    if given is None and entry_name is None:
        raise CatalogError("a table needs a name", hint="add `table_name: …`")
    own = as_listed(str(entry_name)) if given is None else parse(given)
    name = own.within(None, schema or "main")
    if len(name.parts) > 2:
        raise CatalogError(
            f"the name '{name}' has three parts, and a DuckDB file holds schemas and tables",
            hint="name the file with `database: data/….duckdb`",
        )
    return name


def as_listed(name: str) -> TableName:
    """Return the name whose letters are those of an entry, dots included."""
    found = exactly(name)
    return parse(name) if str(found) == f'"{name}"' and name.isidentifier() and name.isascii() else found


def _demand_duckdb(backend: str) -> None:
    if backend == "duckdb":
        return
    hint = "type: snowflake.Table" if backend == "snowflake" else did_you_mean(backend, ["duckdb"])
    raise CatalogError(
        f"`backend: {backend}` is not one that Plait keeps tables in",
        hint=hint
        or "`backend: duckdb`, or the class `kedro_datasets.ibis.TableDataset` for Ibis' other backends",
    )
