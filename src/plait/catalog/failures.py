"""What goes wrong while data is loaded or saved, told in the words of the user's own entry."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plait.catalog.locations import redact
from plait.catalog.registry import missing_library
from plait.errors import DatasetError, PlaitError

if TYPE_CHECKING:
    from plait.catalog.files import FileDataset

__all__ = ["ErrorsNamed", "reported"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class ErrorsNamed:
    """A context that adds to what is raised in it which dataset it is about, and where that is configured.

    Entered for every look at a dataset, so it costs next to nothing where nothing goes wrong.

    Args:
        places: tells of a name, and of the key of its entry that is to blame, how to speak of it.
        action: what was done with the dataset; what is no error of Plait's becomes a DatasetError then.
    """

    __slots__ = ("_action", "_name", "_places")

    def __init__(
        self, places: Callable[[str, str | None], tuple[str, ...]], name: str, action: str | None
    ) -> None:
        self._places = places
        self._name = name
        self._action = action

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PlaitError):
            error.where = (*self._places(self._name, getattr(error, "key", None)), *error.where)
        elif isinstance(error, Exception) and self._action is not None:
            raise DatasetError(
                f"'{self._name}' failed to {self._action}",
                where=self._places(self._name, None),
                why=f"{type(error).__name__}: {redact(str(error))}",
            ) from error


@contextmanager
def reported(dataset: FileDataset, done: str) -> Iterator[None]:
    """Turn whatever a reader, a writer or the system raises into an error that says what and where."""
    try:
        yield
    except PlaitError:
        raise
    except FileNotFoundError as error:
        raise _not_there(dataset, done, error) from error
    except ImportError as error:
        raise missing_library(error.name or str(error), f"'{dataset.format.name}'") from error
    except Exception as error:
        # A library that cannot make sense of what it reads may raise an OSError without a number too.
        if isinstance(error, OSError) and (error.errno is not None or done == "saved"):
            raise _refused(dataset, done, error) from error
        raise DatasetError(
            f"'{dataset.location}' cannot be {done} as {dataset.format.name}",
            why=f"{type(error).__name__}: {_told(error)}",
            hint=_hint(dataset, done, error),
        ) from error


def _not_there(dataset: FileDataset, done: str, error: FileNotFoundError) -> DatasetError:
    if done == "saved":
        return DatasetError(f"'{dataset.location}' cannot be saved", why=redact(str(error)))
    if dataset.version is not None and dataset.version.load is not None:
        return dataset.missing_version(dataset.version.load)
    cause = error.__cause__  # over HTTP, fsspec says "not found" for whatever went wrong
    why = None if cause is None else redact(f"{type(cause).__name__}: {cause}")
    return DatasetError(f"'{dataset.location}' does not exist", why=why)


def _refused(dataset: FileDataset, done: str, error: OSError) -> DatasetError:
    why = redact(error.strerror or str(error))
    hint = None
    if error.errno in _FULL:
        hint = "make room and run again"
    elif isinstance(error, PermissionError):
        hint = "check who may read and write there"
    if done != "saved" and isinstance(error, IsADirectoryError):
        hint = "a folder lies there, and this entry is of one file: correct the path"
    if done == "saved" and isinstance(error, NotADirectoryError | FileExistsError):
        hint = "one of the folders of its path is a file"
    if done == "saved" and isinstance(error, IsADirectoryError):
        hint = "it may hold versions saved before: move it away, add `versioned: true`, or correct the path"
    if done == "saved":
        why += "; what was there before is unchanged"
    return DatasetError(f"'{dataset.location}' cannot be {done}", why=why, hint=hint)


def _hint(dataset: FileDataset, done: str, error: Exception) -> str | None:
    given = dataset.save_args if done == "saved" else dataset.load_args
    if isinstance(error, TypeError) and "unexpected keyword argument" in str(error) and given:
        return f"look at {'save' if done == 'saved' else 'load'}_args: they are passed on as they are"
    if done == "saved":
        return None
    if isinstance(error, UnicodeDecodeError) or "invalid utf-8" in str(error):
        return "say which encoding it has, as in `load_args: {encoding: latin-1}`"
    if _is_empty(dataset):
        return "the file is empty: make or fetch it again"
    if given:
        return "look at load_args, and whether the file is complete"
    return f"see whether the file is complete, and really {dataset.format.name}"


def _told(error: Exception) -> str:
    """Return what an error says, without secrets and without where an object lies in memory."""
    return redact(re.sub(r" ?<[\w.]+ object at 0x[0-9a-f]+>", "", str(error)))


def _is_empty(dataset: FileDataset) -> bool:
    try:
        place = dataset.local_place()
        return place is not None and place.is_file() and place.stat().st_size == 0
    except (OSError, PlaitError):
        return False
