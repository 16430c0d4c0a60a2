"""Which code and libraries a run used: the git commit, and the versions of what was imported."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import subprocess

__all__ = ["GitState", "GitWatch", "imported_versions"]


class GitState(NamedTuple):
    """The commit that is checked out, and whether tracked files differ from it."""

    commit: str | None = None
    dirty: bool | None = None


class GitWatch:
    """Asks git in the background, so that a run does not wait for the answer.

    Args:
        folder: any folder of the repository; without a repository or git there is no answer.
        fresh: seconds for which an answer is good, so that many short runs ask once.
    """

    def __init__(self, folder: Path, fresh: float = 5.0) -> None:
        self._folder = folder
        self._fresh = fresh
        self._asked = -fresh
        self._processes: tuple[subprocess.Popen[str] | None, ...] = ()
        self._state = GitState()
        self._lock = threading.Lock()

    def ask(self) -> None:
        """Start asking, unless an answer is still fresh."""
        with self._lock:
            now = time.monotonic()
            if now - self._asked < self._fresh or _repository(self._folder) is None:
                return
            self._asked = now
            self._processes = (
                _git(self._folder, "rev-parse", "HEAD"),
                _git(self._folder, "status", "--porcelain", "--untracked-files=no"),
            )

    def state(self, patience: float = 2.0) -> GitState:
        """Return what git said, waiting at most ``patience`` seconds for each answer."""
        with self._lock:
            if self._processes:
                commit, status = [_answer(process, patience) for process in self._processes]
                self._processes = ()
                self._state = GitState(
                    commit.strip() or None if commit else None, None if status is None else bool(status)
                )
            return self._state


def _repository(folder: Path) -> Path | None:
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def _git(folder: Path, *arguments: str) -> subprocess.Popen[str] | None:
    import subprocess

    try:
        return subprocess.Popen(
            ["git", "--no-optional-locks", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError:
        return None


def _answer(process: subprocess.Popen[str] | None, patience: float) -> str | None:
    if process is None:
        return None
    import subprocess

    try:
        text, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    return text if process.returncode == 0 else None


def imported_versions() -> dict[str, str]:
    """Return the versions of the third-party packages that are imported, as they state them."""
    standard = sys.stdlib_module_names
    found: dict[str, str] = {}
    for name, module in tuple(sys.modules.items()):
        if "." in name or name.startswith("_") or name in standard:
            continue
        version = vars(module).get("__version__") if hasattr(module, "__dict__") else None
        if isinstance(version, str):
            found[name] = version
    return found
