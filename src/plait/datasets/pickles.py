"""Any Python object, by ``pickle``, ``joblib`` or another module with ``load`` and ``dump``."""

from __future__ import annotations

import importlib
import pickle
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from plait.catalog.registry import missing_library
from plait.datasets.refusals import kind_of
from plait.datasets.sources import Source, opened
from plait.errors import CatalogError, DatasetError


def read(source: Source, backend: str = "pickle", **load_args: Any) -> Any:
    module = _backend(backend)
    with _explained(source, backend):
        if backend == "joblib" and isinstance(source, Path):
            return module.load(source, **load_args)  # by path it can map arrays: `mmap_mode`
        with opened(source) as file:
            return module.load(file, **load_args)


def write(data: Any, target: Path, backend: str = "pickle", **save_args: Any) -> None:
    module = _backend(backend)
    if backend == "pickle":
        save_args.setdefault("protocol", 5)
    try:
        with target.open("wb") as file:
            module.dump(data, file, **save_args)
    except (TypeError, AttributeError, module.__dict__.get("PicklingError", TypeError)) as error:
        raise DatasetError(
            f"an object of type {kind_of(data)} cannot be pickled",
            why=str(error),
            hint="functions and classes must be importable: define them at the top of a module",
        ) from error


def read_joblib(source: Source, **load_args: Any) -> Any:
    return read(source, **{"backend": "joblib", **load_args})


def write_joblib(data: Any, target: Path, **save_args: Any) -> None:
    write(data, target, **{"backend": "joblib", **save_args})


@contextmanager
def _explained(source: Source, backend: str) -> Iterator[None]:
    """Say what is wrong with a pickle; the errors of an unpickler are those of any code."""
    name = source.name if isinstance(source, Path) else "the file"
    try:
        yield
    except (ImportError, AttributeError) as error:
        raise DatasetError(
            f"'{name}' holds an object whose code cannot be found",
            why=str(error),
            hint="it was saved by other versions of your code or of a library; save it again",
        ) from error
    except (pickle.UnpicklingError, EOFError, IndexError, KeyError, ValueError, struct.error) as error:
        raise DatasetError(
            f"'{name}' cannot be loaded by {backend}: it is damaged, cut short or no pickle",
            why=f"{type(error).__name__}: {error}",
            hint="make it again: run the node that saves it, or fetch it once more",
        ) from error


def _backend(name: str) -> ModuleType:
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise missing_library(error.name or name, f"the pickle backend `{name}`") from error
    if not (hasattr(module, "load") and hasattr(module, "dump")):
        raise CatalogError(
            f"`backend: {name}` has no `load` and `dump`",
            hint="backends are modules such as pickle, joblib, dill or cloudpickle",
        )
    return module
