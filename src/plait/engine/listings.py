"""Looking at many remote objects with one listing a folder instead of a request each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from plait.catalog import FileDataset
from plait.identity.fingerprints import listed_fingerprints
from plait.values import Fingerprint

__all__ = ["Listed", "list_remote"]

Listed = Mapping[str, Fingerprint | None]
"""Name of a dataset → what identifies it, None for what is not there."""


class _Folder(NamedTuple):
    fs: Any
    path: str
    members: dict[str, str]


def list_remote(datasets: Iterable[tuple[str, Any]]) -> Listed:
    """Return what identifies those of some datasets that share a remote folder with another of them.

    Args:
        datasets: names and datasets. One that is alone in its folder is left out: a request of its own
            costs less than a listing of who knows how much.
    """
    found: dict[str, Fingerprint | None] = {}
    for folder in _by_folder(datasets).values():
        if len(folder.members) > 1:
            listed = listed_fingerprints(folder.fs, folder.path, folder.members.values())
            found |= {name: listed[path] for name, path in folder.members.items()}
    return found


def _by_folder(datasets: Iterable[tuple[str, Any]]) -> dict[tuple[int, str], _Folder]:
    groups: dict[tuple[int, str], _Folder] = {}
    for name, dataset in datasets:
        place = dataset.remote_place() if isinstance(dataset, FileDataset) else None
        if place is not None:
            fs, path = place
            parent = path.rpartition("/")[0]
            groups.setdefault((id(fs), parent), _Folder(fs, parent, {})).members[name] = path
    return groups
