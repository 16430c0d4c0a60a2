"""A query of Snowflake: its result through Arrow, or with Snowpark as a lazy DataFrame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.datasets.queries import QueryText
from plait.datasets.snowflake import fingerprints
from plait.datasets.snowflake.connection import Account, Link
from plait.datasets.snowflake.fetching import fetched, preview_of
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
        credentials: as of :class:`~plait.datasets.snowflake.tables.Table`.
        parameters: values that the query takes as ``:name``, bound by Snowflake; a list as ``IN :names``.
        frame: what ``load`` gives; by default pandas.
        encoding: of the file.
        fingerprint_query: gives what changes whenever the result does.
        connections: shared with other datasets; by default this dataset's own.
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
        frame: FrameName = "pandas",
        encoding: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        fingerprint_query: str | None = None,
        connections: Connections | None = None,
        root: str | Path | None = None,
        datasets: Callable[[str], Any] | None = None,
    ) -> None:
        self._account = Account(credentials, connections, root)
        self._text = QueryText(sql, filepath or path, root, encoding, parameters, datasets)
        self.frame: FrameName = frame
        self.metadata = metadata
        self.fingerprint_query = fingerprint_query

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location})"

    @property
    def location(self) -> str:
        """The account, and the file of the query if it has one, without secrets."""
        return f"{self._account.place}#{self._text.label}"

    @property
    def connection(self) -> str:
        """The connection that its nodes share."""
        return self._account.label

    @property
    def references(self) -> tuple[str, ...]:
        """The datasets that the query names."""
        return self._text.query.datasets

    @property
    def fingerprint_advice(self) -> str:
        """What to write so that a change of the result is noticed and none is not."""
        return (
            self._text.advice or "write in its catalog entry, say, `fingerprint_query: SELECT max(…) FROM …`"
        )

    def load(self) -> Any:
        """Return the result in the entry's frame."""
        return self.load_as(self.frame)

    def load_as(self, frame: FrameName) -> Any:
        """Return the result in a library, or with ``snowpark`` a query that Snowflake runs later."""
        text, values = self._statement()
        if frame == "snowpark":
            with self._account.explained(f"cannot run {self._text.subject}"):
                found = self._account.session().sql(text, params=values or None)
                _ = found.schema  # asks what the columns are: a mistake is told here, not amid a node's work
                return found
        return frames.convert(self._do("run", lambda link: fetched(link, text, values)), frame)

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a query has no place to save to."""
        raise DatasetError("a query cannot be saved to", hint="save to a table: `type: snowflake.Table`")

    def preview(self, limit: int = 20) -> Preview:
        """Show the first rows; Snowflake is asked for no more."""
        text, values = self._statement()
        inner = text.rstrip().rstrip(";")
        # A line of its own: the text may end in a comment.
        asked = f"SELECT * FROM (\n{inner}\n) LIMIT {limit + 1}"
        return self._do("look at", lambda link: preview_of(link, asked, limit, values))

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the result: the text, the values, and the tables that it names.

        None where the text reads a table without saying which dataset it is, and no query says what
        identifies that.
        """
        query = self.fingerprint_query
        if query is not None:
            said = f"{self._text.read()}{sorted(self._text.parameters.items())!r}"
            return self._do("identify", lambda link: fingerprints.of_rows(link.ask(query), f"{query}{said}"))
        return self._text.fingerprint() if self._text.is_complete else None

    def _do(self, action: str, what: Callable[[Link], T]) -> T:
        return self._account.perform(f"cannot {action} {self._text.subject}", what)

    def _statement(self) -> tuple[str, list[Any]]:
        """Return the text with a question mark for each value, and the values in that order."""
        values: list[Any] = []

        def bound(name: str) -> str:
            value = self._text.parameters[name]
            if not isinstance(value, list):
                values.append(value)
                return "?"
            values.extend(value)
            return f"({', '.join('?' * len(value))})" if value else _NONE

        return self._text.written(self._account.place, bound), values
