"""Projects in temporary folders."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from plait import Project

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a project: files by path, ``src/`` left out for those of the package."""

    def make_project(files: Mapping[str, str], package: str = "lab", folder: str = "project") -> Path:
        root = tmp_path / folder
        given = {
            "pyproject.toml": f'[tool.plait]\npackage = "{package}"\n',
            "conf/base/catalog.yml": "",
            f"src/{package}/__init__.py": "",
            f"src/{package}/pipelines/__init__.py": "",
            **files,
        }
        for name, text in given.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip("\n"))
        return root

    return make_project


@pytest.fixture
def opened(make: Make):
    """Make a project and open it; it is closed after the test."""
    projects: list[Project] = []

    def open_project(
        files: Mapping[str, str], package: str = "lab", folder: str = "project", **how
    ) -> Project:
        project = Project.open(make(files, package, folder), **how)
        projects.append(project)
        return project

    yield open_project
    for project in projects:
        project.close()
