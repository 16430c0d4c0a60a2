"""Looking at many remote objects with one listing a folder, at many tables with one question a login."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from plait.catalog import FileDataset
from plait.catalog.protocols import FingerprintedTogether
from plait.errors import PlaitError
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
    """Return what identifies those of some datasets that share a remote folder or a connection with another.

    Args:
        datasets: names and datasets. One that is alone in its folder is left out: a request of its own
            costs less than a listing of who knows how much.
    """
    datasets = list(datasets)
    found = dict(_asked_together(datasets))
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


def _asked_together(datasets: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Fingerprint | None]]:
    for members in _by_connection(datasets).values():
        try:
            found = members[0][1].fingerprints_of([dataset for _, dataset in members])
        except PlaitError:
            continue  # each is asked for itself then, and whoever needs it is told what is wrong
        yield from zip([name for name, _ in members], found, strict=True)


def _by_connection(
    datasets: Iterable[tuple[str, Any]],
) -> dict[tuple[object, str], list[tuple[str, FingerprintedTogether]]]:
    """Return the tables of each connection, if there are several.

    Two entries of one table are left out: what was told of it before the run is old once one was written.
    """
    # By the class: to ask instances for all that the protocol says would make labels of thousands.
    tables: list[tuple[str, FingerprintedTogether]] = [
        (name, each) for name, each in datasets if hasattr(type(each), "fingerprints_of")
    ]
    times = Counter(getattr(each, "location", name) for name, each in tables)
    groups: dict[tuple[object, str], list[tuple[str, FingerprintedTogether]]] = {}
    for name, each in tables:
        if times[getattr(each, "location", name)] == 1:
            asked = getattr(each.fingerprints_of, "__func__", each.fingerprints_of)
            groups.setdefault((asked, each.connection), []).append((name, each))
    return {key: members for key, members in groups.items() if len(members) > 1}
