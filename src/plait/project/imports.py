"""How a project's own code is imported: a finder of its own, which can be taken away again.

``sys.path`` is not touched. Each open project has one finder on ``sys.meta_path``, which finds the
packages and modules in its source folder, and its own only. Two projects can be open at once as long as
their packages have different names, as a Python process has one module of a name.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from plait.errors import ProjectError

__all__ = ["ProjectFinder", "ProjectImports", "Sources"]

_RACY = 2.0  # seconds


class ProjectFinder:
    """Finds what lies at the top of one source folder, and remembers who has it open."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.users: weakref.WeakSet[Any] = weakref.WeakSet()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if (path is None) == ("." in name) or not self._has(path):
            return None
        spec = PathFinder.find_spec(name, path or [str(self.source)], target)
        if spec is None or spec.loader is None:
            return None  # a folder without __init__.py is left to others: it may be data
        if type(spec.loader) is SourceFileLoader:
            spec.loader = _CarefulLoader(spec.loader.name, spec.loader.path)
        return spec

    def _has(self, path: Sequence[str] | None) -> bool:
        return path is None or any(Path(entry).is_relative_to(self.source) for entry in path)

    def invalidate_caches(self) -> None:
        """Nothing is cached here."""


class _CarefulLoader(SourceFileLoader):
    """Compiles a file that was written this moment anew, and keeps nothing of it.

    Compiled code is taken for that of a file of the same size and second. An edit right after an import
    can leave both, and would then not be seen, now or ever.
    """

    def path_stats(self, path: str) -> Mapping[str, Any]:
        stats = super().path_stats(path)
        if time.time() - stats["mtime"] < _RACY:
            raise OSError(f"{path} was written this moment")
        return stats


class Sources:
    """The modules that lie in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._lock = threading.RLock()

    def load(self, name: str) -> ModuleType:
        """Import a module. What it raises is the user's own."""
        with self._lock:
            return importlib.import_module(name)

    def exists(self, name: str) -> bool:
        """Tell whether a module of that name lies in the folder, importing nothing."""
        stem = self.folder.joinpath(*name.split("."))
        return stem.with_suffix(".py").is_file() or (stem / "__init__.py").is_file()

    def forget(self) -> None:
        """Drop the imported modules, so that the next import reads the files again."""
        with self._lock:
            for name in _modules_in(self.folder):
                sys.modules.pop(name, None)
            importlib.invalidate_caches()


class ProjectImports(Sources):
    """The imports of one project: on from construction, off after :meth:`close`.

    Raises:
        ProjectError: the process has already imported another package of the same name.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        super().__init__(folder)
        _make_room(self.folder, names)
        self._finder = _finder(self.folder)
        self._finder.users.add(self)

    def close(self) -> None:
        """Take the finder away and drop the modules, unless another project object uses them."""
        self._finder.users.discard(self)
        if not self._finder.users and self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
            self.forget()


def _finder(source: Path) -> ProjectFinder:
    for finder in sys.meta_path:
        if isinstance(finder, ProjectFinder) and finder.source == source:
            return finder
    new = ProjectFinder(source)
    sys.meta_path.insert(0, new)
    return new


def _make_room(source: Path, names: Sequence[str]) -> None:
    """Evict abandoned projects that hold one of ``names``; refuse when a live one does."""
    for name in names:
        module = sys.modules.get(name)
        if module is None or _lies_in(module, source):
            continue
        owner = next((finder for finder in _finders() if _lies_in(module, finder.source)), None)
        if owner is None or owner.users:
            raise _taken(name, module, owner, source)
        _evict(owner)


def _finders() -> list[ProjectFinder]:
    return [finder for finder in sys.meta_path if isinstance(finder, ProjectFinder)]


def _evict(finder: ProjectFinder) -> None:
    sys.meta_path.remove(finder)
    for name in _modules_in(finder.source):
        del sys.modules[name]
    importlib.invalidate_caches()


def _taken(name: str, module: ModuleType, owner: ProjectFinder | None, source: Path) -> ProjectError:
    return ProjectError(
        f"The package '{name}' cannot be imported from this project",
        where=str(source),
        why=f"This process has already imported a '{name}' from {_file(module) or 'elsewhere'}",
        hint="close that project first: project.close()"
        if owner
        else "name the package differently, or uninstall the other one",
    )


def _modules_in(folder: Path) -> list[str]:
    # All are found before any is dropped: a package without __init__.py asks its parent where it lies.
    return [name for name, module in list(sys.modules.items()) if _lies_in(module, folder)]


def _lies_in(module: ModuleType | None, source: Path) -> bool:
    file = _file(module)
    return file is not None and file.startswith(f"{source}/")


def _file(module: ModuleType | None) -> str | None:
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return file
    path = list(getattr(module, "__path__", None) or ())
    return str(path[0]) + "/" if path else None
