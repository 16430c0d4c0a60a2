"""Records that are only ever added: each write is a file of its own, so writers need not know of each other.

A segment is written whole under a name nobody else has, and never changed. Whoever finds many of them puts
their content into one and removes those it has read: what somebody adds meanwhile is in none of them, and
what two write twice is the same record. A segment that is half written, foreign or of a newer Plait is
passed over.
"""

from __future__ import annotations

import gzip
import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plait.catalog.stores import Store
from plait.identity.components import components_from_json
from plait.ledger.traces import TraceRow

__all__ = ["Found", "Segments", "Withdrawal", "checked_row"]

_SCHEMA = 1
_SUFFIX = ".json.gz"
_LOOKS = 3  # how often the folder is listed when segments vanish between the listing and the reading
_KEPT = 3  # records of one part that a merged segment keeps

Withdrawal = tuple[str, str, str | None]
"""Home, run and part (None: all of them) of records that do not count although they were written."""


@dataclass(slots=True)
class Found:
    """What lies in the segments.

    Attributes:
        rows: the records that count, newest first.
        withdrawn: what was taken back.
        names: the segments this was read from.
        ignored: what lies beside them and cannot be read, with the reason.
    """

    rows: list[TraceRow] = field(default_factory=list)
    withdrawn: set[Withdrawal] = field(default_factory=set)
    names: list[str] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)


class Segments:
    """The segments in one folder of a store.

    Any method may raise whatever the store raises.
    """

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder
        self._known: dict[str, Mapping[str, Any] | str] = {}

    def read(self) -> Found:
        """Read what is there; what was read before is not read again."""
        for _ in range(_LOOKS):
            names = sorted(self._store.names(self._folder, 0))
            if all(self._is_read(name) for name in names):
                break
        known = {name: self._known[name] for name in names if name in self._known}
        found = Found(ignored={name: why for name, why in known.items() if isinstance(why, str)})
        for name, document in known.items():
            if not isinstance(document, str):
                found.names.append(name)
                found.rows += document["rows"]
                found.withdrawn |= document["withdrawn"]
        found.rows = [row for row in found.rows if not _is_withdrawn(row, found.withdrawn)]
        found.rows.sort(key=lambda row: row.time, reverse=True)
        return found

    def write(self, rows: Sequence[TraceRow], withdrawn: Iterable[Withdrawal] = ()) -> str:
        """Add a segment; return its name."""
        document = {"schema": _SCHEMA, "groups": _groups(rows), "withdrawn": sorted(withdrawn, key=repr)}
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}{_SUFFIX}"
        body = gzip.compress(json.dumps(document, separators=(",", ":")).encode(), 5, mtime=0)
        with self._store.replacing(f"{self._folder}/{name}") as target:
            target.write_bytes(body)
        return name

    def merge(self) -> None:
        """Put all segments into one, with the newest records of each part."""
        found = self.read()
        if len(found.names) > 1:
            self.write(_newest(found.rows), found.withdrawn)
            self.remove(found.names)

    def remove(self, names: Iterable[str]) -> None:
        """Remove segments; somebody else may have done so already."""
        for name in names:
            try:
                self._store.remove(f"{self._folder}/{name}")
            except FileNotFoundError:
                continue

    def _is_read(self, name: str) -> bool:
        """Read a segment that is not known yet; return whether it was still there."""
        if name not in self._known:
            try:
                with self._store.open(f"{self._folder}/{name}") as stream:
                    body = stream.read()
            except FileNotFoundError:
                return False
            self._known[name] = _parsed(body)
        return True


def checked_row(row: TraceRow) -> TraceRow:
    """Return a record that came from outside. Raises ValueError for one that nothing could be decided by."""
    try:
        components_from_json({**row.facts, "inputs": row.inputs})
        sound = all(len(item) == 4 for item in row.inputs.values()) and isinstance(row.outputs, dict)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise ValueError("it is no record of Plait's") from error
    if not sound:
        raise ValueError("it is no record of Plait's")
    return row


def _parsed(body: bytes) -> Mapping[str, Any] | str:
    """Return what a segment holds, or why it cannot be read."""
    try:
        document = json.loads(gzip.decompress(body))
        if document["schema"] != _SCHEMA:
            return "it was written by another version of Plait"
        rows = [checked_row(row) for group in document["groups"] for row in _rows(group)]
        withdrawn = {(home, run, part) for home, run, part in document["withdrawn"]}
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
        return f"it is no record of Plait's, or damaged ({type(error).__name__})"
    return {"rows": rows, "withdrawn": withdrawn}


def _groups(rows: Iterable[TraceRow]) -> list[dict[str, Any]]:
    """Return rows with what they have in common written once."""
    groups: dict[tuple[str, str, str, int], dict[str, Any]] = {}
    for row in rows:
        key = (row.home, row.node, row.run, id(row.facts))
        if key not in groups:
            groups[key] = {
                "home": row.home,
                "node": row.node,
                "run": row.run,
                "facts": row.facts,
                "parts": [],
            }
        groups[key]["parts"].append([row.part, row.time, row.inputs, row.outputs])
    return list(groups.values())


def _rows(group: Mapping[str, Any]) -> Iterator[TraceRow]:
    home, node, run = str(group["home"]), str(group["node"]), str(group["run"])
    for part, moment, inputs, outputs in group["parts"]:
        yield TraceRow(
            home,
            node,
            None if part is None else str(part),
            run,
            float(moment),
            group["facts"],
            inputs,
            outputs,
        )


def _is_withdrawn(row: TraceRow, withdrawn: set[Withdrawal]) -> bool:
    return bool(withdrawn) and not withdrawn.isdisjoint(
        {(row.home, row.run, None), (row.home, row.run, row.part)}
    )


def _newest(rows: Iterable[TraceRow]) -> list[TraceRow]:
    """Return the newest records of each part, once each; ``rows`` are sorted, newest first."""
    found: dict[tuple[str, str | None], dict[tuple[str, float], TraceRow]] = {}
    for row in rows:
        kept = found.setdefault((row.home, row.part), {})
        if len(kept) < _KEPT:
            kept.setdefault((row.run, row.time), row)
    return [row for kept in found.values() for row in kept.values()]
