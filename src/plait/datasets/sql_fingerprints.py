"""What identifies rows in a database: their content where reading them costs a local file, else a query."""

from __future__ import annotations

import hashlib
from typing import Any

from plait.values import Fingerprint, Strength

__all__ = ["rows_fingerprint"]

_BATCH = 10_000


def rows_fingerprint(result: Any, said: str = "", strength: Strength = "content") -> Fingerprint:
    """Return the digest of what a query gives: names of columns, and values with their types, in order.

    Args:
        result: of a statement that SQLAlchemy ran.
        said: what else identifies the data, such as the text of the user's own query.
        strength: ``token`` where the query gives less than all rows.
    """
    digest = hashlib.sha256(f"{len(said)}:{said}".encode())
    digest.update(repr(list(result.keys())).encode())
    while rows := result.fetchmany(_BATCH):
        # repr tells 1 from '1' and from 1.0, and quotes what it delimits.
        digest.update(repr([tuple(row) for row in rows]).encode())
    return Fingerprint(f"rows:{digest.hexdigest()}", strength)
