"""Opening a project: where it is, what it says about itself, its catalog and its pipelines.

>>> project = Project.open()
>>> project.catalog.load("companies")
>>> project.run("reporting")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.project.pipelines import find_pipelines
    from plait.project.project import Project
    from plait.project.settings import Settings

__all__ = ["Project", "Settings", "find_pipelines"]

_PLACES = {
    "Project": "plait.project.project",
    "Settings": "plait.project.settings",
    "find_pipelines": "plait.project.pipelines",
}


def __getattr__(name: str) -> Any:
    # Shell completion and the commands that need no project read modules of this package alone.
    if name not in _PLACES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    import importlib

    return getattr(importlib.import_module(_PLACES[name]), name)
