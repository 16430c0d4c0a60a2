"""The versions of a table: each a table of its own, named ``orders@2026-11-22T22.07.15.123Z``."""

from __future__ import annotations

from plait.catalog.versions import safe_version
from plait.datasets.duckdb.database import Link
from plait.datasets.identifiers import TableName
from plait.errors import VersionNotFoundError, did_you_mean

__all__ = ["missing", "named", "of"]

_SIGN = "@"


def named(table: TableName, version: str) -> TableName:
    """Return the name of one version of a table. Raises DatasetError for what can be no version."""
    return table.beside(f"{table.stored('duckdb')[-1]}{_SIGN}{safe_version(version)}")


def of(link: Link, table: TableName) -> list[str]:
    """Return the versions there are, newest last; by metadata only."""
    *_, schema, name = table.stored("duckdb")
    found = link.ask(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = ? AND starts_with(table_name, ?) AND table_catalog = current_database()",
        [schema, f"{name}{_SIGN}"],
    )
    return sorted(row[0].removeprefix(f"{name}{_SIGN}") for row in found)


def missing(link: Link, table: TableName, shown: str, version: str | None) -> VersionNotFoundError:
    """Return the error for a version that is not there, with the nearest that is."""
    known = of(link, table)
    if version is None or not known:
        return VersionNotFoundError(f"there are no versions of table {shown} yet")
    hint = did_you_mean(version, known) or f"the latest is '{known[-1]}'"
    return VersionNotFoundError(f"table {shown} has no version '{version}'", hint=hint)
