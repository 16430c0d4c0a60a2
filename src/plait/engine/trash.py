"""Where what a run replaces or retires is kept for seven days: ``.plait/trash``."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

__all__ = ["Trash"]

_DAYS = 7
_DAY = 86_400.0


class Trash:
    """The trash of one run: a folder of its own in ``.plait/trash``, made when it is needed.

    Args:
        folder: ``.plait/trash``.

    Attributes:
        place: the folder of the run; datasets lie in it at their relative paths.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self._folder = folder
        self.place = folder / run_id.replace(":", ".")

    def empty_old(self, now: float | None = None) -> None:
        """Remove what has lain in the trash for seven days."""
        limit = (time.time() if now is None else now) - _DAYS * _DAY
        try:
            places = list(self._folder.iterdir())
        except OSError:
            return
        for place in places:
            if place.stat().st_mtime < limit:
                shutil.rmtree(place, ignore_errors=True)
