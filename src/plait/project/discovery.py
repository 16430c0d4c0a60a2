"""Where a project is: the nearest folder, here or above, whose ``pyproject.toml`` has ``[tool.plait]``."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plait.errors import PlaitError, ProjectError

__all__ = ["Found", "find_project"]

_FILE = "pyproject.toml"


@dataclass(frozen=True)
class Found:
    """A project's folder and what its ``pyproject.toml`` says under ``[tool.plait]``."""

    root: Path
    table: Mapping[str, Any] = field(default_factory=dict)
    script: Path | None = None

    @property
    def file(self) -> str:
        return self.script.name if self.script else _FILE


def find_project(path: str | Path | None = None) -> Found:
    """Return the project at ``path`` or in the nearest folder above it.

    Raises:
        ProjectError: there is none, or its ``pyproject.toml`` cannot be read.
    """
    start = Path(path or ".").expanduser().absolute()
    if not start.exists():
        raise ProjectError(f"There is no folder '{path}'", hint="plait new makes a project")
    if start.is_file() and start.suffix == ".py":
        return Found(start.parent, script=start)
    for folder in (start, *start.parents):
        if (folder / _FILE).is_file() and (found := _read(folder)):
            return found
    raise _not_found(start)


def _read(folder: Path) -> Found | None:
    file = folder / _FILE
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError("pyproject.toml cannot be read", where=_shown(file), why=str(error)) from None
    table = document.get("tool", {}).get("plait")
    if table is None:
        return None
    if not isinstance(table, dict):
        raise ProjectError(
            "[tool.plait] is not a table", where=_shown(file), hint='write package = "name" in it'
        )
    return Found(folder, table)


def _not_found(start: Path) -> PlaitError:
    kedro = (start / _FILE).is_file() and "[tool.kedro]" in (start / _FILE).read_text(errors="replace")
    return ProjectError(
        "There is no Plait project here",
        where=_shown(start),
        why="Neither this folder nor one above it has a pyproject.toml with a [tool.plait] table",
        hint="plait init makes this Kedro project one"
        if kedro
        else "plait new makes a project, plait init turns this folder into one",
    )


def _shown(path: Path) -> str:
    try:
        relative = os.path.relpath(path)
    except ValueError:
        return str(path)
    return str(path) if relative.startswith("..") else relative
