"""Data that lives in memory: the dataset for it, a cache in front of another, and Kedro's copy modes."""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping
from typing import Any, Literal

from plait.catalog.preview import Preview
from plait.catalog.protocols import Dataset, Exists, FrameName, LoadsFrames, Located, Previewable, Releases
from plait.errors import DatasetError, did_you_mean

__all__ = ["COPY_MODES", "CachedDataset", "CopyMode", "MemoryDataset", "copied"]

CopyMode = Literal["deepcopy", "copy", "assign"]
COPY_MODES: tuple[CopyMode, ...] = ("deepcopy", "copy", "assign")

_IMMUTABLE = frozenset({type(None), bool, int, float, complex, str, bytes, range, type})
_IMMUTABLE_LIBRARIES = frozenset({"pyarrow", "ibis", "duckdb", "pyspark", "snowflake"})


class _Nothing:
    """Stands for data that was never saved; there is one, in every process and after every pickling."""

    _only: _Nothing | None = None

    def __new__(cls) -> _Nothing:
        cls._only = cls._only or super().__new__(cls)
        return cls._only

    def __reduce__(self) -> str:
        return "_NOTHING"

    def __repr__(self) -> str:
        return "<nothing>"


_NOTHING = _Nothing()


class MemoryDataset:
    """Holds a Python object in memory.

    Args:
        data: what it holds from the start; None counts as data.
        copy_mode: ``deepcopy``, ``copy`` or ``assign``; by default what the type of the data needs for
            consumers not to see each other's changes.
        metadata: anything; kept for others to read.
    """

    def __init__(
        self,
        data: Any = _NOTHING,
        copy_mode: CopyMode | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        _check_mode(copy_mode)
        self.copy_mode = copy_mode
        self.metadata = metadata
        self._data = _NOTHING if data is _NOTHING else copied(data, copy_mode)

    def load(self) -> Any:
        """Return a copy of the data. Raises DatasetError before the first save."""
        data = self._data
        if data is _NOTHING:
            raise DatasetError("data for MemoryDataset has not been saved yet")
        return copied(data, self.copy_mode)

    def save(self, data: Any) -> None:
        """Keep a copy of ``data``."""
        if data is None:
            raise DatasetError(
                "saving None is not allowed", why="a later load could not tell it from nothing"
            )
        self._data = copied(data, self.copy_mode)

    def exists(self) -> bool:
        return self._data is not _NOTHING

    def release(self) -> None:
        """Let go of the data, also of what the constructor was given."""
        self._data = _NOTHING

    def __repr__(self) -> str:
        held = "" if self._data is _NOTHING else f"data=<{type(self._data).__name__}>"
        return f"MemoryDataset({held})"


class CachedDataset:
    """Keeps in memory what another dataset loaded or saved, so that it is read at most once.

    Args:
        dataset: the dataset behind it, or what an entry of the catalog says of one.
    """

    def __init__(
        self,
        dataset: Dataset,
        copy_mode: CopyMode | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.dataset = dataset
        self.metadata = metadata
        self._cache = MemoryDataset(copy_mode=copy_mode)
        self._lock = threading.Lock()

    def load(self) -> Any:
        with self._lock:
            if not self._cache.exists():
                data = self.dataset.load()
                if data is None:
                    return None
                self._cache.save(data)
            return self._cache.load()

    def load_as(self, frame: FrameName) -> Any:
        from plait.catalog import frames

        if frame == "path" and isinstance(self.dataset, LoadsFrames):
            return self.dataset.load_as(frame)
        return frames.convert(self.load(), frame)

    def save(self, data: Any) -> None:
        with self._lock:
            self.dataset.save(data)
            self._cache.save(data)

    def exists(self) -> bool:
        return self._cache.exists() or (isinstance(self.dataset, Exists) and self.dataset.exists())

    def release(self) -> None:
        with self._lock:
            self._cache.release()
            if isinstance(self.dataset, Releases):
                self.dataset.release()

    @property
    def has_preview(self) -> bool:
        return isinstance(self.dataset, Previewable) and bool(getattr(self.dataset, "has_preview", True))

    def preview(self, limit: int = 20) -> Preview:
        if isinstance(self.dataset, Previewable):
            return self.dataset.preview(limit)
        raise DatasetError(f"{self.dataset!r} has no preview")

    @property
    def location(self) -> str:
        return self.dataset.location if isinstance(self.dataset, Located) else ""

    def __repr__(self) -> str:
        return f"CachedDataset({self.dataset!r})"

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_lock"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()


def copied(data: Any, mode: CopyMode | None = None) -> Any:
    """Return ``data`` so that changing the one does not change the other, as cheaply as its type allows.

    Values that cannot change, and tables of Arrow, Ibis, DuckDB and Spark, are passed on as they are; a
    Polars frame is cloned and a pandas object copied lazily where it copies on write (pandas ≥ 3), both
    without copying the data; a NumPy array is copied; everything else is copied deeply, as in Kedro.
    ``mode`` says otherwise.

    Raises:
        DatasetError: the data cannot be copied deeply.
    """
    if type(data) in _IMMUTABLE or mode == "assign":
        return data
    library = type(data).__module__.partition(".")[0]
    if library == "pandas" and mode in (None, "copy"):
        return _pandas_copied(data)
    if library == "polars" and mode in (None, "copy"):
        return data.clone() if hasattr(data, "clone") else data
    if mode == "copy" or (mode is None and _is_array(data, library)):
        return data.copy()
    if mode is None and (library in _IMMUTABLE_LIBRARIES or type(data).__name__ == "DataFrame"):
        return data
    return _deeply(data)


def _pandas_copied(data: Any) -> Any:
    import pandas as pd

    if not isinstance(data, pd.DataFrame | pd.Series):
        return _deeply(data)
    copies_on_write = int(pd.__version__.partition(".")[0]) >= 3
    return data.copy(deep=not copies_on_write)


def _is_array(data: Any, library: str) -> bool:
    return library == "numpy" and type(data).__name__ in ("ndarray", "memmap", "MaskedArray")


def _deeply(data: Any) -> Any:
    try:
        return copy.deepcopy(data)
    except Exception as error:
        raise DatasetError(
            f"a {type(data).__name__} in memory cannot be copied",
            why=f"{type(error).__name__}: {error}",
            hint="let its consumers share it: an entry with `type: memory` and `copy_mode: assign`",
        ) from error


def _check_mode(mode: str | None) -> None:
    if mode is not None and mode not in COPY_MODES:
        raise DatasetError(
            f"copy_mode '{mode}' is unknown",
            why="known are deepcopy, copy and assign",
            hint=did_you_mean(mode, COPY_MODES),
        )
