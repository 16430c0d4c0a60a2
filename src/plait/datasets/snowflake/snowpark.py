"""Snowpark: lazy DataFrames of tables, computed and stored inside Snowflake, and the session itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.datasets.modes import Mode
from plait.datasets.previews import of_arrow
from plait.datasets.snowflake import lazy
from plait.datasets.snowflake.connection import Account, is_local
from plait.datasets.snowflake.naming import Named
from plait.datasets.snowflake.tables import Table
from plait.errors import CatalogError, DatasetError
from plait.values import Fingerprint

__all__ = ["LocalTable", "SnowparkSession", "SnowparkTable", "kedros_table", "table"]


class SnowparkTable(Table):
    """A table or view as a lazy Snowpark DataFrame; what is saved from one never leaves Snowflake.

    Takes what :class:`~plait.datasets.snowflake.tables.Table` takes; only what ``load`` gives is another.
    """

    default_frame: FrameName = "snowpark"


class LocalTable(SnowparkTable):
    """A table of Snowpark's local testing mode, which lives in memory, without SQL and without an account."""

    def load_as(self, frame: FrameName) -> Any:
        """Return the table in a library."""
        found = super().load_as("snowpark")
        with self._explained("load"):
            return found if frame == "snowpark" else frames.convert(found, frame)

    def exists(self) -> bool:
        """Look into the session."""
        return self._found() is not None

    def schema(self) -> dict[str, str]:
        """Return the columns and their types.

        Raises:
            DatasetError: there is no such table.
        """
        found = self._found()
        if found is None:
            raise DatasetError(f"{self.subject} does not exist")
        names = lazy.columns_of(found)
        return {name: str(field.datatype) for name, field in zip(names, found.schema.fields, strict=True)}

    def row_count(self) -> int | None:
        """Count the rows."""
        found = self._found()
        return None if found is None else int(found.count())

    def preview(self, limit: int = 20) -> Preview:
        """Show the first rows."""
        return of_arrow(frames.convert(super().load_as("snowpark").limit(limit + 1), "arrow"), limit)

    @classmethod
    def fingerprints_of(cls, datasets: Sequence[Named]) -> list[Fingerprint | None]:
        """Return None for each: nothing outlives the process."""
        return [None] * len(datasets)

    def _save(self, data: Any, mode: Mode) -> None:
        with self._explained("save"):
            if frames.frame_of(data) != "snowpark":
                data = self._account.session().create_dataframe(frames.to_save(data, "pandas"))
            self._write_lazy(data, mode)

    def _found(self) -> Any:
        with self._explained("look for"):
            return lazy.there(self._account.session(), self.name)


def table(table_name: str, credentials: object = None, **options: Any) -> SnowparkTable:
    """Return the table of an entry: in memory where its credentials say ``local_testing: true``."""
    kind = LocalTable if is_local(credentials) else SnowparkTable
    return kind(table_name, credentials, **options)


table.__signature__ = inspect.signature(SnowparkTable)  # type: ignore[attr-defined]


class SnowparkSession:
    """The Snowpark session of a credential, for a node that needs the session itself; it is load only.

    Args:
        credentials: as of :class:`~plait.datasets.snowflake.tables.Table`.
        connections: shared with other datasets; by default this dataset's own.
        root: the folder of the project, whose name tags queries.
    """

    def __init__(
        self,
        credentials: object = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        connections: Connections | None = None,
        root: str | Path | None = None,
    ) -> None:
        self._account = Account(credentials, connections, root)
        self.metadata = metadata

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._account.place})"

    @property
    def connection(self) -> str:
        """The connection that its nodes share."""
        return self._account.label

    def load(self) -> Any:
        """Return the session, which all nodes with these credentials share; do not close it."""
        with self._account.explained("cannot open a Snowpark session"):
            return self._account.session()

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a session has no place to save to."""
        raise DatasetError("a session cannot be saved to", hint="save to a table: `type: snowpark.Table`")

    def fingerprint(self) -> Fingerprint:
        """Return what identifies it: a session is a way to data and no data; name what is read as well."""
        return Fingerprint(f"snowpark-session:{self._account.place}", "content")


def kedros_table(
    table_name: str,
    schema: str | None = None,
    database: str | None = None,
    load_args: Mapping[str, Any] | None = None,  # noqa: ARG001 - Kedro documents them as unused
    save_args: Mapping[str, Any] | None = None,
    credentials: object = None,
    metadata: Mapping[str, Any] | None = None,
    connections: Connections | None = None,
    root: str | Path | None = None,
) -> SnowparkTable:
    """Return the table of an entry with Kedro's ``snowflake.SnowparkTableDataset``, which fails if it exists.

    Raises:
        CatalogError: ``save_args`` asks for what has no counterpart.
    """
    arguments = dict(save_args or {})
    options = {key: arguments.pop(key) for key in ("mode", "table_type") if key in arguments}
    arguments.pop("column_order", None)  # columns go by their names here
    if arguments:
        raise CatalogError(
            f"`save_args` has {', '.join(sorted(arguments))}, which Plait does not hand on",
            hint="make the table with a statement of your own first; `mode: overwrite` leaves it as it is",
        )
    return table(
        table_name,
        credentials,
        schema=schema,
        database=database,
        mode=options.pop("mode", "errorifexists"),
        metadata=metadata,
        connections=connections,
        root=root,
        **options,
    )
