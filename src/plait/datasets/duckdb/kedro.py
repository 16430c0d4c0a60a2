"""Kedro's ``ibis.TableDataset`` over DuckDB, as a table of Plait's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plait.catalog.connections import Connections
from plait.catalog.protocols import FrameName
from plait.datasets.duckdb.tables import Table, as_listed
from plait.datasets.identifiers import exactly
from plait.errors import CatalogError, did_you_mean

__all__ = ["kedros_table"]


def kedros_table(
    table_name: str,
    database: str | Sequence[str] | None = None,
    connection: Mapping[str, Any] | None = None,
    credentials: Mapping[str, Any] | None = None,
    load_args: Mapping[str, Any] | None = None,
    save_args: Mapping[str, Any] | None = None,
    *,
    frame: FrameName | None = None,
    metadata: Mapping[str, Any] | None = None,
    connections: Connections | None = None,
    root: str | Path | None = None,
) -> Table:
    """Return the table that an entry of Kedro's ``ibis.TableDataset`` stands for.

    What Kedro calls ``database`` is a schema; ``connection`` names the file. A save there makes a view.
    """
    reached = {"backend": "duckdb", "database": ":memory:", **(connection or {}), **(credentials or {})}
    saving: dict[str, Any] = {"materialized": "view", "mode": "overwrite", **(save_args or {})}
    if "overwrite" in saving:
        saving["mode"] = "overwrite" if saving.pop("overwrite") else "error"
    schema = (load_args or {}).get("database") or saving.pop("database", None) or database
    known = {"materialized", "mode", "on", "database"}
    odd = next((name for name in saving if name not in known), None)
    if odd is not None:
        raise CatalogError(f"`save_args` has an unknown '{odd}'", hint=did_you_mean(odd, known))
    if saving["mode"] in ("append", "upsert"):
        saving["materialized"] = "table"  # a view cannot grow
    return Table(
        str(as_listed(table_name)),
        reached.pop("database"),
        schema=schema if schema is None or isinstance(schema, str) else str(exactly(*schema)),
        backend=reached.pop("backend"),
        mode=saving["mode"],
        key=saving.get("on"),
        materialized=saving["materialized"],
        frame=frame,
        read_only=bool(reached.pop("read_only", False)),
        settings=reached,
        metadata=metadata,
        connections=connections,
        root=root,
    )
