"""The last good picture of a project, kept in ``.plait/ui``: drawn before any user code runs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait import __version__
from plait.project.graph import GRAPH_SCHEMA, graph_document, project_details

if TYPE_CHECKING:
    from plait.project.project import Project

__all__ = ["Snapshot", "is_kept", "project_stamp", "read_snapshot", "take_snapshot", "write_snapshot"]

_LEFT_OUT = frozenset({"__pycache__", ".plait", ".git", "data", "node_modules", ".venv"})
_SOURCES = (".py", ".yml", ".yaml", ".toml", ".sql")


@dataclass(frozen=True)
class Snapshot:
    """A picture and what it was made of.

    Attributes:
        stamp: identifies the state of all sources and configuration it was made from.
        graph: the graph document.
        details: element id → what is known of it.
    """

    stamp: str
    graph: Mapping[str, Any]
    details: Mapping[str, Mapping[str, Any]]


def take_snapshot(project: Project) -> Snapshot:
    """Make the picture of a project as it is now."""
    stamp = project_stamp(project.root)
    return Snapshot(stamp, graph_document(project), project_details(project))


def project_stamp(root: Path) -> str:
    """Return what identifies sources and configuration, by size and time of change, reading none of them."""
    digest = hashlib.sha256(f"{__version__}:{GRAPH_SCHEMA};".encode())
    for path, status in sorted(_files(str(root)), key=lambda found: found[0]):
        digest.update(f"{path}:{status.st_size}:{status.st_mtime_ns};".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def is_kept(folder: Path, environment: str) -> bool:
    """Return whether there is a picture to begin with."""
    return _place(folder, environment).is_file()


def read_snapshot(folder: Path, environment: str) -> Snapshot | None:
    """Return what was kept for an environment, or None."""
    try:
        document = json.loads(_place(folder, environment).read_text())
        if document["graph"]["schema"] != GRAPH_SCHEMA:
            return None
        return Snapshot(document["stamp"], document["graph"], document["details"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_snapshot(folder: Path, environment: str, snapshot: Snapshot) -> None:
    """Keep a picture; it replaces the last one in one step."""
    place = _place(folder, environment)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f"{place.name}.{os.getpid()}")
    document = {"stamp": snapshot.stamp, "graph": snapshot.graph, "details": snapshot.details}
    beside.write_text(json.dumps(document, default=str))
    beside.replace(place)


def _place(folder: Path, environment: str) -> Path:
    named = "".join(sign if sign.isalnum() or sign in "-_" else "+" for sign in environment)
    return folder / "ui" / f"{named}.json"


def _files(root: str) -> Iterator[tuple[str, os.stat_result]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _LEFT_OUT and not name.startswith(".venv")]
        for name in names:
            if name.endswith(_SOURCES):
                path = os.path.join(folder, name)  # noqa: PTH118
                try:
                    yield path[len(root) :], os.stat(path)  # noqa: PTH116
                except OSError:
                    continue
