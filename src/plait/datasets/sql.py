"""Tables of a database, through SQLAlchemy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import IO, Any, Literal, get_args

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.catalog.growing import ChunkWriter
from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.datasets.databases import Database
from plait.datasets.option_values import as_columns, demand_choice, demand_mapping, demand_text
from plait.datasets.previews import of_rows
from plait.errors import CatalogError, DatasetError

__all__ = ["TableDataset"]

Mode = Literal["fail", "replace", "append"]

_FRAMES: tuple[FrameName, ...] = ("pandas", "polars", "polars-lazy", "arrow")


class TableDataset(Database):
    """A table of a database.

    Args:
        table_name: its name; ``schema`` belongs into ``load_args`` and ``save_args``, as for Kedro.
        credentials: ``{con: <SQLAlchemy URL>, …}``; further keys go to ``create_engine``.
        load_args: keywords of ``pandas.read_sql_table``.
        save_args: keywords of ``pandas.DataFrame.to_sql``.
        frame: what ``load`` gives; pandas reads and writes, and the values are converted.
        mode: what a save does with a table that is there: ``fail``, ``replace`` or ``append``.
            Whichever, it happens in one transaction.
        key: the columns that tell rows apart; what is appended then replaces the rows of the same key.
        fingerprint_query: gives what changes whenever the table does, as
            ``SELECT max(updated_at), count(*) FROM orders``.
        connections: shared with other datasets; by default this dataset's own.
    """

    def __init__(
        self,
        table_name: str,
        credentials: object,
        *,
        load_args: Mapping[str, Any] | None = None,
        save_args: Mapping[str, Any] | None = None,
        mode: Mode = "fail",
        key: str | Sequence[str] | None = None,
        frame: FrameName = "pandas",
        metadata: Mapping[str, Any] | None = None,
        fingerprint_query: str | None = None,
        connections: Connections | None = None,
    ) -> None:
        super().__init__(credentials, connections, fingerprint_query)
        demand_text("table_name", table_name)
        demand_mapping("load_args", load_args)
        demand_mapping("save_args", save_args)
        demand_choice("frame", frame, _FRAMES)
        if not table_name:
            raise CatalogError("`table_name` is empty", hint="name the table to read and write")
        demand_choice("mode", mode, get_args(Mode))
        self.table_name = table_name
        self.key = list(as_columns("key", key))
        self.frame = frame
        self.metadata = metadata
        self._load_args = dict(load_args or {})
        self._save_args = {"index": False, "if_exists": mode, **(save_args or {})}

    @property
    def _part(self) -> str:
        return f"{self._schema}.{self.table_name}" if self._schema else self.table_name

    @property
    def _subject(self) -> str:
        return f"table '{self.table_name}'"

    @property
    def _telling_query(self) -> str:
        return f"SELECT max(updated_at), count(*) FROM {self._part}"  # noqa: S608 - shown, not run

    @property
    def _schema(self) -> str | None:
        return self._load_args.get("schema")

    def load(self) -> Any:
        """Return the table in the entry's frame."""
        return self.load_as(self.frame)

    def load_as(self, frame: FrameName) -> Any:
        """Return the table in a library; the values are the same in each."""
        with self._connected("load") as connection:
            import pandas as pd

            table = pd.read_sql_table(self.table_name, con=connection, **self._load_args)
        return frames.convert(table, frame)

    def save(self, data: Any) -> None:
        """Write a table of any library as ``mode`` says.

        Raises:
            DatasetError: the table is there and ``mode`` is ``fail``, or the database refuses.
        """
        self._write([frames.to_save(data, "pandas")], self._save_args["if_exists"])

    @property
    def appendable(self) -> bool:
        """Whether rows can be added; always."""
        return True

    def append(self, data: Any) -> None:
        """Add rows to the table, or with a ``key`` put them in the place of the rows of the same key."""
        self._write([frames.to_save(_some(data), "pandas")], "append")

    @contextmanager
    def stream(self) -> Iterator[ChunkWriter]:
        """Take chunks, and write them as ``mode`` says in one transaction when the context ends normally."""
        with tempfile.TemporaryFile(prefix="plait-") as spool:
            writer = ChunkWriter(partial(self._spool_one, spool), nullcontext)
            yield writer
            if not writer.count:
                raise DatasetError("there was no chunk, so there is nothing to save")
            self._write(self._unspooled(spool, writer.count), self._save_args["if_exists"])

    def read_progress(self) -> Mapping[str, Any] | None:
        """Return the progress stored with the rows; None where there is none, or the table is gone."""
        with self._connected("look for the progress of") as connection:
            from plait.datasets import growing_sql

            document = growing_sql.read(connection, self._schema, self.table_name)
            if document is None or (document["rows"] and not self._present(connection)):
                return None
            return document["progress"]  # type: ignore[no-any-return]

    def append_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Add rows, and store how far their producer has come, in one transaction."""
        self._commit(chunks, progress, "append")

    def replace_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Put rows in the place of all there are, with new progress, in one transaction."""
        self._commit(chunks, progress, "replace")

    def load_beyond(self, column: str, mark: Any, frame: FrameName | None = None) -> Any:
        """Return the rows whose ``column`` is greater than ``mark``, in its order; all where that is None."""
        with self._connected("load") as connection:
            import pandas as pd

            from plait.datasets import growing_sql

            query = growing_sql.rows_beyond(self._reflected(connection), column, mark)
            arguments = {name: value for name, value in self._load_args.items() if name != "schema"}
            table = pd.read_sql_query(query, con=connection, **arguments)
        return frames.convert(table, frame or self.frame)

    def exists(self) -> bool:
        """Ask the database; what it refuses to tell is an error, not a no."""
        with self._connected("look for") as connection:
            return self._present(connection)

    def _present(self, connection: Any) -> bool:
        import sqlalchemy

        return bool(sqlalchemy.inspect(connection).has_table(self.table_name, self._schema))

    @property
    def sql_name(self) -> str:
        """The name, quoted where the database needs it."""
        import sqlalchemy

        table = sqlalchemy.table(self.table_name, schema=self._schema)
        return str(self._engine(*self._connection()).dialect.identifier_preparer.format_table(table))

    def _all_rows(self, connection: Any) -> Any:
        import sqlalchemy

        table = sqlalchemy.table(self.table_name, schema=self._schema)
        return connection.execute(sqlalchemy.select(sqlalchemy.text("*")).select_from(table))

    def preview(self, limit: int = 20) -> Preview:
        """Show the first rows; the database is asked for no more."""
        with self._connected("look at") as connection:
            import sqlalchemy

            table = self._reflected(connection)
            rows = connection.execute(sqlalchemy.select(table).limit(limit + 1)).fetchall()
            columns = {column.name: str(column.type) for column in table.columns}
            return of_rows(columns, rows, limit, len(rows) <= limit)

    def _write(self, chunks: Iterable[Any], if_exists: str) -> None:
        with self._connected("save") as connection:
            self._insert(connection, chunks, if_exists)

    def _commit(self, chunks: Iterable[Any], progress: Mapping[str, Any], if_exists: str) -> None:
        from plait.datasets import growing_sql

        with tempfile.TemporaryFile(prefix="plait-") as spool:
            count = self._spool(spool, chunks)  # what makes the chunks may take long, a transaction must not
            with self._connected("prepare") as connection:  # some databases commit when a table is made
                growing_sql.progress_table(self._schema).create(connection, checkfirst=True)
            with self._connected("save") as connection:
                if not count and if_exists == "replace" and self._present(connection):
                    connection.execute(self._reflected(connection).delete())
                self._insert(connection, self._unspooled(spool, count), if_exists)
                document = {"schema": 1, "rows": self._present(connection), "progress": dict(progress)}
                growing_sql.write(connection, self._schema, self.table_name, document)

    def _insert(self, connection: Any, chunks: Iterable[Any], if_exists: str) -> None:
        for chunk in chunks:
            if self.key and if_exists == "append":
                chunk = self._without_double_keys(connection, chunk)
            try:
                chunk.to_sql(self.table_name, con=connection, **{**self._save_args, "if_exists": if_exists})
            except ValueError as error:
                if "already exists" not in str(error):
                    raise
                raise DatasetError(
                    f"table '{self.table_name}' exists already",
                    hint="`save_args: {if_exists: replace}`, or `append`",
                ) from error
            if_exists = "append"

    def _without_double_keys(self, connection: Any, chunk: Any) -> Any:
        """Remove the rows of the same keys from the table, and return the chunk with one row a key."""
        from plait.datasets import growing_sql

        chunk = growing_sql.newest_by_key(chunk, self.key)
        if self._present(connection):
            growing_sql.remove_keys(connection, self._reflected(connection), self.key, chunk)
        return chunk

    def _reflected(self, connection: Any) -> Any:
        import sqlalchemy

        metadata = sqlalchemy.MetaData()
        return sqlalchemy.Table(self.table_name, metadata, schema=self._schema, autoload_with=connection)

    def _spool(self, spool: IO[bytes], chunks: Iterable[Any]) -> int:
        from plait.datasets import growing_sql

        return growing_sql.spooled(spool, (frames.to_save(_some(chunk), "pandas") for chunk in chunks))

    def _spool_one(self, spool: IO[bytes], chunk: Any) -> None:
        self._spool(spool, [chunk])

    def _unspooled(self, spool: IO[bytes], count: int) -> Iterator[Any]:
        from plait.datasets import growing_sql

        return growing_sql.unspooled(spool, count)


def _some(chunk: Any) -> Any:
    if chunk is None:
        raise DatasetError("saving None is not allowed, and a chunk is None")
    return chunk
