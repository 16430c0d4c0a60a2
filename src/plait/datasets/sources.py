"""A file to read from: a local path, or an open binary file for a remote one that is read in ranges."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

__all__ = ["Source", "opened", "size_of", "suffix_of"]

Source = Path | IO[bytes]


@contextmanager
def opened(source: Source, mode: str = "rb", **open_args: Any) -> Iterator[IO[Any]]:
    """Open a path, or use the open file as it is; text is UTF-8 unless ``encoding`` says otherwise."""
    if "b" not in mode:
        open_args.setdefault("encoding", "utf-8")
    if isinstance(source, Path):
        with source.open(mode, **open_args) as file:
            yield file
    elif "b" in mode:
        yield source
    else:
        text = io.TextIOWrapper(source, **open_args)
        try:
            yield text
        finally:
            text.detach()


def size_of(source: Source) -> int:
    """Return the number of bytes."""
    if isinstance(source, Path):
        return source.stat().st_size
    place = source.tell()
    size = source.seek(0, os.SEEK_END)
    source.seek(place)
    return size


def suffix_of(source: Source | str) -> str:
    """Return the last suffix in lower case; files that fsspec opened know their path too."""
    name = (
        str(source)
        if isinstance(source, Path | str)
        else str(getattr(source, "path", getattr(source, "name", "")))
    )
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - also of URLs
