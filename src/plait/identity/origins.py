"""Whose code it is: the project's own, a library's, Python's, or Plait's.

A project's own is what lies below its source roots, and anything else outside of Python's library and of
``site-packages``: workspace members, editable installs, scripts, notebooks.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Literal

__all__ = ["Origin", "Origins", "top"]

Origin = Literal["own", "library", "standard", "plait"]

_PACKAGES = ("site-packages", "dist-packages")
_PLAIT = os.path.realpath(Path(__file__).parent.parent)
_STANDARD = tuple(
    os.path.realpath(folder)
    for name in ("stdlib", "platstdlib")
    if (folder := sysconfig.get_paths().get(name)) is not None
)


def top(dotted: str) -> str:
    """Return the first part of a dotted name."""
    return dotted.partition(".")[0]


class Origins:
    """Tells whose code a file or module is.

    Args:
        roots: the project's source roots.
    """

    def __init__(self, roots: Iterable[Path | str] = ()) -> None:
        self._roots = tuple(os.path.realpath(root) for root in roots)
        self._files: dict[str, Origin] = {}
        self._modules: dict[str, Origin] = {}
        self._found: dict[str, str | None] = {}

    def of_file(self, file: str) -> Origin:
        """Return whose a file is. What never was a file, such as the cell of a notebook, is one's own."""
        known = self._files.get(file)
        if known is None:
            known = self._files[file] = self._judge(file)
        return known

    def of_module(self, module: ModuleType) -> Origin:
        """Return whose an imported module is."""
        name = module.__name__
        file = getattr(module, "__file__", None)
        if file is not None:
            return self.of_file(file)
        if top(name) in sys.stdlib_module_names:
            return "standard"
        folders = list(getattr(module, "__path__", ()))
        if folders:
            return self.of_file(folders[0])
        return "own" if name == "__main__" else "library"

    def of_name(self, dotted: str) -> Origin:
        """Return whose a module is that may not have been imported."""
        first = top(dotted)
        known = self._modules.get(first)
        if known is None:
            known = self._modules[first] = self._of_top(first)
        return known

    def module_file(self, dotted: str) -> str | None:
        """Return the file of one's own module by name, without importing anything."""
        if dotted not in self._found:
            self._found[dotted] = self._find(dotted)
        return self._found[dotted]

    def _of_top(self, first: str) -> Origin:
        if first == "plait":
            return "plait"
        module = sys.modules.get(first)
        if module is not None:
            return self.of_module(module)
        if first in sys.stdlib_module_names:
            return "standard"
        return "own" if self._is_findable(first) else "library"

    def _judge(self, file: str) -> Origin:
        if not Path(file).is_absolute() and not Path(file).exists():
            return "standard" if file.startswith("<frozen ") else "own"
        real = os.path.realpath(file)
        inside = next((root for root in self._roots if _below(real, root)), None)
        parts = Path(real[len(inside or "") :]).parts
        if any(part in _PACKAGES for part in parts):
            return "library"
        if inside is not None:
            return "own"
        if _below(real, _PLAIT):
            return "plait"
        return "standard" if any(_below(real, folder) for folder in _STANDARD) else "own"

    def _find(self, dotted: str) -> str | None:
        for folder in self._folders(top(dotted)):
            place = Path(folder, *dotted.split("."))
            for file in (place.with_name(place.name + ".py"), place / "__init__.py"):
                if file.is_file():
                    return str(file)
        return None

    def _is_findable(self, first: str) -> bool:
        return any(
            Path(folder, first + ".py").is_file() or Path(folder, first).is_dir()
            for folder in self._folders(first)
        )

    def _folders(self, first: str) -> Iterator[str]:
        package = sys.modules.get(first)
        for folder in getattr(package, "__path__", ()):
            yield str(Path(folder).parent)
        yield from self._roots
        for folder in sys.path:
            if self.of_file(folder or ".") == "own":
                yield folder or "."


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
