"""Traces that lie beside the data they are about, so that whoever sees the data sees its record.

An output outside the project's folder, on an object store or a shared disk, may be somebody else's work
tomorrow. Its last traces are kept in ``.plait-traces/`` next to it: a colleague's run reads them when its
own ledger knows nothing that fits, and starts from there instead of computing ten hours again. Those of
partitions lie in segments (:mod:`plait.engine.segments`) in a hidden folder among the parts.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from plait.catalog import DataCatalog, FileDataset
from plait.catalog.locations import is_url
from plait.engine.segments import Segments, checked_row
from plait.engine.shared_parts import SharedParts
from plait.errors import PlaitError
from plait.events import Reason
from plait.ledger.traces import TraceRow

__all__ = ["SharedTraces"]

_FOLDER = ".plait-traces"
_SCHEMA = 1
_KEPT = 5


class SharedTraces:
    """Reads and writes the traces beside the stored outputs of a run's catalog."""

    def __init__(self, catalog: DataCatalog) -> None:
        self._catalog = catalog
        self._parts: dict[str, SharedParts | None] = {}
        self._notices: list[Reason] = []

    def of(self, name: str, location: str) -> list[TraceRow]:
        """Return the traces beside a dataset, newest first; none where it is not shared or has none."""
        parts = self.parts(name, location)
        if parts is not None:
            return [row for row in parts.rows() if row.part is None]
        record = self._record(name, location)
        return [] if record is None else self._read(name, record)

    def add(self, name: str, location: str, row: TraceRow) -> None:
        """Put a trace beside the dataset it is about. Where that fails the data is simply not recognised."""
        parts = self.parts(name, location)
        if parts is not None:
            parts.add([row])
            parts.settle()
            return
        record = self._record(name, location)
        if record is None:
            return
        rows = [row, *self._read(name, record)][:_KEPT]
        document = {"schema": _SCHEMA, "traces": [item._asdict() for item in rows]}
        try:
            record.save(json.dumps(document, separators=(",", ":")))
        except PlaitError:
            return

    def parts(self, name: str, location: str) -> SharedParts | None:
        """Return the records beside a partitioned dataset, or None where it is none, or is not shared."""
        if name not in self._parts:
            place = getattr(self._catalog.dataset(name), "traces_place", None)
            shared = place is not None and _is_shared(location)
            self._parts[name] = (
                SharedParts(name, Segments(*place()), self._tell) if place and shared else None
            )
        return self._parts[name]

    def settle(self) -> None:
        """Write down what was made since."""
        for parts in self._parts.values():
            if parts is not None:
                parts.settle()

    def notices(self) -> tuple[Reason, ...]:
        """Return what could not be read or written since this was last asked."""
        found, self._notices = tuple(self._notices), []
        return found

    def _tell(self, text: str) -> None:
        self._notices.append(Reason("shared_records", text))

    def _record(self, name: str, location: str) -> FileDataset | None:
        dataset = self._catalog.dataset(name) if _is_shared(location) else None
        if not isinstance(dataset, FileDataset):
            return None
        folder, _, file = dataset.path.rpartition("/")
        return dataset.elsewhere(f"{folder}/{_FOLDER}/{file}.json", "text")

    def _read(self, name: str, record: FileDataset) -> list[TraceRow]:
        try:
            document: Any = json.loads(record.load()) if record.exists() else {"schema": 1, "traces": []}
            if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
                raise ValueError("it is none of this version of Plait")
            return [checked_row(TraceRow(**item)) for item in document["traces"]]
        except (PlaitError, ValueError, TypeError, KeyError) as error:
            self._tell(f"the record beside '{name}' is ignored: {_first_line(error)}")
            return []


def _is_shared(location: str) -> bool:
    return is_url(location) or PurePosixPath(location).is_absolute()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
