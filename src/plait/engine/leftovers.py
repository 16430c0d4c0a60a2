"""Removing, when a run begins, what killed runs have left behind.

Whoever saves into a folder again removes what the dead left there. But when what they had begun need not be
done again, nobody saves there any more.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from plait.catalog.storage import tidy
from plait.processes import is_gone, signature

__all__ = ["remove_leftovers", "scratch_name"]

_MARK = "plait-"


def scratch_name(name: str) -> str:
    """Return what this process calls a temporary folder of its own."""
    return f"{_MARK}{signature()}-{name}"


def remove_leftovers(state: Path, root: Path, locations: Iterable[str]) -> None:
    """Remove temporary folders of the dead, and half saves at these locations, relative to ``root``."""
    for folder in (state / "scratch").glob(f"{_MARK}*"):
        if is_gone(folder.name.removeprefix(_MARK)):
            shutil.rmtree(folder, ignore_errors=True)
    for location in locations:
        if "://" not in location:
            tidy(_fixed(root / location))


def _fixed(place: Path) -> Path:
    """Return the part of a path before its first placeholder."""
    while any(sign in str(place) for sign in "*{"):
        place = place.parent
    return place
