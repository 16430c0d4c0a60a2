"""What identifies data where it lies: files by content, object stores by what they say of their objects.

A file is hashed once and then known by size, time of change and inode. A record that was made within two
seconds of the file's last change is not relied on: a file system may not tell two changes so close.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from plait.catalog.digests import digest_of
from plait.catalog.protocols import Fingerprinted
from plait.catalog.remote import object_fingerprint
from plait.catalog.storage import SAVING
from plait.values import Fingerprint, Strength

__all__ = [
    "FileMemo",
    "FileRecord",
    "MemoryMemo",
    "Tree",
    "bytes_to_read",
    "fingerprint_file",
    "fingerprint_of",
    "fingerprint_path",
    "fingerprint_tree",
    "listed_fingerprints",
    "object_fingerprint",
]

_RACY = 2_000_000_000  # nanoseconds


class FileRecord(NamedTuple):
    """What is remembered of a file: its state, its digest, and when (ns since the epoch) it was looked at."""

    size: int
    mtime_ns: int
    inode: int
    digest: str
    seen_ns: int

    def holds(self, status: os.stat_result) -> bool:
        """Say whether the file is still the one that was hashed."""
        same = (self.size, self.mtime_ns, self.inode) == _state(status)
        return same and self.seen_ns - self.mtime_ns > _RACY


class FileMemo(Protocol):
    """Remembers digests of files by their path; the ledger keeps one."""

    def recall(self, path: str) -> FileRecord | None: ...

    def remember(self, path: str, record: FileRecord) -> None: ...


class MemoryMemo:
    """A memo in memory."""

    def __init__(self) -> None:
        self._records: dict[str, FileRecord] = {}

    def recall(self, path: str) -> FileRecord | None:
        return self._records.get(path)

    def remember(self, path: str, record: FileRecord) -> None:
        self._records[path] = record


@dataclass(frozen=True, slots=True)
class Tree:
    """The fingerprint of a folder, and those of its files by relative path."""

    fingerprint: Fingerprint
    parts: Mapping[str, Fingerprint]


def fingerprint_file(path: str | os.PathLike[str], memo: FileMemo) -> Fingerprint:
    """Return the SHA-256 of a file, read only where the memo does not know it.

    Raises:
        FileNotFoundError: there is no such file.
    """
    return Fingerprint(f"sha256:{_digest(os.fspath(path), memo)}", "content")


def fingerprint_tree(folder: str | os.PathLike[str], memo: FileMemo) -> Tree:
    """Return the Merkle tree of a folder; half-saved data in it is not looked at."""
    root = os.fspath(folder)
    digests = {name: _digest(f"{root}/{name}", memo) for name in sorted(_names(root))}
    parts = {name: Fingerprint(f"sha256:{found}", "content") for name, found in digests.items()}
    return Tree(Fingerprint(f"sha256-tree:{_merkle(digests)}", "content"), parts)


def fingerprint_path(
    path: str | os.PathLike[str], memo: FileMemo, strength: Strength | None = None
) -> Fingerprint | None:
    """Return the fingerprint of a local file or folder, or None where there is none.

    Args:
        strength: ``stat`` or ``token`` trusts size and time of change and reads nothing.
    """
    trusted = strength in ("stat", "token")
    try:
        status = os.stat(path)  # noqa: PTH116 - asked for very often
        if stat.S_ISDIR(status.st_mode):
            return _stat_tree(path) if trusted else fingerprint_tree(path, memo).fingerprint
        if trusted:
            return Fingerprint(f"stat:{_stat_text(status)}", "stat")
        return Fingerprint(f"sha256:{_digest(os.fspath(path), memo, status)}", "content")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # so nothing can be there
            return None
        raise


def fingerprint_of(dataset: object, memo: FileMemo, strength: Strength | None = None) -> Fingerprint | None:
    """Return what identifies the data of a dataset now, or None where there is none or nobody can tell.

    A dataset that says where it lies locally (``local_place() -> Path | None``) is read through the memo;
    any other is asked for its own ``fingerprint()``.
    """
    place = getattr(dataset, "local_place", None)
    path = place() if callable(place) else None
    if isinstance(path, Path):
        return fingerprint_path(path, memo, strength)
    return dataset.fingerprint() if isinstance(dataset, Fingerprinted) else None


def bytes_to_read(path: str | os.PathLike[str], memo: FileMemo) -> int:
    """Return how many bytes of a local file or folder have to be read to fingerprint it."""
    root = os.fspath(path)
    files = [f"{root}/{name}" for name in _names(root)] if Path(root).is_dir() else [root]
    return sum(_unread(file, memo) for file in files)


def listed_fingerprints(fs: Any, prefix: str, paths: Iterable[str]) -> dict[str, Fingerprint | None]:
    """Fingerprint many objects below one prefix of an fsspec file system with a single listing.

    Returns:
        Path as given → fingerprint; None for what is not there. A path that is a folder gets the tree of
        what lies in it, as weak as its weakest object.
    """
    fs.invalidate_cache(prefix)
    found: dict[str, Mapping[str, Any]] = fs.find(prefix, detail=True)
    return {path: _listed(fs._strip_protocol(path).rstrip("/"), found) for path in paths}


def _listed(path: str, found: Mapping[str, Mapping[str, Any]]) -> Fingerprint | None:
    if path in found:
        return object_fingerprint(found[path])
    inside = {
        name[len(path) + 1 :]: details for name, details in found.items() if name.startswith(path + "/")
    }
    prints = {name: object_fingerprint(details) for name, details in inside.items()}
    tokens = {name: item for name, item in prints.items() if item is not None}
    if not tokens or len(tokens) < len(prints):
        return None
    weak = any(item.strength == "stat" for item in tokens.values())
    whole = _merkle({name: item.token for name, item in tokens.items()})
    return Fingerprint(f"token-tree:{whole}", "stat" if weak else "token")


def _digest(path: str, memo: FileMemo, status: os.stat_result | None = None) -> str:
    status = status or os.stat(path)  # noqa: PTH116 - asked for very often
    known = memo.recall(path)
    if known is not None and known.holds(status):
        return known.digest
    while True:
        seen = time.time_ns()
        digest, before = digest_of(path)
        if _state(os.stat(path)) == _state(before):  # noqa: PTH116
            memo.remember(path, FileRecord(*_state(before), digest, seen))
            return digest
        # Someone writes to it, so it is read again.


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _unread(path: str, memo: FileMemo) -> int:
    try:
        status = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return 0
    known = memo.recall(path)
    return 0 if known is not None and known.holds(status) else status.st_size


def _names(root: str) -> Iterator[str]:
    """Give the relative paths, with ``/``, of all files below a folder."""
    for parent, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != SAVING]
        start = parent[len(root) :].strip(os.sep).replace(os.sep, "/")
        for name in files:
            yield f"{start}/{name}" if start else name


def _merkle(digests: Mapping[str, str]) -> str:
    whole = hashlib.sha256()
    for name in sorted(digests):
        whole.update(
            f"{len(name.encode('utf-8', 'surrogateescape'))}:{name}={digests[name]};".encode(
                "utf-8", "surrogateescape"
            )
        )
    return whole.hexdigest()


def _stat_tree(folder: str | os.PathLike[str]) -> Fingerprint:
    root = os.fspath(folder)
    stats = {name: _stat_text(os.stat(f"{root}/{name}")) for name in _names(root)}  # noqa: PTH116
    return Fingerprint(f"stat-tree:{_merkle(stats)}", "stat")


def _stat_text(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}"
