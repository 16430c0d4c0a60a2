"""What all entries that stand for a table of Snowflake have in common: its name, its place, its identity."""

from __future__ import annotations

from collections.abc import Sequence

from plait.datasets.identifiers import TableName
from plait.datasets.snowflake import fingerprints
from plait.datasets.snowflake.connection import Account
from plait.values import Fingerprint

__all__ = ["Named"]


class Named:
    """A table or view of an account, by name."""

    _account: Account
    name: TableName
    fingerprint_query: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location})"

    @property
    def location(self) -> str:
        """The account and the table, without secrets."""
        return f"{self._account.place}/{self.sql_name}"

    @property
    def connection(self) -> str:
        """The connection that its nodes share."""
        return self._account.label

    @property
    def sql_name(self) -> str:
        """The name, quoted, with its schema and database where they are known."""
        return self.name.quoted("snowflake")

    @property
    def sql_place(self) -> str:
        """The account, without secrets."""
        return self._account.place

    @property
    def subject(self) -> str:
        """What messages call it."""
        return f"table {self.name}"

    def fingerprint(self) -> Fingerprint | None:
        """Return what changes whenever the rows do; None where there is no table."""
        return self.fingerprints_of([self])[0]

    @classmethod
    def fingerprints_of(cls, datasets: Sequence[Named]) -> list[Fingerprint | None]:
        """Return what identifies several tables of one connection, by one question."""
        first = datasets[0]
        return first._account.perform(
            f"cannot identify {first.subject}",
            lambda link: fingerprints.of_tables(link, [(d.name, d.fingerprint_query) for d in datasets]),
        )
