"""Queries of a database, through SQLAlchemy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.datasets.databases import Database
from plait.datasets.previews import of_rows
from plait.datasets.queries import QueryText
from plait.errors import CatalogError, DatasetError
from plait.values import Fingerprint

__all__ = ["QueryDataset"]

# What SQLAlchemy takes for a value of its own, and leaves alone behind a backslash.
_COLON = re.compile(r"(?<![:\w$\\]):(?=[\w$]+(?![:\w$]))")


class QueryDataset(Database):
    """The result of a query; it can be loaded only.

    Args:
        sql: the query itself, or
        filepath: a file that holds it. Both may name tables of the catalog: ``FROM dataset('orders')``.
        credentials: ``{con: <SQLAlchemy URL>, …}``; further keys go to ``create_engine``.
        parameters: values that the query takes as ``:name``, bound by the driver; a list as ``IN :names``.
        load_args: keywords of ``pandas.read_sql_query``, as ``params`` in the driver's own spelling.
        frame: what ``load`` gives.
        execution_options: of the SQLAlchemy connection.
        encoding: of the file.
        fingerprint_query: gives what changes whenever the result does.
        root: the folder that a relative ``filepath`` starts from.
        datasets: gives the dataset of a name; the catalog's own.
    """

    def __init__(
        self,
        sql: str | None = None,
        credentials: object = None,
        *,
        filepath: str | None = None,
        path: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        load_args: Mapping[str, Any] | None = None,
        execution_options: Mapping[str, Any] | None = None,
        frame: FrameName = "pandas",
        encoding: str | None = None,
        fs_args: Mapping[str, Any] | None = None,  # noqa: ARG002 - of remote query files; they are rare
        metadata: Mapping[str, Any] | None = None,
        fingerprint_query: str | None = None,
        root: str | Path | None = None,
        connections: Connections | None = None,
        datasets: Callable[[str], Any] | None = None,
    ) -> None:
        super().__init__(credentials, connections, fingerprint_query)
        self.metadata = metadata
        self.frame = frame
        self._text = QueryText(sql, filepath or path, root, encoding, parameters, datasets)
        self._load_args = dict(load_args or {})
        self._execution_options = dict(execution_options or {})
        if self._text.parameters and self._load_args.get("params"):
            raise CatalogError(
                "a query has both `parameters` and `load_args: {params: …}`",
                hint="keep `parameters`, and write `:name` in the query",
            )

    @property
    def _part(self) -> str:
        return self._text.label

    @property
    def _subject(self) -> str:
        return self._text.subject

    @property
    def query(self) -> str:
        """The SQL text, as it is written."""
        return self._text.read()

    @property
    def references(self) -> tuple[str, ...]:
        """The datasets that the query names."""
        return self._text.query.datasets

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the result: the text, the values, and the tables that it names.

        Where the text reads a table without saying which dataset it is, what identifies the rows.
        """
        if self._fingerprint_query is None and self._text.is_complete:
            return self._text.fingerprint()
        return super().fingerprint()

    @property
    def fingerprint_advice(self) -> str:
        """What to write so that a change of the result is noticed and none is not."""
        return self._text.advice or super().fingerprint_advice

    def load(self) -> Any:
        """Return the result in the entry's frame."""
        return self.load_as(self.frame)

    def load_as(self, frame: FrameName) -> Any:
        """Return the result in a library; the values are the same in each."""
        with self._connected("run") as connection:
            import pandas as pd

            connection = connection.execution_options(**self._execution_options)
            result = pd.read_sql_query(self._statement(), con=connection, **self._load_args)
        return frames.convert(result, frame)

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a query has no place to save to."""
        raise DatasetError("a query cannot be saved to", hint="save to a table: `type: sql.TableDataset`")

    def preview(self, limit: int = 20) -> Preview:
        """Show the first rows; no more are fetched."""
        with self._connected("run") as connection:
            options = {"stream_results": True, "max_row_buffer": limit + 1, **self._execution_options}
            result = self._run(connection.execution_options(**options))
            rows = result.fetchmany(limit + 1)
            result.close()
            return of_rows(dict.fromkeys(result.keys(), ""), rows, limit, len(rows) <= limit)

    def _all_rows(self, connection: Any) -> Any:
        return self._run(connection)

    @property
    def _said(self) -> str:
        return self.query

    def _run(self, connection: Any) -> Any:
        statement = self._statement()
        if not isinstance(statement, str):
            return connection.execute(statement)
        values = self._load_args.get("params")
        return connection.exec_driver_sql(statement, tuple(values) if isinstance(values, list) else values)

    def _statement(self) -> Any:
        """Return the query for this database: text, or with values a clause that binds them."""
        place = self.sql_place if self._text.query.references else ""
        if not self._text.parameters:
            return self._text.written(place)
        import sqlalchemy

        text = self._text.written(place, plain=lambda part: _COLON.sub(r"\\:", part))
        bound = [
            sqlalchemy.bindparam(name, value, expanding=isinstance(value, list))
            for name, value in self._text.parameters.items()
        ]
        return sqlalchemy.text(text).bindparams(*bound)
