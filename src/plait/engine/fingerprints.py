"""The fingerprints of a project's data, with what is known of its files from earlier runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plait.catalog.memory import MemoryDataset
from plait.errors import VersionNotFoundError
from plait.identity.datasets import content_of
from plait.identity.fingerprints import FileRecord, fingerprint_of
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

    def __init__(self, memo: LedgerMemo) -> None:
        self._memo = memo

    def of(self, dataset: Any, strength: Strength | None = None) -> Fingerprint | None:
        """Return the fingerprint of what lies there now, or None where nothing does or nobody can tell."""
        if isinstance(dataset, MemoryDataset):
            return content_of(dataset)
        try:
            return fingerprint_of(dataset, self._memo, strength)
        except VersionNotFoundError:
            return None

    def flush(self) -> None:
        self._memo.flush()
