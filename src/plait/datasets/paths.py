"""A file or a folder as it lies there: nodes get its path, and return the path of one they wrote."""

from __future__ import annotations

import os
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

from plait.catalog.preview import Preview
from plait.datasets.refusals import unfit
from plait.errors import DatasetError


def read(source: Path, **_: Any) -> Path:
    return source


def write(data: Any, target: Path, **_: Any) -> None:
    """Copy the file or folder at the path ``data``."""
    if not isinstance(data, str | os.PathLike):
        hint = "write it in `RunContext.scratch` and return the `pathlib.Path`"
        raise unfit("a file or folder is saved by returning its path", data, hint)
    origin = Path(data)
    if not origin.exists():
        raise DatasetError(f"there is nothing at the returned path {origin}")
    if origin.is_dir():
        shutil.copytree(origin, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(origin, target)


def preview(source: Path, limit: int, **_: Any) -> Preview:
    """List the first files below a folder, or say how large a file is."""
    if not source.is_dir():
        return Preview("text", f"a file of {source.stat().st_size:,} bytes", complete=False)
    names = (
        (Path(folder, name).relative_to(source)).as_posix()
        for folder, folders, files in os.walk(source)
        for name in sorted(files)
        if folders.sort() is None  # in place: os.walk descends in this order
    )
    shown = list(islice(names, limit + 1))
    return Preview("files", shown[:limit], complete=len(shown) <= limit)
