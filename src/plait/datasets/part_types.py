"""What the parts of a partitioned dataset are: files in a format, or objects of some dataset class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from plait.catalog import FileDataset, Format, registry
from plait.catalog.entries import FILE_KEYS
from plait.catalog.protocols import Dataset, FrameName, LoadsFrames
from plait.errors import CatalogError, PlaitError, did_you_mean

__all__ = ["FileParts", "ObjectParts", "PartType", "loaded", "part_type"]

_PLACE = ("path", "filepath")


class PartType(Protocol):
    """Makes the dataset of one part, and says how its files usually end."""

    @property
    def suffix(self) -> str: ...

    @property
    def name(self) -> str: ...

    def make(self, path: str) -> Dataset: ...

    def to_config(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class FileParts:
    """Parts that are files in one format."""

    format: Format
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.format.name

    @property
    def suffix(self) -> str:
        """The first suffix of the format's type, or nothing for a format of one's own."""
        from plait.datasets.table import SUFFIXES

        name = _GENERIC.get(self.format.name, self.format.name)
        return next((suffix for suffix, kind in SUFFIXES.items() if kind == name), "")

    def make(self, path: str) -> FileDataset:
        return FileDataset(path, self.format, **self.arguments)

    def to_config(self) -> dict[str, Any]:
        return self.make("part").to_config()


@dataclass(frozen=True, slots=True)
class ObjectParts:
    """Parts that a dataset class of Kedro's or of one's own reads and writes."""

    target: Callable[..., Any]
    arguments: Mapping[str, Any]
    path_argument: str = "filepath"

    @property
    def name(self) -> str:
        return getattr(self.target, "__qualname__", repr(self.target))

    @property
    def suffix(self) -> str:
        return ""

    def to_config(self) -> dict[str, Any]:
        kept = {key: value for key, value in self.arguments.items() if key != "credentials"}
        return {"type": f"{self.target.__module__}.{self.name}", **kept}

    def make(self, path: str) -> Dataset:
        try:
            made = self.target(**{**self.arguments, self.path_argument: path})
        except PlaitError:
            raise
        except TypeError as error:
            raise CatalogError(
                f"{self.name} refused its arguments",
                why=str(error),
                hint=f"'{self.path_argument}' is given the path of the part; `filepath_arg` names another",
            ) from error
        if isinstance(made, Dataset):
            return made
        raise CatalogError(
            f"{self.name} is no dataset", why="a dataset is an object with `load()` and `save(data)`"
        )


# The formats that one of pandas' or Polars' functions names have no suffix of their own.
_GENERIC: Mapping[str, str] = {"plotly.JSONDataset": "json", "plotly.HTMLDataset": "html"}


def part_type(wanted: Any, path: str, shared: Mapping[str, Any], path_argument: str = "filepath") -> PartType:
    """Return what the parts are.

    Args:
        wanted: a type name, a format, a class, a mapping with ``type`` and further arguments, or None for
            what the suffix of ``path`` says.
        path: the pattern of the files, or nothing.
        shared: arguments that the partitioned dataset gives to all parts; those of the mapping go first.
        path_argument: the argument of a class that is given the path.
    """
    given = dict(wanted) if isinstance(wanted, Mapping) else {"type": wanted}
    kind = given.pop("type", None) or registry.type_of_path(path)
    if kind is None:
        raise CatalogError(
            "nothing says which format the parts have",
            hint="add `dataset: parquet`, or a suffix to the pattern, as in `pattern: '*.parquet'`",
        )
    for key in ("versioned", *_PLACE):
        if given.pop(key, None):
            raise CatalogError(
                f"a part takes no '{key}'", hint="the partitioned dataset says where parts lie"
            )
    frame = None
    if isinstance(kind, str):
        row = registry.dataset_type(kind)
        kind, frame = registry.import_target(row), row.frame
    if not isinstance(kind, Format):
        return _objects(kind, given, shared, path_argument)
    return _files(kind, {"frame": frame, **_present(shared), **given})


def _files(kind: Format, arguments: dict[str, Any]) -> FileParts:
    if kind.holds == "folder":
        raise CatalogError(f"{kind.name} is a folder, and parts are files")
    known = {*FILE_KEYS, "frame", "root", "default_frame"}
    options = {key: arguments.pop(key) for key in list(arguments) if key not in known}
    for key in options:
        if key not in kind.options:
            hint = did_you_mean(key, {*known, *kind.options})
            raise CatalogError(f"{kind.name} takes no '{key}'", hint=hint)
    kind.choose_frame(arguments.get("frame"), arguments.get("default_frame", "pandas"))
    return FileParts(kind, {**arguments, "options": options})


def _objects(
    kind: Any, given: Mapping[str, Any], shared: Mapping[str, Any], path_argument: str
) -> ObjectParts:
    if not callable(kind):
        raise CatalogError(f"{kind!r} is no dataset class")
    passed = {key: value for key, value in _present(shared).items() if key not in ("root", "default_frame")}
    return ObjectParts(kind, {**passed, **given}, path_argument)


def _present(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if value is not None and value != {}}


def loaded(dataset: Dataset, frame: FrameName | None) -> Any:
    """Return the data of a part in the frame that is asked for."""
    if frame is None:
        return dataset.load()
    if isinstance(dataset, LoadsFrames):
        return dataset.load_as(frame)
    from plait.catalog import frames

    return frames.convert(dataset.load(), frame)
