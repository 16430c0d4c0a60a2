"""Processes that are killed at a chosen step, for tests of what survives it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from plait.catalog.storage import SAVING

_STEPS = ("open", "os.", "shutil.", "plain.")


def die_at(step: int, act: Callable[[], None]) -> bool:
    """Run ``act`` in a process that is killed before its step-th call to the file system; True if it was."""
    child = os.fork()
    if child == 0:
        taken = 0

        def hook(event: str, _: object) -> None:
            nonlocal taken
            if event.startswith(_STEPS):
                taken += 1
                if taken == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, "the save failed instead of being killed"
    return False


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if SAVING in path.name or SAVING in path.parts]
