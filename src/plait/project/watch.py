"""Watching what a project's own code touches while it is imported and its pipelines are made.

Where that is more than sources and configuration, only running the code tells whether a run has something
to do. What libraries do while they are imported is their own business.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["Watch"]

_LOOKED_AT = frozenset({"open", "os.listdir", "os.scandir", "glob.glob", "glob.glob/2", "pathlib.Path.glob"})
_REACHING_OUT = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.system",
        "socket.connect",
        "socket.getaddrinfo",
        "sqlite3.connect",
        "subprocess.Popen",
        "urllib.Request",
    }
)
_SYSTEM = ("/proc/", "/sys/", "/dev/")
_IMPORTS = "<frozen importlib"
_PLAIT = str(Path(__file__).resolve().parent.parent) + os.sep


class Watch:
    """Notes what the project's own code reads beside sources and configuration.

    Args:
        sources: folders of the project's own code, whose Python files may be read.
        allowed: folders where everything may be read.

    Attributes:
        touched: what was reached, in words; empty where all is well.
    """

    def __init__(self, sources: Sequence[Path], allowed: Sequence[Path]) -> None:
        installed: set[str] = {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, sys.exec_prefix}
        self._own = _folders(sources)
        self._installed = _folders(installed)
        self._free = (*self._installed, *_folders(allowed), *_SYSTEM)
        self.touched: list[str] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the block runs."""
        _listen()
        _watching.append(self)
        try:
            yield
        finally:
            _watching.remove(self)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note what an audit event tells of."""
        if event in _LOOKED_AT:
            path = self._path(arguments[0] if arguments else None)
            if path is not None and self._by_own_code():
                self.touched.append(f"{event} {path}")
        elif event in _REACHING_OUT and self._by_own_code():
            self.touched.append(event)

    def _path(self, given: Any) -> str | None:
        """Return a path that is neither source nor configuration, or None."""
        if isinstance(given, int):
            return None
        try:
            text = os.fsdecode(given if given is not None else ".")
        except TypeError:
            return None
        path = os.path.realpath(text)
        if path.startswith(self._free) or f"{path}{os.sep}" in self._free:
            return None
        if path.startswith(self._own) and path.endswith((".py", ".pyc")):
            return None
        return path

    def _by_own_code(self) -> bool:
        """Say whether the project's code does this, and not a library that is being imported, or Plait."""
        frame: FrameType | None = sys._getframe(3)
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(_PLAIT) and not name.startswith(self._own):
                return False
            if name.startswith(self._own) and not name.startswith(self._installed):
                return True
            if name.startswith(_IMPORTS):
                return False
            frame = frame.f_back
        return False


_watching: list[Watch] = []


@cache
def _listen() -> None:
    """Hear of all that is done, once a process: Python's audit hooks cannot be taken away, and each costs."""
    sys.addaudithook(_tell_watching)


def _tell_watching(event: str, arguments: tuple[Any, ...], watching: list[Watch] = _watching) -> None:
    # The list is bound here: while the interpreter ends, audit events outlive what modules hold.
    for watch in watching[:]:
        watch.hear(event, arguments)


def _folders(paths: Iterable[str | Path]) -> tuple[str, ...]:
    return tuple([f"{os.path.realpath(path)}{os.sep}" for path in paths])
