"""Connections to databases through SQLAlchemy, kept open and shared, and errors without passwords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from plait.catalog.connections import Connections
from plait.catalog.locations import redact
from plait.catalog.registry import missing_library
from plait.catalog.stores import revealed
from plait.datasets.sql_fingerprints import rows_fingerprint
from plait.errors import CredentialsError, DatasetError, MissingLibraryError, PlaitError
from plait.values import Fingerprint

__all__ = ["Database"]


class Database:
    """How the datasets here reach their database, and speak of it without its password."""

    atomic = True
    """A save is one transaction."""

    def __init__(
        self, credentials: object, connections: Connections | None, fingerprint_query: str | None = None
    ) -> None:
        self._credentials = credentials
        self._connections = Connections() if connections is None else connections
        self._is_shared = connections is not None
        self._fingerprint_query = fingerprint_query

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location})"

    @property
    def location(self) -> str:
        """The database and what is in it, without secrets."""
        return f"{redact(self._connection()[0])}#{self._part}"

    @property
    def sql_place(self) -> str:
        """The database, without secrets."""
        import sqlalchemy

        url = sqlalchemy.make_url(self._connection()[0])
        return f"{url.get_backend_name()}://{url.host or ''}:{url.port or ''}/{url.database or ''}"

    @property
    def _part(self) -> str:
        raise NotImplementedError

    @property
    def _subject(self) -> str:
        raise NotImplementedError

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the rows: what ``fingerprint_query`` gives, or SQLite's rows themselves.

        None where there is neither: reading all rows of a server to find out whether to read them is no gain.
        """
        url, _ = self._connection()
        query = self._fingerprint_query
        if query is None and not url.startswith("sqlite"):
            return None
        with self._connected("identify") as connection:
            if not self._present(connection):
                return None
            if query is None:
                return rows_fingerprint(self._all_rows(connection), self._said)
            import sqlalchemy

            return rows_fingerprint(connection.execute(sqlalchemy.text(query)), self._said, "token")

    @property
    def fingerprint_advice(self) -> str:
        """What to write in the catalog so that a change of the rows is noticed and none is not."""
        return f"write in its catalog entry, say, `fingerprint_query: {self._telling_query}`"

    @property
    def _telling_query(self) -> str:
        return "SELECT max(updated_at), count(*) FROM …"

    def _present(self, connection: Any) -> bool:  # noqa: ARG002
        return True

    def _all_rows(self, connection: Any) -> Any:
        raise NotImplementedError

    @property
    def _said(self) -> str:
        return ""

    def release(self) -> None:
        """Close connections of its own; those it shares stay open for the others."""
        if not self._is_shared:
            self._connections.close()

    def _connection(self) -> tuple[str, dict[str, Any]]:
        credentials = revealed(self._credentials)
        if isinstance(credentials, str):
            return credentials, {}
        options = dict(credentials or {})
        url = options.pop("con", None)
        if not url:
            raise CredentialsError(
                f"{self._subject} has no connection string",
                hint="`credentials: warehouse`, and in conf/local/credentials.yml `warehouse: {con: sqlite:///…}`",
            )
        return str(url), options

    @contextmanager
    def _connected(self, action: str) -> Iterator[Any]:
        url, options = self._connection()
        with (
            _explained(f"cannot {action} {self._subject}", url),
            self._engine(url, options).begin() as connection,
        ):
            yield connection

    def _engine(self, url: str, options: Mapping[str, Any]) -> Any:
        settings = {"url": url, "options": options}
        return self._connections.get("sqlalchemy", settings, partial(_engine, url, options), close=_dispose)


def _engine(url: str, options: Mapping[str, Any]) -> Any:
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(url, **{"hide_parameters": True, **options})
    except sqlalchemy.exc.NoSuchModuleError as error:
        scheme = url.partition(":")[0]
        raise MissingLibraryError(
            f"no installed library connects SQLAlchemy to '{scheme}'",
            why=str(error),
            hint="install the dialect of that database, and check the spelling of the connection string",
        ) from error
    if engine.dialect.name == "sqlite":
        _make_transactional(engine)
    return engine


def _dispose(engine: Any) -> None:
    engine.dispose()


def _make_transactional(engine: Any) -> None:
    """Let SQLite roll back ``DROP`` and ``CREATE`` too, as SQLAlchemy documents for pysqlite."""
    import sqlalchemy

    def leave_transactions_to_us(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    sqlalchemy.event.listen(engine, "connect", leave_transactions_to_us)
    sqlalchemy.event.listen(engine, "begin", begin)


@contextmanager
def _explained(what: str, url: str) -> Iterator[None]:
    """Turn what SQLAlchemy raises into a sentence, and keep the connection string out of it."""
    try:
        yield
    except PlaitError:
        raise
    except ModuleNotFoundError as error:
        raise missing_library(error.name or str(error), "the connection") from error
    except Exception as error:
        # `from None`: a driver's own error may show the connection string.
        raise DatasetError(what, why=redact(_said(error).replace(url, "***"))) from None


def _said(error: BaseException) -> str:
    """Return what the driver said, without the statement that SQLAlchemy and pandas wrap around it."""
    wrapped = error.__cause__ if type(error).__module__.startswith("pandas.") else None
    said = getattr(wrapped or error, "orig", None) or wrapped or error
    return str(said) or type(said).__name__
