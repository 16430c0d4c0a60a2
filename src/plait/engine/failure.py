"""What a user sees when their function raises: their own frames, and what the node was given."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from plait.errors import PlaitError

__all__ = ["describe", "one_line", "user_traceback"]

_PLAIT = str(Path(__file__).resolve().parent.parent) + "/"
_PYTHON = tuple({*map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib"))})
_LONGEST = 300  # letters of one line


def one_line(error: BaseException) -> str:
    """Return the error in one line, as ``ValueError: …``."""
    if isinstance(error, PlaitError):
        return error.what
    text = str(error).strip().splitlines()
    line = f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


def user_traceback(error: BaseException, inputs: Iterable[tuple[str, Any]] = ()) -> str:
    """Return the traceback from the user's first frame on, and the inputs by type and shape."""
    frames = _user_frames(error.__traceback__)
    if isinstance(error, PlaitError) and frames is None:
        text = str(error)
    else:
        text = "".join(_format(error, frames or _outside(error.__traceback__))).rstrip()
    lines = [f"  {name}: {describe(value)}" for name, value in inputs]
    return "\n".join([text, "inputs:", *lines]) if lines else text


def _format(error: BaseException, frames: TracebackType | None) -> list[str]:
    shown = traceback.TracebackException(type(error), error, frames, compact=True)
    return list(shown.format(chain=True))


def _user_frames(frames: TracebackType | None) -> TracebackType | None:
    """Return the traceback from the first frame that is neither Plait's nor Python's nor a library's."""
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith((_PLAIT, *_PYTHON)):
        frames = frames.tb_next
    return frames


def _outside(frames: TracebackType | None) -> TracebackType | None:
    """Return the traceback from the first frame that is not Plait's: the node is a library's function."""
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_PLAIT):
        frames = frames.tb_next
    return frames


def describe(value: Any) -> str:
    """Return type and size of a value without showing its content."""
    name = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{name} {' by '.join(str(size) for size in shape)}"
    if isinstance(value, str | bytes | list | tuple | dict | set | frozenset):
        return f"{name} of {len(value)}"
    return name
