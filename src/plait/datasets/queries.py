"""The SQL of an entry: where its text is, which tables of the catalog it names, and which values it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from plait.catalog.protocols import NamedInSql
from plait.catalog.references import (
    Query,
    file_of,
    query_fingerprint,
    read_query,
    text_of,
    unknown_parameters,
)
from plait.errors import CatalogError, DatasetError, PlaitError, did_you_mean
from plait.values import Fingerprint

__all__ = ["QueryText"]


class QueryText:
    """What a query says, for whatever database.

    Args:
        sql: the text, or
        path: the file that holds it, relative to ``root``.
        parameters: values that the text takes as ``:name``.
        datasets: gives the dataset of a name.

    Raises:
        CatalogError: there is neither text nor file, or both.
    """

    def __init__(
        self,
        sql: str | None,
        path: str | None,
        root: str | Path | None,
        encoding: str | None,
        parameters: Mapping[str, Any] | None,
        datasets: Callable[[str], Any] | None,
    ) -> None:
        if bool(sql) == bool(path):
            raise CatalogError("a query needs either `sql` or `filepath`", hint="`sql: SELECT …`")
        self._source = {"encoding": encoding} | ({"sql": sql} if path is None else {"path": path})
        self._root = Path(root or "")
        self._datasets = datasets
        self.parameters = dict(parameters or {})
        self.file = file_of(self._source, self._root)

    @property
    def label(self) -> str:
        """Its name within a location."""
        return self.file.name if self.file else "query"

    @property
    def subject(self) -> str:
        """How errors speak of it."""
        return f"the query in {self.file}" if self.file else "the query"

    def read(self) -> str:
        """Return the text. Raises DatasetError where its file cannot be read."""
        try:
            return text_of(self._source, self._root)
        except (OSError, UnicodeDecodeError) as error:
            raise DatasetError(f"the query file {self.file} cannot be read", why=str(error)) from error

    @property
    def query(self) -> Query:
        """The text, taken apart."""
        return read_query(self.read())

    @property
    def is_complete(self) -> bool:
        """Whether it names datasets, reads no table besides, and asks for nothing that is new each time."""
        query = self.query
        return bool(query.references) and not query.tables and query.unsteady is None

    @property
    def advice(self) -> str | None:
        """What to write instead of what keeps its result from being identified, or None."""
        tables, unsteady = self.query.tables, self.query.unsteady
        if unsteady is not None:
            return f"`{unsteady}` is another each time: write `:moment` there, and give it in `parameters`"
        if not tables:
            return None
        return f"put the tables it reads into the catalog, and write dataset('…') in the place of {tables[0]}"

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the result: the text, the values, and the tables it names."""
        text = self.read()
        tables = {name: self._table(name).fingerprint() for name in read_query(text).datasets}
        return query_fingerprint(text, self.parameters, tables)

    def written(
        self,
        place: str,
        value: Callable[[str], str] = lambda name: f":{name}",
        plain: Callable[[str], str] = lambda text: text,
    ) -> str:
        """Return the text for a database.

        Args:
            place: the database; every table it names must be there.
            value, plain: as of :meth:`~plait.catalog.references.Query.written`.

        Raises:
            DatasetError: a dataset is no table of that database, or a value is given and not used.
        """
        query = self.query
        unknown = unknown_parameters(query, self.parameters)
        if unknown:
            raise unused_parameter(unknown[0], query)

        def of(name: str) -> str:
            return value(name) if name in self.parameters else f":{name}"

        return query.written(partial(self._quoted, place), of, plain=plain)

    def _quoted(self, place: str, name: str) -> str:
        table = self._table(name)
        if table.sql_place != place:
            raise DatasetError(
                f"{self.subject} names '{name}', which lies in another database",
                why=f"the query runs in {place}, and '{name}' lies in {table.sql_place}",
                hint="give both the same credentials, or let a node read both and join them",
            )
        return str(table.sql_name)

    def _table(self, name: str) -> Any:
        if self._datasets is None:
            raise CatalogError(
                f"{self.subject} names the dataset '{name}', and knows no catalog",
                hint="put it into a catalog, or give it `datasets=catalog.dataset`",
            )
        try:
            found = self._datasets(name)
        except PlaitError as error:
            error.where = (*error.where, self.subject)
            raise
        if not isinstance(found, NamedInSql):
            raise DatasetError(
                f"{self.subject} names '{name}', which is no table of a database",
                why=f"it is a {type(found).__name__}",
                hint="a node can store it as a table, and the query name that",
            )
        return found


def unused_parameter(name: str, query: Query) -> CatalogError:
    """Return the error of a value that the text does not take."""
    return CatalogError(
        f"the query does not take ':{name}'",
        where=("parameters",),
        hint=did_you_mean(name, query.parameters) or f"write `:{name}` where the value belongs, or remove it",
    )
