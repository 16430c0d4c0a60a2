"""The SHA-256 of a file's content."""

from __future__ import annotations

import hashlib
import os

__all__ = ["digest_of"]

_SMALL = 2**16  # bytes that are read at once, without a buffer that costs more to prepare than they do
_BINARY = getattr(os, "O_BINARY", 0)  # of Windows


def digest_of(path: str | os.PathLike[str]) -> tuple[str, os.stat_result]:
    """Return the SHA-256 of a file, and its state before it was read.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | _BINARY)
    try:
        status = os.fstat(descriptor)
        content = os.read(descriptor, _SMALL)
        whole = hashlib.sha256(content)
        if len(content) != status.st_size:  # it is larger, or grows, or its store gives it in pieces
            with open(descriptor, "rb", buffering=0, closefd=False) as rest:
                hashlib.file_digest(rest, lambda: whole)
        return whole.hexdigest(), status
    finally:
        os.close(descriptor)
