"""NumPy arrays: one in an ``.npy`` file, several by name in an ``.npz`` file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from plait.catalog.preview import Preview
from plait.datasets.refusals import unfit
from plait.datasets.sources import Source


def read(source: Source, **load_args: Any) -> Any:
    """Return the array of an ``.npy`` file, or a dictionary of those in an ``.npz`` file."""
    found = np.load(source, **load_args)
    if not isinstance(found, np.lib.npyio.NpzFile):
        return found
    with found:
        return {name: found[name] for name in found.files}


def write(data: Any, target: Path, **save_args: Any) -> None:
    with target.open("wb") as file:  # given a path, NumPy would add a suffix of its own
        np.save(file, data, **save_args)


def write_many(data: Any, target: Path, compress: bool = False, **save_args: Any) -> None:
    if not isinstance(data, Mapping) or not all(isinstance(name, str) for name in data):
        hint = "return `{'name': array}`, or end the path in .npy for a single array"
        raise unfit("an .npz file takes a dictionary of arrays by name", data, hint)
    with target.open("wb") as file:
        (np.savez_compressed if compress else np.savez)(file, **save_args, **data)


def preview(source: Source, limit: int, **load_args: Any) -> Preview:
    """Show the first rows of an array, mapped rather than read."""
    mapped = {**load_args, "mmap_mode": "r"} if isinstance(source, Path) else load_args
    array = np.load(source, **mapped)
    rows = array.shape[0] if array.ndim else 1
    width = math.prod(array.shape[1:])
    shown = np.asarray(array[:limit] if array.ndim else array).reshape(-1, width)[:, :limit]
    columns = {str(index): str(array.dtype) for index in range(shown.shape[1])}
    return Preview(
        "table",
        shown.tolist(),
        columns=columns,
        rows=rows,
        complete=rows <= limit and width == shown.shape[1],
    )


def preview_many(source: Source, limit: int, **_: Any) -> Preview:
    """List the arrays with their shapes."""
    import zipfile

    with zipfile.ZipFile(source) as archive:
        rows = []
        for name in archive.namelist()[:limit]:
            with archive.open(name) as member:
                rows.append([name.removesuffix(".npy"), *_header(member)])
        total = len(archive.namelist())
    columns = {"name": "str", "shape": "str", "dtype": "str"}
    return Preview("table", rows, columns=columns, rows=total, complete=total <= limit)


def _header(member: Any) -> tuple[str, str]:
    version = np.lib.format.read_magic(member)
    read_header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read_header(member)
    return str(shape), str(dtype)
