"""What MLflow is told of data that was saved: the lines of it, and the files that go with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.catalog.metrics import points_of, points_of_all
from plait.catalog.protocols import LoadsFrames

if TYPE_CHECKING:
    from plait.catalog import DataCatalog
    from plait.catalog.tracked import Tracked
    from plait.mlflow.spool import Spool

__all__ = ["lines_of"]


def lines_of(
    catalog: DataCatalog, name: str, version: str | None, time: float, spool: Spool
) -> Iterator[Any]:
    """Give the lines of a dataset that was just saved, or that an earlier run saved.

    Args:
        version: the one that was saved, of a versioned dataset.
        time: of the save, in seconds since the epoch.

    Raises:
        PlaitError, OSError: it cannot be read, or kept.
    """
    entry = catalog.entry(name)
    if entry is None or entry.tracked is None:
        return
    told = entry.tracked
    dataset: Any = catalog.dataset(name)
    if version is not None and hasattr(dataset, "at_version"):
        dataset = dataset.at_version(version)
    if told.kind in ("metric", "metrics"):
        yield {"kind": "points", "time": time, "points": _points(told, name, dataset.load())}
    elif told.options.get("by") == "reference" or (told.options.get("by") is None and _is_remote(dataset)):
        place = told.options.get("artifact_path")
        yield {"kind": "reference", "dataset": name, "location": entry.location, "path": place}
    else:
        file = spool.keep(_path_of(dataset, entry))
        yield {"kind": told.kind, "dataset": name, "file": file, "time": time, **told.options}


def _points(told: Tracked, name: str, value: Any) -> dict[str, list[list[Any]]]:
    """Return MLflow's name of each metric → its points, as value, step and time."""
    if told.kind == "metric":
        return {str(told.options.get("key", name)): [list(point) for point in points_of(value)]}
    prefix = str(told.options.get("prefix", name))
    return {
        f"{prefix}.{inner}" if prefix else inner: [list(point) for point in points]
        for inner, points in points_of_all(value)
    }


def _is_remote(dataset: Any) -> bool:
    place = getattr(dataset, "local_place", None)
    return place is not None and place() is None


def _path_of(dataset: Any, entry: Any) -> Path:
    """Return where the data lies on this machine, to which a remote file is fetched."""
    place = dataset.local_place() if hasattr(dataset, "local_place") else None
    if place is None and isinstance(dataset, LoadsFrames):
        place = dataset.load_as("path")
    if isinstance(place, Path):
        return place
    root = getattr(dataset, "root", None) or Path()
    return Path(root) / str(entry.arguments.get("path", entry.arguments.get("filepath")))
