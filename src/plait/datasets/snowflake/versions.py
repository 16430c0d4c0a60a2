"""A table of Snowflake that keeps every save, each as a table named ``ORDERS@2026-11-22T22.07.15.123Z``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.catalog.versions import Version, generate_timestamp, safe_version
from plait.datasets.identifiers import TableName
from plait.datasets.snowflake import fingerprints, snowpark, statements
from plait.datasets.snowflake.connection import Link
from plait.datasets.snowflake.tables import Table
from plait.errors import (
    CatalogError,
    DatasetError,
    UsageError,
    VersionAlreadyExistsError,
    VersionNotFoundError,
    did_you_mean,
)
from plait.values import Fingerprint

__all__ = ["VersionedTable", "snowpark_table", "table", "versioned"]

_SIGN = "@"


class VersionedTable:
    """Saves each time into a new table, and loads the latest, or the one that is named.

    Args:
        table: which table, and how its rows are loaded and saved.
        version: the one to load and the one to save.

    Raises:
        CatalogError: ``mode`` would change a version.
    """

    def __init__(self, table: Table, version: Version) -> None:
        if table.mode not in ("overwrite", "error"):
            raise CatalogError(
                f"a versioned table keeps every save, and `mode: {table.mode}` changes one",
                hint="leave out `versioned` or `mode`",
            )
        self._table = table
        self.version = version
        self._latest: str | None = None

    def __repr__(self) -> str:
        return f"VersionedTable({self.location})"

    @property
    def location(self) -> str:
        """The account and the table, without secrets."""
        return self._table.location

    @property
    def connection(self) -> str:
        """The connection that its nodes share."""
        return self._table.connection

    @property
    def sql_name(self) -> str:
        """The name of the version that is loaded, quoted."""
        return self._loaded().sql_name

    @property
    def sql_place(self) -> str:
        """The account, without secrets."""
        return self._table.sql_place

    # --- Loading

    def load(self) -> Any:
        """Return the rows in the entry's frame. Raises VersionNotFoundError."""
        return self._loaded().load()

    def load_as(self, frame: FrameName) -> Any:
        """Return the rows in a library, or with ``snowpark`` a query of them that Snowflake runs later."""
        return self._loaded().load_as(frame)

    def load_beyond(self, column: str, mark: Any, frame: FrameName | None = None) -> Any:
        """Return the rows whose ``column`` is greater than ``mark``; all where that is None."""
        return self._loaded().load_beyond(column, mark, frame)

    def preview(self, limit: int = 20) -> Preview:
        """Show the first rows; Snowflake is asked for no more."""
        return self._loaded().preview(limit)

    def schema(self) -> dict[str, str]:
        """Return the columns and their types by Snowflake's metadata, in order."""
        return self._loaded().schema()

    def row_count(self) -> int | None:
        """Return how many rows there are by Snowflake's metadata."""
        return self._loaded().row_count()

    def exists(self) -> bool:
        """Say whether the version that would be loaded is there."""
        try:
            return self._loaded().exists()
        except VersionNotFoundError:
            return False

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the version that would be loaded; None where there is none."""
        return self.fingerprints_of([self])[0]

    @classmethod
    def fingerprints_of(cls, datasets: Sequence[VersionedTable]) -> list[Fingerprint | None]:
        """Return what identifies several tables of one connection."""
        first = datasets[0]._table

        def ask(link: Link) -> list[Fingerprint | None]:
            names = [dataset._name_on(link) for dataset in datasets]
            there = [(name, None) for name in names if name is not None]
            found = iter(fingerprints.of_tables(link, there))
            return [None if name is None else next(found) for name in names]

        return first._do("identify", ask)

    # --- Saving

    @property
    def appendable(self) -> bool:
        """Whether rows can be added; never to a version."""
        return False

    def append(self, data: Any) -> None:  # noqa: ARG002 - nothing is added
        """Raise DatasetError."""
        raise DatasetError(
            f"{self._table._subject} keeps every save as a version, and a version is never changed",
            hint="leave `versioned` out, or save the whole",
        )

    def save(self, data: Any) -> None:
        """Write a table of any library as a new version.

        Raises:
            VersionAlreadyExistsError: there is one of that name.
            DatasetError: Snowflake refuses.
        """
        version = self.version.save or generate_timestamp()
        target = self._bound(version)
        target.mode = "error"
        if target.exists():
            raise VersionAlreadyExistsError(
                f"version '{version}' of {self._table._subject} is there already",
                why="versions are never replaced",
                hint="save under another version, or remove that one first",
            )
        target.save(data)
        self._latest = version

    # --- Versions

    def versions(self) -> list[str]:
        """Return the versions there are, newest last; by metadata only."""
        return self._table._do("look for the versions of", self._list)

    def at_version(self, version: Version | str) -> VersionedTable:
        """Return the same table, bound to one version to load, or to a pair of load and save."""
        wanted = Version(version) if isinstance(version, str) else Version(*version)
        return VersionedTable(self._table, wanted)

    def prune(self, keep: int, *, dry_run: bool = False) -> list[str]:
        """Remove all but the ``keep`` newest versions and return the removed, oldest first."""
        if keep < 1:
            raise UsageError("at least one version must be kept", hint="pass keep=1 or more")
        stale = self.versions()[:-keep]
        for version in [] if dry_run else stale:
            drop = f"DROP TABLE {self._named(version).quoted('snowflake')}"
            self._table._do("remove a version of", _asking(drop))
        return stale

    # --- Inside

    def _loaded(self) -> Table:
        """Return the table of the version that is loaded."""
        wanted = self.version.load or self._latest
        if wanted is None:
            found = self.versions()
            if not found:
                raise VersionNotFoundError(f"there are no versions of {self._table._subject} yet")
            wanted = self._latest = found[-1]
        table = self._bound(wanted)
        if self.version.load is not None and not table.exists():
            known = self.versions()
            hint = did_you_mean(wanted, known) or (f"the latest is '{known[-1]}'" if known else None)
            raise VersionNotFoundError(f"{self._table._subject} has no version '{wanted}'", hint=hint)
        return table

    def _name_on(self, link: Link) -> TableName | None:
        wanted = self.version.load or self._latest or next(reversed(self._list(link)), None)
        return None if wanted is None else self._named(wanted)

    def _bound(self, version: str) -> Table:
        bound = copy(self._table)
        bound.name = self._named(version)
        return bound

    def _named(self, version: str) -> TableName:
        name = self._table.name
        return name.beside(f"{name.stored('snowflake')[-1]}{_SIGN}{safe_version(version)}")

    def _list(self, link: Link) -> list[str]:
        name = self._table.name
        start = f"{name.stored('snowflake')[-1]}{_SIGN}"
        return sorted(row[0].removeprefix(start) for row in link.ask(*statements.named_like(name, start)))


def versioned(make: Callable[..., Table]) -> Callable[..., Any]:
    """Return what makes the dataset of an entry, versioned where the entry says so."""

    def table(*given: Any, version: Version | None = None, **options: Any) -> Any:
        made = make(*given, **options)
        return made if version is None else VersionedTable(made, Version(*version))

    signature = inspect.signature(make)
    kind = inspect.Parameter.KEYWORD_ONLY
    extra = inspect.Parameter("version", kind, default=None, annotation="Version | None")
    table.__signature__ = signature.replace(parameters=[*signature.parameters.values(), extra])  # type: ignore[attr-defined]
    table.__doc__ = make.__doc__
    return table


def _asking(statement: str) -> Callable[[Link], Any]:
    return lambda link: link.ask(statement)


table = versioned(Table)
snowpark_table = versioned(snowpark.table)
