"""Exceptions on their way between processes: as they are where that works, else by name and text."""

from __future__ import annotations

import pickle
from typing import NamedTuple

__all__ = ["SentError", "received", "sent"]


class SentError(NamedTuple):
    """An exception in a form that always crosses: ``pickled`` is None where it cannot be pickled."""

    pickled: bytes | None
    name: str
    text: str


def sent(error: BaseException) -> SentError:
    """Return an exception as it is sent; tried here, because what unpickles badly fails only over there."""
    return SentError(_pickled(error), type(error).__name__, str(error))


def _pickled(error: BaseException) -> bytes | None:
    try:
        pickled = pickle.dumps(error, protocol=5)
        return pickled if _same(error, pickle.loads(pickled)) else None
    except Exception:
        return None


def received(error: SentError) -> BaseException:
    """Return the exception, or one of the same name and text."""
    if error.pickled is not None:
        try:
            found = pickle.loads(error.pickled)
        except Exception:
            found = None
        if isinstance(found, BaseException):
            return found
    stand_in: type[Exception] = type(error.name, (Exception,), {"__module__": __name__})
    return stand_in(error.text)


def _same(error: BaseException, copy: object) -> bool:
    return type(copy) is type(error) and str(copy) == str(error)
