"""Plain values kept on disk under the digest of what they were made from.

Nothing in such a file is executed; a missing, damaged or foreign one is a miss, never an error.
"""

from __future__ import annotations

import gc
import marshal
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

__all__ = ["digest", "recall", "remember"]

_FORMAT = f"plait-config 2 {sys.version_info[0]}.{sys.version_info[1]} {marshal.version}\n".encode()
_SIZE = 16


def digest(*parts: bytes | memoryview) -> bytes:
    """Return what identifies a sequence of byte strings."""
    state = blake2b(digest_size=_SIZE)
    for part in parts:
        state.update(len(part).to_bytes(8, "little"))
        state.update(part)
    return state.digest()


def recall(file: Path, key: bytes) -> Any:
    """Return what was remembered in ``file`` under ``key``, or None."""
    try:
        data = file.read_bytes()
    except OSError:
        return None
    start = len(_FORMAT) + 2 * _SIZE
    if data[: start - _SIZE] != _FORMAT + key:
        return None
    payload = memoryview(data)[start:]
    if digest(payload) != data[start - _SIZE : start]:
        return None
    with _collector_paused():
        return marshal.loads(payload)  # noqa: S302 - plain values, and the digest matched


def remember(file: Path, key: bytes, value: Any) -> None:
    """Keep a value in ``file`` in place of what was there; a folder that cannot be written is left alone."""
    try:
        payload = marshal.dumps(value)
    except ValueError:
        return  # a date or another value that marshal does not know
    beside = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(_FORMAT + key + digest(payload) + payload)
        beside.replace(file)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector, which would look at every new value many times and find nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
