"""How often a DuckDB file has been written to, by its own count, which every change moves on.

The file begins with a page about itself and two headers of which the newer counts; each checkpoint writes the
older one anew, with the next number. What is committed and not yet in the file lies in a log beside it.
"""

from __future__ import annotations

import struct
from pathlib import Path

__all__ = ["checkpoints", "written_so_far"]

_HEADERS = (4096, 8192)  # where they begin
_COUNT = struct.Struct("<8xQ")  # a checksum, and the number of the checkpoint


def checkpoints(file: Path) -> int | None:
    """Return the number of the last checkpoint; None where there is none, or a log has more than the file."""
    found = written_so_far(file)
    return None if found is None or found[1] else found[0]


def written_so_far(file: Path) -> tuple[int, int] | None:
    """Return the number of the last checkpoint and the bytes of the log; None where there is none to read.

    Whatever anybody commits moves one of them on.
    """
    try:
        log = Path(f"{file}.wal")
        logged = log.stat().st_size if log.exists() else 0
        with file.open("rb") as opened:
            found = opened.read(_HEADERS[-1] + _COUNT.size)
    except OSError:
        return None
    if len(found) < _HEADERS[-1] + _COUNT.size:
        return None
    return max(int(_COUNT.unpack_from(found, at)[0]) for at in _HEADERS), logged
