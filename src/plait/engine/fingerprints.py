"""The fingerprints of a project's data, with what is known of its files from earlier runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from plait.catalog.memory import MemoryDataset
from plait.catalog.stores import tree_fingerprint
from plait.engine.keys import is_partitioned
from plait.errors import VersionNotFoundError
from plait.identity.datasets import content_of
from plait.identity.fingerprints import (
    FileMemo,
    FileRecord,
    fingerprint_of,
    fingerprint_path,
)
from plait.ledger.database import Database
from plait.ledger.file_digests import DigestRow, read_digests, write_digests
from plait.values import Fingerprint, Strength

__all__ = ["Fingerprints", "LedgerMemo"]


class LedgerMemo:
    """Remembers digests of files in the ledger; paths count from the project, so that it may be moved."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database = database
        self._root = os.path.realpath(root) + os.sep
        self._known: Mapping[str, DigestRow] | None = None
        self._new: dict[str, DigestRow] = {}

    def recall(self, path: str) -> FileRecord | None:
        if self._known is None:
            self._known = read_digests(self._database)
        name = self._name(path)
        row = self._new.get(name) or self._known.get(name)
        return None if row is None else FileRecord(*row)

    def remember(self, path: str, record: FileRecord) -> None:
        self._new[self._name(path)] = DigestRow(*record)

    def flush(self) -> None:
        """Keep what is new."""
        if self._new:
            write_digests(self._database, self._new)
            self._known = {**(self._known or {}), **self._new}
            self._new = {}

    def _name(self, path: str) -> str:
        return path.removeprefix(self._root)


class Fingerprints:
    """Says what identifies the data of a dataset, at the strength its entry asks for."""

    def __init__(self, memo: FileMemo) -> None:
        self._memo = memo
        self._listed: dict[int, Fingerprint | None] = {}
        self._places: dict[int, Mapping[str, str] | None] = {}

    def take(self, listed: Iterable[tuple[Any, Fingerprint | None]]) -> None:
        """Take what a listing said of datasets: it serves the first look at each, no later one."""
        self._listed.update({id(dataset): found for dataset, found in listed})

    def of(self, dataset: Any, strength: Strength | None = None) -> Fingerprint | None:
        """Return the fingerprint of what lies there now, or None where nothing does or nobody can tell."""
        if isinstance(dataset, MemoryDataset):
            return content_of(dataset)
        if id(dataset) in self._listed:
            return self._listed.pop(id(dataset))
        if is_partitioned(dataset):
            return tree_fingerprint(self.parts(dataset, strength))
        try:
            return fingerprint_of(dataset, self._memo, strength)
        except VersionNotFoundError:
            return None

    def of_file(self, path: str, strength: Strength | None = None) -> Fingerprint | None:
        """Return the fingerprint of a local file or folder, or None where there is none."""
        return fingerprint_path(path, self._memo, strength)

    def parts(
        self, dataset: Any, strength: Strength | None = None, keys: Iterable[str] | None = None
    ) -> dict[str, Fingerprint]:
        """Return what identifies the parts of a dataset, all or those named, without the ones not there.

        The folder is listed only where all are asked for.
        """
        if keys is None:
            self._places[id(dataset)] = dataset.part_places()
        places = self._places.get(id(dataset))
        if places is None:
            return dict(dataset.part_fingerprints(keys))
        wanted = places if keys is None else [key for key in keys if key in places]
        found = {key: fingerprint_path(places[key], self._memo, strength) for key in wanted}
        return {key: item for key, item in found.items() if item is not None}

    def is_listed(self, dataset: Any) -> bool:
        """Say whether only a listing tells of the parts of a dataset, which were asked for before."""
        return id(dataset) in self._places and self._places[id(dataset)] is None

    def flush(self) -> None:
        """Keep what was learnt of files, if the memo keeps anything."""
        if isinstance(self._memo, LedgerMemo):
            self._memo.flush()
