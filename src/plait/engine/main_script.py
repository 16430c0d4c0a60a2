"""The script that a user started, seen from a worker process.

Functions and classes of a script are pickled as ``__main__.name``. A worker imports the script when the
first of them arrives, under another name, so that what is below ``if __name__ == "__main__":`` is not done.
"""

from __future__ import annotations

import sys
from importlib.abc import InspectLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from plait.errors import UsageError

__all__ = ["MainScript", "install_main", "main_script", "refuse_while_importing"]

_NAME = "__plait_main__"


class MainScript(NamedTuple):
    """Where ``__main__`` came from: a file, or a module run with ``python -m``."""

    path: str | None = None
    module: str | None = None


def main_script() -> MainScript:
    """Return what this process runs; empty for a notebook, a prompt, or a program read from a pipe."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name != "__main__":
        return MainScript(module=spec.name)
    path = getattr(main, "__file__", None)
    return MainScript(path=path if path is not None and Path(path).is_file() else None)


def refuse_while_importing() -> None:
    """Raise UsageError when a worker process is about to run a pipeline because it imports the script."""
    main = sys.modules.get(_NAME)
    if isinstance(main, _Main) and main.importing:
        raise UsageError(
            "The script runs a pipeline while a worker process imports it",
            where=str(main.script.path or main.script.module),
            why="Worker processes import the script to find its functions",
            hint='put what the script does below: if __name__ == "__main__":',
        )


def install_main(script: MainScript) -> None:
    """Let ``__main__`` stand for the script, which is imported when something in it is first asked for."""
    known = sys.modules.get(_NAME)
    if isinstance(known, _Main) and known.script == script:
        return
    sys.modules["__main__"] = sys.modules[_NAME] = _Main(script)


class _Main(ModuleType):
    def __init__(self, script: MainScript) -> None:
        super().__init__(_NAME)
        self.script = script
        self.importing = False
        self._imported = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self._imported or self.importing:
            raise AttributeError(f"module '__main__' has no attribute '{name}'")
        self.importing = True
        try:
            self._import()
        finally:
            self.importing = False
        self._imported = True
        return getattr(self, name)

    def _import(self) -> None:
        names = vars(self)
        exec(self._code(), names)  # noqa: S102 - the user's own script
        # What it defines is pickled under the name that the coordinating process knows.
        for value in tuple(names.values()):
            if isinstance(value, type | FunctionType) and value.__module__ == _NAME:
                value.__module__ = "__main__"

    def _code(self) -> CodeType:
        if self.script.module is not None:
            return self._code_of_module(self.script.module)
        if self.script.path is None:
            raise AttributeError("what an interactive session defines cannot be imported")
        self.__file__ = self.script.path
        source = Path(self.script.path).read_bytes()
        return compile(source, self.script.path, "exec", dont_inherit=True)

    def _code_of_module(self, name: str) -> CodeType:
        spec = find_spec(name)
        loader = None if spec is None else spec.loader
        code = loader.get_code(name) if isinstance(loader, InspectLoader) else None
        if spec is None or code is None:
            raise ImportError(f"the module '{name}' cannot be imported again")
        self.__file__ = spec.origin
        self.__package__ = spec.parent
        return code
