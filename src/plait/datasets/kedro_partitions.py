"""Partitioned datasets under Kedro's names and with Kedro's contract."""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from plait.catalog import FileDataset
from plait.datasets.partitions import PartitionedDataset as Partitioned
from plait.errors import CatalogError, DatasetError

__all__ = ["IncrementalDataset", "PartitionedDataset"]


class _KedroPartitions(Partitioned):
    """Every file below ``path`` that ends with ``filename_suffix``, whatever the format usually ends with."""

    _deepest: int | None = None

    def _named(self, names: Iterable[str]) -> dict[str, str]:
        found = super()._named(names)
        deepest = self._deepest
        return {key: name for key, name in found.items() if deepest is None or name.count("/") < deepest}


class PartitionedDataset(_KedroPartitions):
    """Loads key → function that loads the part; saves key → value, or function that makes the value.

    Args:
        overwrite: remove the parts that are not saved again, once all others are saved.
        save_lazily: call what can be called and save what it returns, as Kedro does also with a model that
            can be called. Set it to false for such, or use ``type: partitions``, which calls nothing.
    """

    def __init__(
        self,
        path: str | None = None,
        dataset: Any = None,
        *,
        filepath: str | None = None,
        filepath_arg: str = "filepath",
        filename_suffix: str = "",
        credentials: object = None,
        load_args: Mapping[str, Any] | None = None,
        fs_args: Mapping[str, Any] | None = None,
        overwrite: bool = False,
        save_lazily: bool = True,
        metadata: object = None,
        root: Any = None,
        default_frame: str = "pandas",
    ) -> None:
        super().__init__(
            path,
            dataset,
            filepath=filepath,
            suffix=filename_suffix,
            fs_args=fs_args,
            credentials=credentials,
            metadata=metadata,
            filepath_arg=filepath_arg,
            root=root,
            default_frame=default_frame,
        )
        self._deepest = (load_args or {}).get("maxdepth")  # of fsspec's `find`, not of the parts
        self._overwrite = overwrite
        self._save_lazily = save_lazily

    def load(self) -> dict[str, Callable[[], Any]]:
        """Return key → function that loads the part.

        Raises:
            DatasetError: there are none.
        """
        found = {key: _Loader(self, key) for key in self.keys()}
        if not found:
            raise DatasetError(f"No partitions found in '{self.location}'")
        return found  # type: ignore[return-value]

    def save(self, data: Any) -> None:
        """Save the parts one by one; when one fails the others are saved all the same."""
        super().save(data)
        if self._overwrite:
            self.retire(set(self.keys()) - set(data))

    def save_part(self, key: str, data: Any) -> None:
        """Save one part, made now if it is a function."""
        super().save_part(key, data() if self._save_lazily and callable(data) else data)


class IncrementalDataset(_KedroPartitions):
    """Loads only the parts whose key comes after that of the checkpoint, which ``confirm()`` moves on.

    Args:
        checkpoint: the key to load after, or ``{force_checkpoint, comparison_func, filepath}``.
    """

    def __init__(
        self,
        path: str | None = None,
        dataset: Any = None,
        *,
        filepath: str | None = None,
        checkpoint: str | Mapping[str, Any] | None = None,
        filepath_arg: str = "filepath",
        filename_suffix: str = "",
        credentials: object = None,
        load_args: Mapping[str, Any] | None = None,
        fs_args: Mapping[str, Any] | None = None,
        metadata: object = None,
        root: Any = None,
        default_frame: str = "pandas",
    ) -> None:
        super().__init__(
            path,
            dataset,
            filepath=filepath,
            suffix=filename_suffix,
            fs_args=fs_args,
            credentials=credentials,
            metadata=metadata,
            filepath_arg=filepath_arg,
            root=root,
            default_frame=default_frame,
        )
        self._deepest = (load_args or {}).get("maxdepth")  # of fsspec's `find`, not of the parts
        given = {"force_checkpoint": checkpoint} if isinstance(checkpoint, str) else dict(checkpoint or {})
        self._forced: str | None = given.pop("force_checkpoint", None)
        self._follows = _function(given.pop("comparison_func", operator.gt))
        place = given.pop("filepath", None) or f"{self.path}/CHECKPOINT"
        self._checkpoint = _text_file(place, self.path, given, self._credentials, self.root)

    def load(self) -> dict[str, Any]:
        """Return key → data of the parts after the checkpoint; empty when there are none."""
        return {key: self.load_part(key) for key in self.keys()}

    def confirm(self) -> None:
        """Move the checkpoint to the last part."""
        keys = self.keys()
        if keys:
            self._checkpoint.save(keys[-1])

    def _named(self, names: Iterable[str]) -> dict[str, str]:
        found = super()._named(names)
        found.pop(self._checkpoint.path.removeprefix(f"{self.path}/"), None)
        mark = self._mark()
        return {key: name for key, name in found.items() if mark is None or self._follows(key, mark)}

    def _mark(self) -> str | None:
        if self._forced is not None:
            return self._forced
        return self._checkpoint.load() if self._checkpoint.exists() else None


class _Loader:
    """A call that loads one part; unlike a lambda it can be sent to another process."""

    def __init__(self, dataset: PartitionedDataset, key: str) -> None:
        self._dataset = dataset
        self._key = key

    def __call__(self) -> Any:
        return self._dataset.load_part(self._key)


def _function(given: Any) -> Callable[[Any, Any], bool]:
    if not isinstance(given, str):
        return given  # type: ignore[no-any-return]
    module, _, name = given.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]
    except (ImportError, AttributeError, ValueError) as error:
        raise CatalogError(f"comparison_func '{given}' cannot be imported", why=str(error)) from error


def _text_file(
    place: str, folder: str, given: dict[str, Any], credentials: object, root: Path | None
) -> FileDataset:
    kind = given.pop("type", "text")
    if given.keys() & {"versioned", "version"}:
        raise CatalogError("a checkpoint cannot be versioned")
    if "://" not in place and not place.startswith((folder, "/")):
        place = f"{folder}/{place}"
    return FileDataset(place, kind, root=root, **{"credentials": credentials, **given})
