"""A query over a DuckDB file: a lazy Ibis table that DuckDB computes later, or its result in any frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.datasets.duckdb.database import Database, Link
from plait.datasets.duckdb.identities import calls_macro
from plait.datasets.duckdb.tables import DEFAULT_DATABASE
from plait.datasets.previews import of_arrow
from plait.datasets.queries import QueryText
from plait.errors import DatasetError
from plait.values import Fingerprint

__all__ = ["Query"]

T = TypeVar("T")

_NONE = "(SELECT NULL WHERE FALSE)"


class Query:
    """The result of a query; it can be loaded only.

    Args:
        sql: the query itself, or
        filepath: a file that holds it. Both may name tables of the catalog: ``FROM dataset('orders')``.
        database: the file, by default ``data/warehouse.duckdb``; the tables it names lie there too.
        parameters: values that the query takes as ``:name``; a list as ``IN :names``.
        frame: what ``load`` gives; by default a lazy Ibis table.
        encoding: of the file that holds the query.
        settings: of DuckDB; the same for all entries of a file.
        read_only: never to write to the file.
        connections: shared with other datasets; by default this dataset's own.
        root: the folder that ``database`` and ``filepath`` count from.
        datasets: gives the dataset of a name; the catalog's own.
    """

    def __init__(
        self,
        sql: str | None = None,
        database: str | Path = DEFAULT_DATABASE,
        *,
        filepath: str | None = None,
        path: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        frame: FrameName = "ibis",
        encoding: str | None = None,
        settings: Mapping[str, Any] | None = None,
        read_only: bool = False,
        metadata: Mapping[str, Any] | None = None,
        connections: Connections | None = None,
        root: str | Path | None = None,
        datasets: Callable[[str], Any] | None = None,
    ) -> None:
        self._database = Database(database, settings, read_only=read_only, connections=connections, root=root)
        self._text = QueryText(sql, filepath or path, root, encoding, parameters, datasets)
        self.frame: FrameName = frame
        self.metadata = metadata

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location})"

    @property
    def location(self) -> str:
        """The database, and the file of the query if it has one."""
        return f"{self._database.location}#{self._text.label}"

    @property
    def connection(self) -> str:
        """The connection that its nodes share."""
        return self._database.label

    @property
    def references(self) -> tuple[str, ...]:
        """The datasets that the query names."""
        return self._text.query.datasets

    @property
    def fingerprint_advice(self) -> str:
        """What to write so that a change of the result is noticed and none is not."""
        return self._text.advice or "name the tables that it reads by dataset('…')"

    def load(self) -> Any:
        """Return the result in the entry's frame."""
        return self.load_as(self.frame)

    def load_as(self, frame: FrameName) -> Any:
        """Return the result in a library, or with ``ibis`` a lazy table that DuckDB computes later."""
        if frame == "ibis":
            return self._do("run", lambda link: link.ibis().sql(self._written(_literal)))
        return frames.convert(self._do("run", lambda link: link.arrow(*self._statement())), frame)

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a query has no place to save to."""
        raise DatasetError("a query cannot be saved to", hint="save to a table: `type: table`")

    def preview(self, limit: int = 20) -> Preview:
        """Show the first rows; DuckDB is asked for no more."""
        text, values = self._statement()
        asked = f"SELECT * FROM (\n{text}\n) LIMIT {limit + 1}"  # its last line may be a comment
        return self._do("look at", lambda link: of_arrow(link.arrow(asked, values), limit))

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the result: the text, the values, and the tables that it names.

        None where the text reads something without saying which dataset it is, or calls a macro.
        """
        if not self._text.is_complete:
            return None
        calls = self._database.is_there() and self._do(
            "look at", lambda link: calls_macro(link, self._text.read())
        )
        return None if calls else self._text.fingerprint()

    def release(self) -> None:
        """Close a connection of its own; one that is shared stays open for the others."""
        self._database.release()

    def _do(self, action: str, what: Callable[[Link], T]) -> T:
        return self._database.perform(f"cannot {action} {self._text.subject}", what)

    def _statement(self) -> tuple[str, list[Any]]:
        """Return the text with a question mark for each value, and the values in that order."""
        values: list[Any] = []

        def bound(value: Any) -> str:
            if not isinstance(value, list):
                values.append(value)
                return "?"
            values.extend(value)
            return f"({', '.join('?' * len(value))})" if value else _NONE

        return self._written(bound), values

    def _written(self, value: Callable[[Any], str]) -> str:
        given = self._text.parameters
        text = self._text.written(self._database.location, lambda name: value(given[name]))
        return text.rstrip().rstrip(";")


def _literal(value: Any) -> str:
    """Return a value as Ibis writes one into the SQL that it compiles: nothing lazy has bound values."""
    from sqlglot import exp

    if not isinstance(value, list):
        return str(exp.convert(value).sql("duckdb"))
    if not value:
        return _NONE
    return str(exp.Tuple(expressions=[exp.convert(each) for each in value]).sql("duckdb"))
