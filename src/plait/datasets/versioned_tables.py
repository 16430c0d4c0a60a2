"""A table that keeps every save, each as a table of its own, named ``orders@2026-11-22T22.07.15.123Z``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from plait.catalog.growing import ChunkWriter
from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.catalog.versions import Version, generate_timestamp, nearest_version, safe_version
from plait.datasets.identifiers import Engine, TableName
from plait.datasets.modes import Mode
from plait.errors import (
    CatalogError,
    DatasetError,
    UsageError,
    VersionAlreadyExistsError,
    VersionNotFoundError,
)
from plait.values import Fingerprint

__all__ = ["EngineTable", "VersionedTable", "versioned"]

_SIGN = "@"


class EngineTable(Protocol):
    """A table of an engine, as far as its versions need it."""

    engine: ClassVar[Engine]
    name: TableName
    mode: Mode

    @property
    def subject(self) -> str:
        """What messages call it."""
        ...

    @property
    def location(self) -> str: ...
    @property
    def connection(self) -> str: ...
    @property
    def sql_name(self) -> str: ...
    @property
    def sql_place(self) -> str: ...
    @property
    def appendable(self) -> bool: ...
    def load(self) -> Any: ...
    def load_as(self, frame: FrameName) -> Any: ...
    def load_beyond(self, column: str, mark: Any, frame: FrameName | None = None) -> Any: ...
    def preview(self, limit: int = 20) -> Preview: ...
    def schema(self) -> dict[str, str]: ...
    def row_count(self) -> int | None: ...
    def exists(self) -> bool: ...
    def fingerprint(self) -> Fingerprint | None: ...
    def save(self, data: Any) -> None: ...
    def stream(self) -> AbstractContextManager[ChunkWriter]: ...
    def tables_starting(self, start: str) -> list[str]:
        """Return the names in the same schema that begin so; by metadata only."""
        ...

    def drop(self, names: Sequence[TableName]) -> None:
        """Remove tables."""
        ...


T = TypeVar("T", bound=EngineTable)


class VersionedTable(Generic[T]):
    """Saves each time into a new table, and loads the latest, or the one that is named.

    Args:
        table: which table, and how its rows are loaded and saved.
        version: the one to load and the one to save.

    Raises:
        CatalogError: ``mode`` would change a version.
    """

    atomic = True
    """A save is one statement, or one transaction."""

    def __init__(self, table: T, version: Version) -> None:
        if table.mode not in ("overwrite", "error"):
            raise CatalogError(
                f"a versioned table keeps every save, and `mode: {table.mode}` changes one",
                hint="leave out `versioned` or `mode`",
            )
        self._table = table
        self.version = version
        self._latest: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location})"

    @property
    def location(self) -> str:
        """Where the table is, without secrets and without a version."""
        return self._table.location

    @property
    def connection(self) -> str:
        """The connection that its nodes share."""
        return self._table.connection

    @property
    def sql_name(self) -> str:
        """The name of the version that is loaded, quoted. Raises VersionNotFoundError."""
        return self._loaded().sql_name

    @property
    def sql_place(self) -> str:
        """The file or the account, without secrets."""
        return self._table.sql_place

    # --- Loading

    def load(self) -> Any:
        """Return the rows in the entry's frame. Raises VersionNotFoundError."""
        return self._loaded().load()

    def load_as(self, frame: FrameName) -> Any:
        """Return the rows in a library, or as a query that the engine runs later."""
        return self._loaded().load_as(frame)

    def load_beyond(self, column: str, mark: Any, frame: FrameName | None = None) -> Any:
        """Return the rows whose ``column`` is greater than ``mark``; all where that is None."""
        return self._loaded().load_beyond(column, mark, frame)

    def preview(self, limit: int = 20) -> Preview:
        """Show the first rows; the engine is asked for no more."""
        return self._loaded().preview(limit)

    def schema(self) -> dict[str, str]:
        """Return the columns and their types by metadata, in order."""
        return self._loaded().schema()

    def row_count(self) -> int | None:
        """Return how many rows there are by metadata; None for a view."""
        return self._loaded().row_count()

    def exists(self) -> bool:
        """Say whether the version that would be loaded is there."""
        try:
            return self._loaded().exists()
        except VersionNotFoundError:
            return False

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the version that would be loaded; None where there is none."""
        try:
            return self._loaded().fingerprint()
        except VersionNotFoundError:
            return None

    # --- Saving

    def save(self, data: Any) -> None:
        """Write a table of any library as a new version.

        Raises:
            VersionAlreadyExistsError: there is one of that name.
            DatasetError: the engine refuses.
        """
        version = self._new()
        self._target(version).save(data)
        self._latest = version

    @property
    def appendable(self) -> bool:
        """Whether a version can be written in chunks; once it is there it is never changed."""
        return self._table.appendable

    @contextmanager
    def stream(self) -> Iterator[ChunkWriter]:
        """Take chunks, which become a new version when the context ends normally."""
        version = self._new()
        with self._target(version).stream() as writer:
            yield writer
        self._latest = version

    def append(self, data: Any) -> None:  # noqa: ARG002 - nothing is added
        """Raise DatasetError."""
        raise DatasetError(
            f"{self._table.subject} keeps every save as a version, and a version is never changed",
            hint="leave `versioned` out, or save the whole",
        )

    # --- Versions

    def versions(self) -> list[str]:
        """Return the versions there are, newest last; by metadata only."""
        return sorted(name.removeprefix(self._start) for name in self._table.tables_starting(self._start))

    def at_version(self, version: Version | str) -> VersionedTable[T]:
        """Return the same table, bound to one version to load, or to a pair of load and save."""
        wanted = Version(version) if isinstance(version, str) else Version(*version)
        return type(self)(self._table, wanted)

    def prune(self, keep: int, *, dry_run: bool = False) -> list[str]:
        """Remove all but the ``keep`` newest versions and return the removed, oldest first."""
        if keep < 1:
            raise UsageError("at least one version must be kept", hint="pass keep=1 or more")
        stale = self.versions()[:-keep]
        if stale and not dry_run:
            self._table.drop([self._named(version) for version in stale])
        return stale

    # --- Inside

    @property
    def _start(self) -> str:
        return f"{self._table.name.stored(self._table.engine)[-1]}{_SIGN}"

    def _named(self, version: str) -> TableName:
        return self._table.name.beside(f"{self._start}{safe_version(version)}")

    def _bound(self, version: str) -> T:
        bound = copy(self._table)
        bound.name = self._named(version)
        return bound

    def _loaded(self) -> T:
        """Return the table of the version that is loaded."""
        wanted = self.version.load or self._latest
        if wanted is None:
            found = self.versions()
            if not found:
                raise VersionNotFoundError(f"there are no versions of {self._table.subject} yet")
            wanted = self._latest = found[-1]
        table = self._bound(wanted)
        if self.version.load is not None and not table.exists():
            raise VersionNotFoundError(
                f"{self._table.subject} has no version '{wanted}'",
                hint=nearest_version(wanted, self.versions()),
            )
        return table

    def _new(self) -> str:
        return self.version.save or generate_timestamp()

    def _target(self, version: str) -> T:
        target = self._bound(version)
        target.mode = "error"
        if target.exists():
            raise VersionAlreadyExistsError(
                f"version '{version}' of {self._table.subject} is there already",
                why="versions are never replaced",
                hint="save under another version, or remove that one first",
            )
        return target


def versioned(make: Callable[..., T], kind: type[VersionedTable[T]]) -> Callable[..., Any]:
    """Return what makes the dataset of an entry, versioned where the entry says so."""

    def table(*given: Any, version: Version | None = None, **options: Any) -> Any:
        made = make(*given, **options)
        return made if version is None else kind(made, Version(*version))

    signature = inspect.signature(make)
    extra = inspect.Parameter(
        "version", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="Version | None"
    )
    table.__signature__ = signature.replace(parameters=[*signature.parameters.values(), extra])  # type: ignore[attr-defined]
    table.__doc__ = make.__doc__
    return table
