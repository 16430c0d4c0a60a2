"""Keeping what Plait did not write from being lost when it is replaced: seven days in ``.plait/trash``."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

__all__ = ["Trash"]

_DAYS = 7
_DAY = 86_400.0


class Trash:
    """The trash of one run: a folder of its own in ``.plait/trash``, made when it is needed.

    Args:
        folder: ``.plait/trash``.
        root: files below it keep their relative path.
    """

    def __init__(self, folder: Path, root: Path, run_id: str) -> None:
        self._folder = folder
        self._root = root.resolve()
        self._place = folder / run_id.replace(":", ".")

    def keep(self, dataset: Any) -> Path | None:
        """Keep what lies at a dataset's local place now; return where, or None where it cannot be kept.

        What is about to be replaced stays where it is until then: Plait's own saves put a new file into the
        place of the old one, so that a second name for the old one costs nothing.
        """
        place = getattr(dataset, "local_place", lambda: None)()
        if not isinstance(place, Path) or not place.exists():
            return None
        target = self._place / self._name(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.copytree(place, target, copy_function=_second_name, dirs_exist_ok=True)
        else:
            _second_name(str(place), str(target))
        return target

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

    def _name(self, place: Path) -> Path:
        absolute = place.resolve()
        if absolute.is_relative_to(self._root):
            return absolute.relative_to(self._root)
        return Path("elsewhere", *absolute.parts[1:])


def _second_name(source: str, target: str) -> str:
    Path(target).unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)
    return target
