"""Saying that there is nothing to do, from what was written down when that was last so."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from plait.project.snapshot import Snapshot, matches, read_snapshot, write_snapshot

if TYPE_CHECKING:
    from plait.cli.selecting import Asked

__all__ = ["say_unchanged"]


def say_unchanged(question: Asked, *, as_json: bool) -> bool:
    """Say that everything is up to date if nothing changed since it was; return whether that is so."""
    begun = time.perf_counter()
    root = _root(question.place.folder)
    if root is None:
        return False
    words = question.question()
    known = read_snapshot(root, words)
    if known is None or not os.path.exists(os.path.join(root, ".plait", "ledger.db")):  # noqa: PTH110, PTH118
        return False
    now = matches(root, known)
    if now is None:
        return False
    if known.remote and not _stores_agree(question, known):
        return False
    if now != known:
        write_snapshot(root, words, now)
    _say(now, time.perf_counter() - begun, as_json=as_json)
    return True


def _stores_agree(question: Asked, known: Snapshot) -> bool:
    from plait.project.remote_state import is_as_recorded

    with question.open() as project:
        return is_as_recorded(project, known.remote)


def _say(snapshot: Snapshot, seconds: float, *, as_json: bool) -> None:
    from plait.cli.output import SCHEMA, line, styled

    if as_json:
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "event": "up_to_date",
            "nodes": snapshot.nodes,
            "seconds": seconds,
        }
        sys.stdout.write(json.dumps(document) + "\n")
        return
    nodes = f"{snapshot.nodes} node{'' if snapshot.nodes == 1 else 's'}"
    line(f"{styled('✓', '32')} everything is up to date: {nodes}, nothing changed since they last ran")


def _root(folder: str | None) -> str | None:
    """Return the folder of a script, or the nearest folder, here or above, that is a project."""
    place = os.path.abspath(folder or ".")  # noqa: PTH100
    if place.endswith(".py"):
        return os.path.dirname(place)  # noqa: PTH120
    while not _is_project(place):
        above = os.path.dirname(place)  # noqa: PTH120
        if above == place:
            return None
        place = above
    return place


def _is_project(place: str) -> bool:
    try:
        with open(os.path.join(place, "pyproject.toml"), "rb") as file:  # noqa: PTH118, PTH123
            return b"tool.plait" in file.read()
    except OSError:
        return False
