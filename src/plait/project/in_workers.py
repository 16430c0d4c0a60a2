"""A project in a worker process: opened once there, as the coordinating process opened it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.engine.options import Surroundings, WorkerSetup

if TYPE_CHECKING:
    from plait.project.parts import Parts
    from plait.project.project import Project

__all__ = ["surroundings", "worker_setup"]


def worker_setup(project: Project, parts: Parts, load_versions: Mapping[str, str]) -> WorkerSetup:
    """Return how a worker process opens this project with these parameters."""
    arguments = (
        project.place,
        project.environments,
        project.conf,
        dict(parts.runtime_parameters),
        dict(load_versions),
    )
    return WorkerSetup("plait.project.in_workers:surroundings", arguments)


def surroundings(
    kept: dict[str, Any],
    place: Path,
    environments: tuple[str, ...],
    conf: Path,
    params: Mapping[str, Any],
    load_versions: Mapping[str, str],
) -> Surroundings:
    """Open the project, or take the one that is open, and return its catalog and hooks.

    Args:
        kept: what stays from run to run.
    """
    parts = _project(kept, place, environments, conf).parts(params)
    catalog = parts.catalog.with_load_versions(load_versions) if load_versions else parts.catalog
    if parts.hooks is None:
        return Surroundings(catalog)
    from plait.engine.hooks import RunHooks

    return Surroundings(catalog, partial(RunHooks, parts.hooks))


def _project(kept: dict[str, Any], place: Path, environments: tuple[str, ...], conf: Path) -> Project:
    from plait.project.project import Project

    name = f"{place} {environments} {conf}"
    if kept.get("project name") != name:
        if "project" in kept:
            kept.pop("project").close()
        kept["project"] = Project.open(place, env=environments, conf=conf)
        kept["project name"] = name
    project: Project = kept["project"]
    return project
