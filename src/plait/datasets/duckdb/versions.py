"""A table in a DuckDB file that keeps every save where its entry says ``versioned: true``."""

from __future__ import annotations

from plait.datasets import versioned_tables
from plait.datasets.duckdb.tables import Table

__all__ = ["VersionedTable", "table"]


class VersionedTable(versioned_tables.VersionedTable[Table]):
    """See :class:`plait.datasets.versioned_tables.VersionedTable`."""

    def release(self) -> None:
        """Close a connection of its own; one that is shared stays open for the others."""
        self._table.release()


table = versioned_tables.versioned(Table, VersionedTable)
