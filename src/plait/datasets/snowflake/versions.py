"""A table of Snowflake that keeps every save where its entry says ``versioned: true``."""

from __future__ import annotations

from collections.abc import Sequence

from plait.datasets import versioned_tables
from plait.datasets.snowflake import snowpark
from plait.datasets.snowflake.tables import Table
from plait.values import Fingerprint

__all__ = ["VersionedTable", "snowpark_table", "table"]


class VersionedTable(versioned_tables.VersionedTable[Table]):
    """See :class:`plait.datasets.versioned_tables.VersionedTable`."""

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the version that would be loaded; None where there is none."""
        return self.fingerprints_of([self])[0]

    @classmethod
    def fingerprints_of(cls, datasets: Sequence[VersionedTable]) -> list[Fingerprint | None]:
        """Return what identifies several tables of one connection, by one question."""
        tables = [dataset._wanted() for dataset in datasets]
        there = [table for table in tables if table is not None]
        found = iter(type(there[0]).fingerprints_of(there) if there else ())
        return [None if table is None else next(found) for table in tables]

    def _wanted(self) -> Table | None:
        """Return the table that would be loaded, whether it is there or not."""
        version = self.version.load or self._latest or next(reversed(self.versions()), None)
        if version is None:
            return None
        table = self._bound(version)
        table.fingerprint_query = None  # it tells of the one table that the entry names
        return table


table = versioned_tables.versioned(Table, VersionedTable)
snowpark_table = versioned_tables.versioned(snowpark.table, VersionedTable)
