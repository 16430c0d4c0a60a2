"""Pointers to what stays in Snowflake: a node gets the name, quoted, and does the rest itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from plait.catalog.connections import Connections
from plait.datasets.identifiers import TableName, parse
from plait.datasets.snowflake import statements
from plait.datasets.snowflake.connection import Account, Link, is_missing
from plait.datasets.snowflake.naming import Named
from plait.errors import DatasetError
from plait.values import Fingerprint

__all__ = ["Pointer", "ProcedureRef", "TableRef"]

T = TypeVar("T")


class Pointer(str):
    """The quoted name of something in Snowflake; a string, so that SQL and Snowpark take it as it is.

    Attributes:
        name: its parts.
    """

    __slots__ = ("name",)

    name: TableName

    def __new__(cls, name: TableName) -> Pointer:
        made = super().__new__(cls, name.quoted("snowflake"))
        made.name = name
        return made

    def __getnewargs__(self) -> tuple[TableName]:  # type: ignore[override]
        return (self.name,)

    @property
    def parts(self) -> tuple[str, ...]:
        """Its letters without quotes, as Snowflake lists them: database, schema, name."""
        return self.name.stored("snowflake")


class _Reference:
    def __init__(
        self,
        name: str,
        credentials: object,
        schema: str | None,
        database: str | None,
        connections: Connections | None,
        root: str | Path | None,
    ) -> None:
        self._account = Account(credentials, connections, root)
        settings = self._account.settings
        self.name = parse(name).within(database or settings.get("database"), schema or settings.get("schema"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location})"

    @property
    def location(self) -> str:
        """The account and the name, without secrets."""
        return f"{self._account.place}/{self.name.quoted('snowflake')}"

    @property
    def connection(self) -> str:
        """The connection that its nodes share."""
        return self._account.label

    @property
    def subject(self) -> str:
        raise NotImplementedError

    def load(self) -> Pointer:
        """Return the pointer; Snowflake is not asked."""
        return Pointer(self.name)

    def save(self, data: Any) -> None:
        """Check what a node that has written there itself says: the pointer, and that it exists now.

        Raises:
            DatasetError: the data is not this pointer, or there is nothing of that name.
        """
        if not isinstance(data, str) or data != self.load():
            raise DatasetError(
                f"{self.subject} is a pointer, and takes no data",
                hint="write there in the node, and return the pointer that it was given; to store what a "
                "node returns use `type: snowflake.Table`",
            )
        if not self.exists():
            raise DatasetError(f"the node was to make {self.subject}, and it does not exist")

    def exists(self) -> bool:
        """Ask Snowflake's metadata; what it refuses to tell is an error, not a no."""
        return self._do("look for", lambda link: _asked(link, self._described)) is not None

    @property
    def _described(self) -> str:
        raise NotImplementedError

    def _do(self, action: str, what: Callable[[Link], T]) -> T:
        return self._account.perform(f"cannot {action} {self.subject}", what)


class TableRef(Named, _Reference):
    """A pointer to a table or view.

    Args:
        table_name: its name; see :mod:`plait.datasets.identifiers`.
        credentials: as of :class:`~plait.datasets.snowflake.tables.Table`.
        schema: where the name does not say one.
        database: likewise.
        connections: shared with other datasets; by default this dataset's own.
        root: the folder of the project, whose name tags queries.
    """

    def __init__(
        self,
        table_name: str,
        credentials: object = None,
        *,
        schema: str | None = None,
        database: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        connections: Connections | None = None,
        root: str | Path | None = None,
    ) -> None:
        super().__init__(table_name, credentials, schema, database, connections, root)
        self.metadata = metadata

    @property
    def _described(self) -> str:
        return statements.described(self.name)


class ProcedureRef(_Reference):
    """A pointer to a stored procedure.

    Args:
        procedure_name: its name; see :mod:`plait.datasets.identifiers`.
        credentials: as of :class:`~plait.datasets.snowflake.tables.Table`.
        arguments: the types of its arguments, which tell procedures of one name apart.
        schema: where the name does not say one.
        database: likewise.
        connections: shared with other datasets; by default this dataset's own.
        root: the folder of the project, whose name tags queries.
    """

    def __init__(
        self,
        procedure_name: str,
        credentials: object = None,
        *,
        arguments: Sequence[str] = (),
        schema: str | None = None,
        database: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        connections: Connections | None = None,
        root: str | Path | None = None,
    ) -> None:
        super().__init__(procedure_name, credentials, schema, database, connections, root)
        self.arguments = tuple(arguments)
        self.metadata = metadata

    @property
    def subject(self) -> str:
        """What messages call it."""
        return f"procedure {self.name}({', '.join(self.arguments)})"

    @property
    def _described(self) -> str:
        return f"DESCRIBE PROCEDURE {self.name.quoted('snowflake')}({', '.join(self.arguments)})"

    def fingerprint(self) -> Fingerprint | None:
        """Return the digest of how Snowflake describes it, its body included; None where there is none."""
        found = self._do("identify", lambda link: _asked(link, self._described))
        if found is None:
            return None
        return Fingerprint(f"procedure:{hashlib.sha256(repr(sorted(found)).encode()).hexdigest()}", "content")


def _asked(link: Link, statement: str) -> list[tuple[Any, ...]] | None:
    """Return what a statement gives, or None where what it is about does not exist."""
    try:
        return link.ask(statement)
    except Exception as error:
        if not is_missing(error):
            raise
        return None
