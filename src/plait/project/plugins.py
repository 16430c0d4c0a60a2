"""Hooks and observers as they are registered: instances in ``settings.py``, names in the table, plugins."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plait.errors import ProjectError
from plait.project.entry_points import DATASETS, HOOKS, entry_points, load_entry_point
from plait.project.imports import Sources
from plait.project.own_frames import own_traceback
from plait.project.settings import Settings

if TYPE_CHECKING:
    from plait.project.project import Project

__all__ = ["dataset_names", "hook_instances", "registered"]


def hook_instances(project: Project, settings: Settings, sources: Sources) -> list[Any]:
    """Return the project's hooks, then those of installed packages."""
    own = [registered(entry, sources, "hook") for entry in settings.hooks]
    if not settings.plugins:
        return own
    points = entry_points(project.state)[HOOKS]
    return own + [_instance(load_entry_point(name, value)) for name, value in points.items()]


def dataset_names(project: Project, settings: Settings) -> Mapping[str, str]:
    """Return type names beyond Plait's own: those of installed packages, then the project's."""
    plugins = entry_points(project.state)[DATASETS] if settings.plugins else {}
    return {**plugins, **settings.datasets}


def registered(entry: Any, sources: Sources, what: str) -> Any:
    """Return a registered object: itself, or an instance of the class that an import path names.

    Raises:
        ProjectError: the path cannot be imported, or its class cannot be called without arguments.
    """
    if not isinstance(entry, str):
        return entry
    module, colon, attribute = entry.partition(":")
    if not colon:
        module, _, attribute = entry.rpartition(".")
    try:
        return _instance(getattr(sources.load(module), attribute))
    except Exception as error:
        raise ProjectError(
            f"The {what} '{entry}' cannot be made",
            where="pyproject.toml, [tool.plait]",
            why=own_traceback(error),
            hint="write package.module:Class, of a class that takes no arguments",
        ) from error


def _instance(found: Any) -> Any:
    return found() if inspect.isclass(found) else found
