"""The data a run holds in a worker process."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plait.catalog.memory import CopyMode, copied
from plait.engine.parcels import Parcel, pack, unpack
from plait.errors import DatasetError

__all__ = ["WorkerMemory", "cannot_leave"]

_NOTHING: Mapping[str, Parcel] = {}


class WorkerMemory:
    """What nodes of one run read and make in this process.

    Inputs come as parcels, or lie here because a node made them here. An output is packed when it is put,
    unless it stays here for the one node that reads it.

    Args:
        folders: where parcels may lie, best first.
        prefix: how the names of their files begin.
    """

    def __init__(self, folders: tuple[str, ...], prefix: str, copy_modes: Mapping[str, CopyMode]) -> None:
        self._folders = tuple(Path(folder) for folder in folders)
        self._prefix = prefix
        self._copy_modes = copy_modes
        self._values: dict[str, Any] = {}
        self._begin("", _NOTHING, frozenset(), frozenset())

    def begin(
        self, node: str, given: Mapping[str, Parcel], pack: frozenset[str], keep: frozenset[str]
    ) -> None:
        """Prepare for one task."""
        self._begin(node, given, pack, keep)

    def _begin(
        self, node: str, given: Mapping[str, Parcel], pack: frozenset[str], keep: frozenset[str]
    ) -> None:
        self._node, self._given, self._pack, self._keep = node, given, pack, keep
        self._packed: dict[str, Parcel] = {}
        self._kept: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        parcel = self._given.get(name)
        if parcel is not None:
            return unpack(parcel)
        return copied(self._values[name], self._copy_modes.get(name))

    def put(self, name: str, value: Any) -> None:
        """Pack or keep a value. Raises DatasetError when it must leave this process and cannot."""
        if name in self._pack:
            self._packed[name] = self._parcel(name, value)
        elif name in self._keep:
            self._kept[name] = copied(value, self._copy_modes.get(name))

    def commit(self) -> Mapping[str, Parcel]:
        """Keep what the task made, and return what is packed of it."""
        self._values |= self._kept
        packed = self._packed
        self._begin("", _NOTHING, frozenset(), frozenset())
        return packed

    def abandon(self) -> None:
        """Forget what a task made that failed."""
        for parcel in self._packed.values():
            parcel.remove()
        self._begin("", _NOTHING, frozenset(), frozenset())

    def fetch(self, name: str) -> Parcel:
        """Pack a value that lies here, for another process."""
        return pack(self._values[name], self._folders, self._prefix)

    def drop(self, name: str) -> None:
        with contextlib.suppress(KeyError):
            del self._values[name]

    def _parcel(self, name: str, value: Any) -> Parcel:
        try:
            return pack(value, self._folders, self._prefix)
        except Exception as error:
            raise cannot_leave(name, self._node, error) from error


def cannot_leave(name: str, node: str, error: Exception | str) -> DatasetError:
    """Return the error for a value in memory that another process cannot be given."""
    why = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return DatasetError(
        f"'{name}' cannot be handed to another process",
        where=f"node '{node}'",
        why=why,
        hint="store it (add it to the catalog), or run with --executor threads",
    )
