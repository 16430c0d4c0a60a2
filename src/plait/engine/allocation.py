"""Building very many small objects at once without the garbage collector walking over all of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collection_paused"]


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause automatic garbage collection while the block builds objects that all stay.

    Otherwise the cost per node grows with the number of nodes: each full collection visits them all.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
