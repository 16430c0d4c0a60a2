"""The SHA-256 of a file's content."""

from __future__ import annotations

import hashlib
import os

__all__ = ["digest_of"]

_SMALL = 2**18  # bytes: `file_digest` prepares a buffer of that size, which costs more than a small file


def digest_of(path: str | os.PathLike[str]) -> tuple[str, os.stat_result]:
    """Return the SHA-256 of a file, and its state before it was read.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - asked for very often
        status = os.fstat(stream.fileno())
        if status.st_size <= _SMALL:
            return hashlib.sha256(stream.readall()).hexdigest(), status
        return hashlib.file_digest(stream, "sha256").hexdigest(), status
