"""The data a node call sees: one place to load from and save to, whatever holds it."""

from __future__ import annotations

from typing import Any, Protocol

from plait.catalog import DataCatalog, frames
from plait.catalog.memory import copied
from plait.catalog.protocols import Appends, FrameName, LoadsFrames, SavesInContext
from plait.engine.plan import Load, Save, Taken
from plait.errors import DatasetError
from plait.values import SaveContext

__all__ = ["Memory", "RunData"]


class Memory(Protocol):
    """Holds what nodes hand to each other without a store."""

    def get(self, name: str) -> Any:
        """Return a value that the caller may change."""

    def put(self, name: str, value: Any) -> None:
        """Keep a value."""


class RunData:
    """Parameters, memory and stores of one run, behind one way to load and to save."""

    def __init__(self, catalog: DataCatalog, memory: Memory) -> None:
        self.catalog = catalog
        self.memory = memory

    def load(self, load: Load) -> Any:
        """Return the value of one argument, in the frame its consumer asks for."""
        if load.place == "memory":
            value = self.memory.get(load.name)
            return value if load.frame is None else _framed(value, load)
        if load.place == "parameter":
            return copied(load.value)
        return self._stored(load)

    def store(self, save: Save, value: Any, context: SaveContext) -> None:
        """Put one output into its store."""
        dataset: Any = self.catalog.dataset(save.name)
        with self.catalog.errors_named(save.name, "save"):
            if save.key is not None:
                dataset.save_part(save.key, value)
            elif save.commit is not None:
                add = dataset.replace_with_progress if save.commit.replace else dataset.append_with_progress
                add([value], save.commit.progress)
            elif isinstance(dataset, SavesInContext):
                dataset.save_in(value, context)
            else:
                dataset.save(value)

    def append(self, save: Save, chunk: Any) -> None:
        """Add one chunk of a stream to a store."""
        dataset = self.catalog.dataset(save.name)
        if not isinstance(dataset, Appends):
            raise DatasetError(f"'{save.name}' cannot be appended to")
        with self.catalog.errors_named(save.name, "save"):
            dataset.append(chunk)

    def _stored(self, load: Load) -> Any:
        dataset: Any = self.catalog.dataset(load.name)
        with self.catalog.errors_named(load.name, "load"):
            if load.key is not None:
                return dataset.load_part(load.key, load.frame)
            if load.taken is not None:
                return _taken(dataset, load, load.taken)
            if load.frame is None:
                return dataset.load()
            if isinstance(dataset, LoadsFrames):
                return dataset.load_as(load.frame)
            return frames.convert(dataset.load(), load.frame)


def _taken(dataset: Any, load: Load, taken: Taken) -> Any:
    if taken.column is not None:
        return dataset.load_beyond(taken.column, taken.mark, load.frame)
    return dataset.load_parts(taken.keys, load.frame)


def _framed(value: Any, load: Load) -> Any:
    frame: FrameName | None = load.frame
    return value if frame is None or frame == "path" else frames.convert(value, frame)
