"""One DuckDB file, opened once by this process however many datasets and nodes use it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from plait.catalog.connections import Connections
from plait.catalog.locations import local_path, location_of, redact
from plait.catalog.registry import missing_library
from plait.datasets.duckdb.checkpoints import checkpoints, written_so_far
from plait.datasets.duckdb.intervals import as_durations
from plait.errors import CatalogError, DatasetError, PlaitError

if TYPE_CHECKING:
    from plait.datasets.duckdb.identities import Identity

__all__ = ["MEMORY", "Database", "Link", "closed", "is_locked"]

MEMORY = ":memory:"

T = TypeVar("T")

_PATIENCE = 5.0  # seconds that another process may hold the file before it is an error
_PAUSE = 0.05


class Link:
    """The live connection to a file.

    A cursor of its own goes to whoever asks; statements of several threads then run side by side, each
    in its own transaction. What Plait writes is written by one thread at a time.

    Args:
        file: what it leads to; None in memory.

    Attributes:
        opened_at: the number of the file's last checkpoint when this connection was opened.
        known: what identifies tables, as far as this process has found out.
        untouched: whether nobody wrote to the file since Plait closed it; None while nobody has looked.
        writes: held by whoever writes.
    """

    def __init__(self, raw: Any, *, writable: bool, file: Path | None = None) -> None:
        self.raw = raw
        self.writable = writable
        self.file = file
        self.opened_at = None if file is None else checkpoints(file)  # nobody else can write any more
        self.known: dict[str, Identity] = {}
        self.untouched: bool | None = None
        self.writes = threading.RLock()
        self._mine = threading.local()
        self._backends: list[Any] = []
        self._cursors: list[Any] = []

    def written_so_far(self) -> tuple[int, int] | None:
        """Return what changes whenever anybody commits anything; None in memory."""
        return None if self.file is None else written_so_far(self.file)

    def cursor(self) -> Any:
        """Return a cursor, with a transaction and settings of its own."""
        found = self.raw.cursor()
        found.execute("SET TimeZone = 'UTC'")
        return found

    def ask(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with closed(self.cursor()) as cursor:
            return list(cursor.execute(query, list(values)).fetchall())

    def arrow(self, query: str, values: Any = ()) -> Any:
        """Return the result of a query as an Arrow table."""
        with closed(self.cursor()) as cursor:
            return as_durations(cursor.execute(query, list(values)).to_arrow_table())

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Give a cursor of this thread all of whose statements are committed together, or none."""
        cursor = self.mine()
        with self.writes:
            cursor.begin()
            try:
                yield cursor
                cursor.commit()
            except BaseException:
                with suppress(Exception):  # what went wrong is told, not that it ended the transaction
                    cursor.rollback()
                raise

    def mine(self) -> Any:
        """Return the cursor of this thread, over which its Ibis tables are computed too."""
        if not hasattr(self._mine, "cursor"):
            self._mine.cursor = self.cursor()
            self._cursors.append(self._mine.cursor)
        return self._mine.cursor

    def ibis(self) -> Any:
        """Return the Ibis backend of this thread."""
        import ibis

        if not hasattr(self._mine, "backend"):
            self._mine.backend = ibis.duckdb.from_connection(self.mine())
            self._backends.append(self._mine.backend)
        return self._mine.backend

    def owns(self, backend: Any) -> bool:
        """Say whether an Ibis backend is one of this file."""
        return any(backend is own for own in self._backends)

    def close(self) -> None:
        """Write down what identifies tables, and let the file go."""
        from plait.datasets.duckdb.identities import remember

        try:
            remember(self)
        finally:
            for cursor in (*self._cursors, self.raw):
                cursor.close()


class Database:
    """Where the entries of one file lead.

    Args:
        path: of the file, relative to ``root``; ``:memory:`` lies nowhere.
        settings: of DuckDB, such as ``threads`` and ``memory_limit``.
        connections: what is open, shared by all datasets of a catalog.
    """

    def __init__(
        self,
        path: str | Path,
        settings: Mapping[str, Any] | None = None,
        *,
        read_only: bool = False,
        connections: Connections | None = None,
        root: str | Path | None = None,
    ) -> None:
        self.path = str(path)
        if "://" in self.path and not self.path.startswith("file://"):
            raise CatalogError(
                f"`database: {redact(self.path)}` is a URL, and DuckDB keeps its tables in a local file",
                hint="`database: data/warehouse.duckdb`; files elsewhere are datasets of their own",
            )
        self._settings = dict(settings or {})
        self._read_only = read_only
        self._connections = Connections() if connections is None else connections
        self._is_shared = connections is not None
        self._root = root

    @property
    def location(self) -> str:
        """The file, relative to the project where it lies in it."""
        return "duckdb" if self.path == MEMORY else location_of(self.path, self._root)

    @property
    def label(self) -> str:
        """What tells its connection from every other."""
        return f"duckdb {self.location}"

    @property
    def file(self) -> Path | None:
        """The file, there or not yet; None in memory."""
        return None if self.path == MEMORY else local_path(self.path, self._root)

    def is_there(self) -> bool:
        """Say whether there is a file; asking opens nothing."""
        file = self.file
        return file is None or file.exists()

    def link(self) -> Link:
        """Return the live connection, opened at first use.

        Raises:
            DatasetError: another process holds the file, or it is no database.
        """
        file = self.file
        place = MEMORY if file is None else str(file.resolve())
        settings = {"place": place, "read_only": self._read_only, **self._settings}
        return self._connections.get("duckdb", settings, lambda: self._opened(place), close=Link.close)

    def perform(self, action: str, what: Callable[[Link], T]) -> T:
        """Do something over the connection; what DuckDB says becomes an error that tells what failed."""
        with self.explained(action):
            return what(self.link())

    @contextmanager
    def explained(self, action: str) -> Iterator[None]:
        """Turn what DuckDB raises into a DatasetError that begins with ``action``."""
        try:
            yield
        except PlaitError:
            raise
        except ImportError as error:
            raise missing_library(error.name or "duckdb", "DuckDB") from error
        except Exception as error:
            if not _is_of_the_engine(error):
                raise
            raise DatasetError(action, where=self.location, why=redact(str(error).strip())) from error

    def release(self) -> None:
        """Close a connection of its own; one that is shared stays open for the others."""
        if not self._is_shared:
            self._connections.close()

    def _opened(self, place: str) -> Link:
        import duckdb

        if place != MEMORY and not self._read_only:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
        writable = not self._read_only
        patience = time.monotonic() + _PATIENCE
        while True:
            try:
                raw = duckdb.connect(place, read_only=self._read_only, config=self._settings)
                return Link(raw, writable=writable, file=None if place == MEMORY else Path(place))
            except duckdb.ConnectionException as error:
                raise self._opened_otherwise(error) from error
            except duckdb.IOException as error:
                if not is_locked(error):
                    raise
                if time.monotonic() >= patience:
                    raise self._held(error) from error
            time.sleep(_PAUSE)

    def _opened_otherwise(self, error: Exception) -> DatasetError:
        return DatasetError(
            f"'{self.location}' is open already, with other settings",
            why=str(error).splitlines()[0],
            hint="give all entries of a file the same `settings` and `read_only`",
        )

    def _held(self, error: Exception) -> DatasetError:
        return DatasetError(
            f"'{self.location}' is open in another process",
            why=f"DuckDB lets one process at a time use a file. {str(error).splitlines()[0]}",
            hint="wait until the other run, notebook or shell has closed it",
        )


def is_locked(error: Exception) -> bool:
    """Say whether another process keeps a file from being opened."""
    text = str(error).lower()
    return "lock on file" in text or "used by another process" in text


@contextmanager
def closed(cursor: Any) -> Iterator[Any]:
    """Close a cursor after use."""
    try:
        yield cursor
    finally:
        cursor.close()


def _is_of_the_engine(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in ("duckdb", "_duckdb", "ibis", "sqlglot")
