"""Making projects and pipelines: from Plait's own templates, or from anybody's through Copier."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plait.errors import MissingLibraryError, ProjectError, UsageError, did_you_mean
from plait.project.locking import add_source, lock_environment
from plait.project.templating import copy_template, template_folder

if TYPE_CHECKING:
    from plait.project.project import Project

__all__ = ["EXAMPLES", "Made", "add_pipeline", "create", "package_name"]

EXAMPLES = ("flights",)
_PACKAGE, _TITLE, _PIPELINE = "project_package", "project_title", "project_pipeline"


@dataclass(frozen=True)
class Made:
    """A project that was made.

    Attributes:
        notes: what there is to know about how it was made.
        next_steps: the commands to go on with.
    """

    title: str
    folder: Path
    notes: tuple[str, ...]
    next_steps: tuple[str, ...]


def create(
    folder: Path | None,
    *,
    example: str | None = None,
    source: str | None = None,
    package: str | None = None,
    lock: bool = True,
) -> Made:
    """Make a project in a folder that is new or empty.

    Raises:
        UsageError: the arguments do not fit together, or a name cannot be used.
        ProjectError: the folder is not empty.
    """
    if source and example:
        raise UsageError("--from and --example are two ways to begin", hint="give one of them")
    if source:
        return _from_copier(source, _target(folder, None))
    if example and example not in EXAMPLES:
        raise UsageError(
            f"There is no example '{example}'",
            hint=did_you_mean(example, EXAMPLES) or "there is: " + ", ".join(EXAMPLES),
        )
    target = _target(folder, example)
    if example:
        return _finished(
            f"the example {example}",
            target,
            lambda: copy_template(template_folder(example), target, {}),
            lock,
        )
    name = package_name(package or target.resolve().name)
    words = {_PACKAGE: name, _TITLE: target.resolve().name}
    return _finished(
        f"the project {target.resolve().name}",
        target,
        lambda: copy_template(template_folder("minimal"), target, words),
        lock,
    )


def add_pipeline(project: Project, name: str) -> list[Path]:
    """Add a pipeline with a first node and a test, and return the new files.

    Raises:
        UsageError: the name is no identifier.
        ProjectError: there is such a pipeline already.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(
            f"A pipeline cannot be called '{name}'",
            why="Its folder is a Python package: letters, digits and underscores, no digit first",
            hint=f"plait pipeline new {_identifier(name)}",
        )
    if project.package is None:
        raise UsageError("A single file has no folder for pipelines", hint="plait new makes a project")
    words = {"src/": f"{project.settings.source}/", _PACKAGE: project.package, _PIPELINE: name}
    return copy_template(template_folder("pipeline"), project.root, words)


def package_name(text: str) -> str:
    """Return the name of a package made from any text.

    Raises:
        UsageError: it cannot be imported under that name, or would hide another package.
    """
    name = _identifier(text)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"No package can be called '{text}'", hint="choose a name with --package")
    if name in sys.stdlib_module_names or name == "plait" or _installed(name):
        raise UsageError(
            f"A package '{name}' exists already",
            why="Python would find one of the two instead of the other",
            hint=f"choose another name with --package, such as {name}_project",
        )
    return name


def _identifier(text: str) -> str:
    return re.sub(r"\W+", "_", text.strip().lower()).strip("_")


def _installed(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.loader is not None


def _target(folder: Path | None, name: str | None) -> Path:
    if folder is None and name is None:
        raise UsageError("Where shall the project be?", hint="plait new FOLDER")
    target = folder if folder is not None else Path(str(name))
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ProjectError(
            f"The folder '{target}' is not empty",
            hint=f"choose another one, or turn it into a project: plait init {target}",
        )
    return target


def _finished(title: str, target: Path, copy: Callable[[], object], lock: bool) -> Made:
    copy()
    notes = [note for note in (add_source(target), lock_environment(target) if lock else None) if note]
    steps = [f"cd {target}", "uv sync", "uv run plait run", "uv run pytest"]
    return Made(title, target, tuple(notes), tuple(steps))


def _from_copier(source: str, target: Path) -> Made:
    try:
        from copier import run_copy
        from copier.errors import CopierError
    except ImportError as error:
        raise MissingLibraryError(
            "Templates of your own need 'copier', which is not installed",
            hint="pip install 'plait[templates]'",
        ) from error
    try:
        run_copy(source, target, quiet=True, defaults=not sys.stdin.isatty())
    except (CopierError, OSError, ValueError) as error:
        raise ProjectError("The template cannot be copied", where=source, why=str(error)) from error
    return Made(f"a project from {source}", target, (), (f"cd {target}", "plait check"))
