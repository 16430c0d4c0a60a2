"""Traces that lie beside the data they are about, so that whoever sees the data sees its record.

An output outside the project's folder, on an object store or a shared disk, may be somebody else's work
tomorrow. Its last traces are kept in ``.plait-traces/`` next to it: a colleague's run reads them when its
own ledger knows nothing that fits, and starts from there instead of computing ten hours again.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from plait.catalog import DataCatalog, FileDataset
from plait.catalog.locations import is_url
from plait.errors import PlaitError
from plait.ledger.traces import TraceRow

__all__ = ["SharedTraces"]

_FOLDER = ".plait-traces"
_SCHEMA = 1
_KEPT = 5


class SharedTraces:
    """Reads and writes the traces beside the stored outputs of a run's catalog."""

    def __init__(self, catalog: DataCatalog) -> None:
        self._catalog = catalog

    def of(self, name: str, location: str) -> list[TraceRow]:
        """Return the traces beside a dataset, newest first; none where it is not shared or has none."""
        record = self._record(name, location)
        return [] if record is None else _read(record)

    def add(self, name: str, location: str, row: TraceRow) -> None:
        """Put a trace beside the dataset it is about. Where that fails the data is simply not recognised."""
        record = self._record(name, location)
        if record is None:
            return
        rows = [row, *_read(record)][:_KEPT]
        document = {"schema": _SCHEMA, "traces": [item._asdict() for item in rows]}
        try:
            record.save(json.dumps(document, separators=(",", ":")))
        except PlaitError:
            return

    def _record(self, name: str, location: str) -> FileDataset | None:
        if not (is_url(location) or PurePosixPath(location).is_absolute()):
            return None
        dataset = self._catalog.dataset(name)
        if not isinstance(dataset, FileDataset):
            return None
        folder, _, file = dataset.path.rpartition("/")
        return dataset.elsewhere(f"{folder}/{_FOLDER}/{file}.json", "text")


def _read(record: FileDataset) -> list[TraceRow]:
    try:
        document: Any = json.loads(record.load()) if record.exists() else {}
        if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
            return []
        return [TraceRow(**item) for item in document["traces"]]
    except (PlaitError, ValueError, TypeError, KeyError):
        return []  # a record that cannot be read is no record
