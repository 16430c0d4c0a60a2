"""Handing a value to another process without copying it twice.

A value is pickled with protocol 5: its large buffers (NumPy, pandas, Arrow) leave the pickle and are
written once into a file in shared memory, which the consumer maps copy-on-write. So the consumer pays
no copy, may change what it was given, and nobody sees the change. Small values travel in the message.

The file's name is all that crosses the pipe; the coordinating process removes it after the last consumer.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Parcel", "pack", "shared_folders", "unpack"]

_SMALL = 1 << 20  # bytes: below this the pipe is cheaper than a file
_ALIGNMENT = 64


class Parcel(NamedTuple):
    """A packed value.

    Attributes:
        head: the pickle, or None where it lies at the end of the file.
        path: the file that holds the buffers, or None when everything is in ``head``.
        layout: (offset, size) in bytes of the parts of the file; the pickle last where ``head`` is None.
    """

    head: bytes | None
    path: str | None = None
    layout: tuple[tuple[int, int], ...] = ()

    @property
    def size(self) -> int:
        """Bytes the parcel takes up."""
        return len(self.head or b"") + sum(size for _, size in self.layout)

    def remove(self) -> None:
        """Remove its file, if it has one. Who has mapped it keeps it."""
        if self.path is not None:
            Path(self.path).unlink(missing_ok=True)


def shared_folders(fallback: Path) -> tuple[Path, ...]:
    """Return where parcels may lie, best first: shared memory where the system has it, then ``fallback``."""
    memory = Path("/dev/shm")  # noqa: S108 - a file system in memory, not a temporary folder
    return (memory, fallback) if memory.is_dir() and os.access(memory, os.W_OK) else (fallback,)


def pack(value: Any, folders: Sequence[Path], name: str) -> Parcel:
    """Pack a value; large ones into a file called ``name`` plus a random part in the first folder with room.

    Raises:
        pickle.PicklingError, TypeError, AttributeError: the value cannot be pickled.
        OSError: no folder has room for it.
    """
    buffers: list[pickle.PickleBuffer] = []
    stream = io.BytesIO()
    _Pickler(stream, buffers.append).dump(value)
    head = stream.getbuffer()
    raws = [buffer.raw() for buffer in buffers]
    if head.nbytes + sum(raw.nbytes for raw in raws) < _SMALL:
        # Small buffers are sent within the pickle.
        return Parcel(bytes(head) if not raws else pickle.dumps(value, protocol=5))
    parts = [*raws, head]
    layout = _layout(parts)
    path = _write(parts, layout, folders, name)
    return Parcel(None, str(path), layout)


def unpack(parcel: Parcel) -> Any:
    """Return the value of a parcel; its buffers are mapped copy-on-write, so that it may be changed."""
    if parcel.path is None:
        assert parcel.head is not None
        return pickle.loads(parcel.head)
    with Path(parcel.path).open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    parts = [mapped[offset : offset + size] for offset, size in parcel.layout]
    return pickle.loads(parts[-1], buffers=parts[:-1])


class _Pickler(pickle.Pickler):
    """Pickles frames that would copy their data into the pickle through Arrow instead."""

    def __init__(self, stream: io.BytesIO, keep: Any) -> None:
        super().__init__(stream, protocol=5, buffer_callback=keep)
        self.dispatch_table = _through_arrow()


def _through_arrow() -> dict[type, Any]:
    polars = sys.modules.get("polars")
    if polars is None or ("pyarrow" not in sys.modules and not _importable("pyarrow")):
        return {}
    return {polars.DataFrame: _reduce_polars}


def _importable(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def _reduce_polars(frame: Any) -> tuple[Any, tuple[Any, ...]]:
    return _polars_from_arrow, (frame.to_arrow(),)


def _polars_from_arrow(table: Any) -> Any:
    import polars as pl

    return pl.from_arrow(table, rechunk=False)


def _layout(parts: Sequence[memoryview]) -> tuple[tuple[int, int], ...]:
    places: list[tuple[int, int]] = []
    offset = 0
    for part in parts:
        places.append((offset, part.nbytes))
        offset += part.nbytes + -part.nbytes % _ALIGNMENT
    return tuple(places)


def _write(
    parts: Sequence[memoryview], layout: Sequence[tuple[int, int]], folders: Sequence[Path], name: str
) -> Path:
    size = layout[-1][0] + layout[-1][1]
    failure: OSError | None = None
    for folder in folders:
        path = folder / f"{name}-{secrets.token_hex(4)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _fill(path, size, parts, layout)
        except OSError as error:
            path.unlink(missing_ok=True)
            failure = error
        else:
            return path
    assert failure is not None
    raise failure


def _fill(path: Path, size: int, parts: Sequence[memoryview], layout: Sequence[tuple[int, int]]) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            # Shared memory that is not reserved kills the writer with a bus error when it runs out.
            os.posix_fallocate(descriptor, 0, size)
        for part, (offset, _) in zip(parts, layout, strict=True):
            _write_at(descriptor, part, offset)
    finally:
        os.close(descriptor)


def _write_at(descriptor: int, part: memoryview, offset: int) -> None:
    written = 0
    while written < part.nbytes:  # one call writes at most 2 GiB
        written += os.pwrite(descriptor, part[written:], offset + written)
