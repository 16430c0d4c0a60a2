"""Tracebacks as users want them: their own frames, not Plait's and not the import system's."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

__all__ = ["last_place", "own_traceback"]

_PLAIT = str(Path(__file__).resolve().parent.parent) + "/"
_FOREIGN = ("<frozen ",)
_PYTHON = tuple({*map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib"))})


def own_traceback(error: BaseException) -> str:
    """Return the traceback of ``error`` without the frames of Plait and of the import system."""
    summary = traceback.TracebackException.from_exception(error)
    _prune(summary)
    return "".join(summary.format()).rstrip()


def last_place(error: BaseException) -> str | None:
    """Return ``file:line`` of the innermost frame that is the user's, or of a syntax error."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not (_foreign(frame.filename) or frame.filename.startswith(_PYTHON))
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None


def _prune(summary: traceback.TracebackException) -> None:
    seen: list[traceback.TracebackException | None] = [summary]
    while seen:
        current = seen.pop()
        if current is None:
            continue
        kept = [frame for frame in current.stack if not _foreign(frame.filename)]
        current.stack = traceback.StackSummary.from_list(kept)
        seen += [current.__cause__, current.__context__]


def _foreign(filename: str) -> bool:
    return filename.startswith((_PLAIT, *_FOREIGN)) or "/importlib/" in filename or "/pluggy/" in filename
