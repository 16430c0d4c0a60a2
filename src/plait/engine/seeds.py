"""Seeds: the same node gets the same random numbers, wherever and in whatever order it runs."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["node_seed", "numpy_generator", "seeded_globals"]

_seeding = threading.RLock()  # the generators belong to the whole process


def node_seed(project_seed: int, node: str, key: str | None = None) -> int:
    """Return the 64-bit seed of a node (and partition), derived with SHA-256."""
    parts = [str(project_seed), node, *([] if key is None else [key])]
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def numpy_generator(seed: int) -> Any:
    """Return ``numpy.random.default_rng(seed)``."""
    import numpy as np

    return np.random.default_rng(seed)


@contextmanager
def seeded_globals(seed: int) -> Iterator[None]:
    """Seed the global generators of ``random``, NumPy and PyTorch, and restore them afterwards.

    Only what is already imported is seeded: nothing is imported for it. In threads, one such block waits for
    another, as each would draw from the other's numbers.
    """
    with _seeding:
        states = _seed(seed)
        try:
            yield
        finally:
            for restore, state in states:
                restore(state)


def _seed(seed: int) -> list[tuple[Any, Any]]:
    import random

    states: list[tuple[Any, Any]] = [(random.setstate, random.getstate())]
    random.seed(seed)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        states.append((numpy_random.set_state, numpy_random.get_state()))
        numpy_random.seed(seed % 2**32)
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "manual_seed"):
        states.append((torch.set_rng_state, torch.get_rng_state()))
        torch.manual_seed(seed % 2**63)
    return states
