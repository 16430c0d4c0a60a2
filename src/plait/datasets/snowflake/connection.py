"""The connection to Snowflake that datasets with the same credentials share, and errors with their query."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from plait.catalog.connections import Connections
from plait.catalog.locations import redact
from plait.catalog.registry import missing_library
from plait.catalog.stores import revealed
from plait.datasets.snowflake.authentication import arguments, hidden, place
from plait.datasets.snowflake.turns import Turns
from plait.errors import CredentialsError, DatasetError, PlaitError
from plait.values import current_call

__all__ = ["Account", "Link", "is_local", "is_missing", "is_there_already", "tag_of"]

T = TypeVar("T")

_DOES_NOT_EXIST = (2003, 2043)
_EXISTS = 2002
# Of the session, of what renews it, of a token: Snowflake then has done nothing of what it was asked.
_EXPIRED = (390110, 390111, 390112, 390114, 390318, 394301)
_KEY = os.urandom(16)  # so that a label does not tell whether one has guessed a password


@dataclass(frozen=True, slots=True)
class Link:
    """A live connection, and whose turn it is to use it."""

    connection: Any
    tag: Mapping[str, str]
    turns: Turns = field(default_factory=Turns)

    def ask(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self.cursor() as cursor:
            self.run(cursor, statement, values)
            return list(cursor.fetchall())

    def run(self, cursor: Any, statement: str, values: Sequence[Any] = ()) -> None:
        """Run one statement, tagged with the project, run and node that it is for."""
        tag = {"QUERY_TAG": json.dumps(tag_of(self.tag))}
        with self.turns.together():
            cursor.execute(statement, tuple(values) or None, _statement_params=tag)

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """Give a cursor of this thread's own."""
        with closing(self.connection.cursor()) as cursor:
            yield cursor

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all statements within together; other threads' statements wait, they are not part of it."""
        with self.turns.alone():
            self.ask("BEGIN")
            try:
                yield
            except BaseException:
                self.ask("ROLLBACK")
                raise
            self.ask("COMMIT")


class Account:
    """Where the entries of one credential lead.

    Args:
        credentials: of the connector; none where the code runs inside Snowflake, in its active session.
        connections: what is open, shared by all datasets of a catalog.
        root: the folder of the project, whose name is part of query tags.
    """

    def __init__(
        self, credentials: object, connections: Connections | None, root: str | Path | None = None
    ) -> None:
        self._credentials = credentials
        self._connections = Connections() if connections is None else connections
        self._project = Path(root).name if root else None

    @property
    def settings(self) -> dict[str, Any]:
        """The credentials, revealed."""
        return _settings(self._credentials)

    @property
    def place(self) -> str:
        """The account, without secrets."""
        return place(self.settings)

    @property
    def label(self) -> str:
        """What tells this connection from every other in this process, without secrets."""
        settings = self.settings
        known = [str(settings[key]) for key in ("user", "role", "warehouse") if settings.get(key)]
        mark = hashlib.blake2b(repr(sorted(settings.items())).encode(), key=_KEY, digest_size=6)
        return " ".join([place(settings), *known, mark.hexdigest()])

    @property
    def tag(self) -> dict[str, str]:
        """What every query of this project is tagged with."""
        return {"app": "plait"} | ({"project": self._project} if self._project else {})

    def link(self) -> Link:
        """Return the live connection, opened or opened again where needed.

        Raises:
            CredentialsError: there are no credentials and no active session, or they ask for Snowpark's local
                testing mode, which has none.
        """
        settings = self.settings
        if settings.get("local_testing"):
            raise CredentialsError(
                "Snowpark's local testing mode knows neither SQL nor anything but tables",
                hint="use `type: snowpark.Table` with it, or the credentials of an account",
            )
        if not settings:
            session = _active_session()
            active = {"active": id(session.connection)}
            return self._connections.get(
                "snowflake", active, lambda: Link(session.connection, self.tag), close=_leave
            )
        return self._connections.get(
            "snowflake", settings, lambda: self._opened(settings), close=_close, is_open=_is_open
        )

    def session(self) -> Any:
        """Return the Snowpark session on the same connection."""
        settings = self.settings
        if not settings:
            return _active_session()
        if settings.get("local_testing"):
            return self._connections.get("snowpark", settings, _local_session, close=_end_session)
        link = self.link()
        return self._connections.get(
            "snowpark",
            settings,
            lambda: _session(link.connection),
            close=_end_session,
            is_open=lambda session: session.connection is link.connection,
        )

    def perform(self, what: str, action: Callable[[Link], T]) -> T:
        """Do something with the connection; where it turns out to have expired, once more with a new one.

        Args:
            what: for the message, as ``cannot load table X``.
        """
        with self.explained(what):
            link = self.link()
            try:
                return action(link)
            except Exception as error:
                if _is_open(link) and getattr(error, "errno", None) not in _EXPIRED:
                    raise
            if self.settings:
                _close(link)
            return action(self.link())

    @contextmanager
    def explained(self, what: str) -> Iterator[None]:
        """Turn what the engine raises into a sentence with its text and query id, without secrets."""
        try:
            yield
        except PlaitError:
            raise
        except ModuleNotFoundError as error:
            raise missing_library(error.name or str(error), "Snowflake") from error
        except Exception as error:
            # `from None`: the connector's own error may show the connection.
            raise DatasetError(what, why=redact(hidden(_said(error), self.settings))) from None

    def _opened(self, settings: Mapping[str, Any]) -> Link:
        import snowflake.connector

        return Link(snowflake.connector.connect(**arguments(settings, self._project)), self.tag)


def is_local(credentials: object) -> bool:
    """Say whether credentials ask for Snowpark's local testing mode, which lives in memory."""
    return bool(_settings(credentials).get("local_testing"))


def is_missing(error: Exception) -> bool:
    """Say whether an engine's error means that something does not exist, or may not be seen."""
    errno = getattr(error, "errno", None) or getattr(error, "sql_error_code", None)
    return errno in _DOES_NOT_EXIST or _said_to_be_missing(error)


def is_there_already(error: Exception) -> bool:
    """Say whether an engine's error means that what is to be made exists."""
    return getattr(error, "errno", None) == _EXISTS


def tag_of(tag: Mapping[str, str]) -> dict[str, str]:
    """Return a query tag with the run and node whose call this is."""
    call = current_call()
    if call is None:
        return dict(tag)
    found = {**tag, "run": call.run_id, "node": call.node}
    return found if call.key is None else {**found, "key": call.key}


def _said_to_be_missing(error: Exception) -> bool:
    local = type(error).__name__ == "SnowparkLocalTestingException"  # it has no numbers
    return local and "does not exist" in str(error)


def _settings(credentials: object) -> dict[str, Any]:
    found = revealed(credentials)
    return {"connection_name": found} if isinstance(found, str) else dict(found or {})


def _said(error: Exception) -> str:
    text = str(getattr(error, "msg", None) or error) or type(error).__name__
    query = getattr(error, "sfqid", None)
    return f"{text} (query {query})" if query and query not in text else text


def _is_open(link: Link) -> bool:
    return not (link.connection.is_closed() or getattr(link.connection, "expired", False))


def _close(link: Link) -> None:
    link.connection.close()


def _leave(link: Link) -> None:
    """Leave open what Snowflake itself opened."""


def _active_session() -> Any:
    from snowflake.snowpark.context import get_active_session
    from snowflake.snowpark.exceptions import SnowparkSessionException

    try:
        return get_active_session()
    except SnowparkSessionException as error:
        raise CredentialsError(
            "there are no credentials, and no active Snowflake session",
            why=str(error),
            hint="outside Snowflake name them: `credentials: warehouse`, and in conf/local/credentials.yml "
            "`warehouse: {account: …, user: …, …}`",
        ) from None


def _session(connection: Any) -> Any:
    from snowflake.snowpark import Session

    return Session.builder.configs({"connection": connection}).create()


def _local_session() -> Any:
    from snowflake.snowpark import Session

    return Session.builder.config("local_testing", True).create()


def _end_session(session: Any) -> None:
    session.close()
