"""``plait info``."""

from __future__ import annotations

import platform
from typing import Any

import click

from plait import __version__
from plait.cli.options import Place, as_json, everywhere
from plait.cli.output import document, line

__all__ = ["command"]


@click.command()
@as_json
@everywhere
def command(json_: bool, place: Place) -> None:
    """Show the project, its settings, and the versions in use."""
    facts = {"plait": __version__, "python": platform.python_version(), **_project(place)}
    if json_:
        document(facts)
        return
    width = max(map(len, facts)) + 2
    for name, value in facts.items():
        if value:
            line(f"{name:<{width}}{', '.join(map(str, value)) if isinstance(value, list) else value}")


def _project(place: Place) -> dict[str, Any]:
    from plait.errors import ProjectError

    try:
        project = place.open()
    except ProjectError as error:
        if place.folder:
            raise
        return {"project": None, "why": error.what}
    with project:
        settings = project.settings
        return {
            "project": project.name,
            "root": str(project.root),
            "package": project.package,
            "environment": project.env,
            "conf": str(project.conf),
            "environments": _environments(project.conf),
            "executor": settings.executor,
            "seed": settings.seed,
            "default_frame": settings.default_frame,
            "hooks": [_title(hook) for hook in settings.hooks],
            "observers": [_title(observer) for observer in settings.observers],
            "plugins": _plugins(project),
            "state": _size(project.state),
        }


def _environments(conf: Any) -> list[str]:
    return sorted(folder.name for folder in conf.iterdir() if folder.is_dir()) if conf.is_dir() else []


def _plugins(project: Any) -> list[str]:
    from plait.project.entry_points import entry_points

    if not project.settings.plugins:
        return []
    return sorted({name for group in entry_points(project.state).values() for name in group})


def _title(entry: Any) -> str:
    return entry if isinstance(entry, str) else type(entry).__qualname__


def _size(state: Any) -> str:
    size = sum(file.stat().st_size for file in state.rglob("*") if file.is_file()) if state.is_dir() else 0
    return f"{state.name} ({size / 2**20:.1f} MB)"
