"""Type names to what they stand for: one table, read at first use, with an install hint for each library.

The rows of Plait's own formats are in ``plait.datasets.table``: ``TYPES`` (name → :class:`DatasetType`),
``SUFFIXES`` (``".csv"`` → ``"csv"``, lower case, the longest wins: ``".csv.gz"`` before ``".gz"``) and
``REQUIREMENTS`` (importable module → what to ``pip install``). It is imported by name, because the catalog
lies below the formats, and it imports no data library.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plait.errors import CatalogError, MissingLibraryError, did_you_mean

__all__ = [
    "DatasetType",
    "dataset_type",
    "import_target",
    "is_file_type",
    "is_memory_type",
    "known_suffixes",
    "known_types",
    "missing_library",
    "missing_module",
    "requirement",
    "tracked_type",
    "type_of_path",
]

_TABLE = "plait.datasets.table"
_KEDRO = "kedro_datasets"
# Groups of Kedro's datasets that are called like the library they use, which has no datasets itself.
_CALLED_LIKE_LIBRARIES = frozenset(
    {"dask", "geopandas", "ibis", "langchain", "networkx", "redis", "snowflake", "tensorflow"}
)
_FIGURES = frozenset({"MATPLOTLIB", "PLOTLY", "PLOTLY_JSON", "PLOTLY_HTML", "IMAGE", "HTML", "MARKDOWN"})
_FRAME_MODULES: Mapping[str, str] = {
    "pandas": "pandas",
    "polars": "polars",
    "polars-lazy": "polars",
    "arrow": "pyarrow",
}


@dataclass(frozen=True, slots=True)
class DatasetType:
    """What a type name stands for.

    Attributes:
        target: ``"package.module:NAME"`` of a :class:`~plait.catalog.formats.Format`, or of a class or
            function that is called with the entry's own keys as keywords and returns a dataset.
        frame: the frame that the name fixes (``pandas`` for ``pandas.CSVDataset``), or None.
        needs: importable modules it needs besides those of its frame, as ``python_calamine``.
        located: an entry of this type must say where its data lies (``path`` or ``filepath``).
        refers: its entries hold SQL, which may refer to other datasets.
        tracked: what an experiment tracker is told of each save: ``metric``, ``metrics``, ``artifact``,
            ``model``; the empty text where it is told nothing.
    """

    target: str
    frame: str | None = None
    needs: tuple[str, ...] = ()
    located: bool = True
    refers: bool = False
    tracked: str = ""


_MEMORY = DatasetType("plait.catalog.memory:MemoryDataset", located=False)
_CACHED = DatasetType("plait.catalog.memory:CachedDataset", located=False)
_OWN: Mapping[str, DatasetType] = {
    "memory": _MEMORY,
    "MemoryDataset": _MEMORY,
    "io.MemoryDataset": _MEMORY,
    "kedro.io.MemoryDataset": _MEMORY,
    "CachedDataset": _CACHED,
    "io.CachedDataset": _CACHED,
    "kedro.io.CachedDataset": _CACHED,
}


def dataset_type(name: str) -> DatasetType:
    """Return the row of a type name: Plait's own table, a class by its import path, or one of Kedro's.

    Nothing of the type is imported; a path is looked for as far as the finder can tell.

    Raises:
        CatalogError: there is no such type.
        MissingLibraryError: it is one that needs ``kedro-datasets``, which is not installed.
    """
    row = _OWN.get(name) or _table().TYPES.get(name)
    if row is not None:
        return row
    module, _, attribute = name.rpartition(".")
    if not module or not all(part.isidentifier() for part in name.split(".")):
        raise _unknown_type(name)
    in_kedros_manner = "." not in module and attribute.endswith("Dataset")
    if in_kedros_manner and attribute in _kedro_names(module):
        return DatasetType(f"{_KEDRO}.{module}:{attribute}", located=False)
    if _is_module(module) and module not in _groups():
        return DatasetType(f"{module}:{attribute}", located=False)
    if (in_kedros_manner or module.startswith(_KEDRO)) and not _is_module(_KEDRO):
        raise MissingLibraryError(
            f"type '{name}' is none of Plait's, and '{_KEDRO}', which may have it, is not installed",
            hint=did_you_mean(name, known_types()) or "pip install kedro-datasets",
        )
    raise _unknown_type(name)


def refers(name: object) -> bool:
    """Say whether entries of a type, as it is written, hold SQL that may refer to other datasets."""
    row = _table().TYPES.get(name) if isinstance(name, str) else None
    return row is not None and row.refers


def tracked_type(name: object) -> DatasetType | None:
    """Return the row of a type, as it is written, that an experiment tracker is told of; None for others."""
    row = _table().TYPES.get(name) if isinstance(name, str) else None
    return row if row is not None and row.tracked else None


def is_memory_type(name: str) -> bool:
    """Say whether a type keeps its data in memory only."""
    return _OWN.get(name) is _MEMORY


def is_file_type(name: str) -> bool:
    """Say whether a type is one of Plait's own formats of files."""
    row = _table().TYPES.get(name)
    return row is not None and is_file_format(row)


def is_figure(name: str) -> bool:
    """Say whether a type holds something to look at: a plot, an image, a report."""
    row = _table().TYPES.get(name)
    return row is not None and is_file_format(row) and row.target.partition(":")[2] in _FIGURES


def is_file_format(row: DatasetType) -> bool:
    """Say whether the row of a type is that of one of Plait's own formats of files."""
    return row.target.startswith("plait.datasets.formats:")


def type_of_path(path: str) -> str | None:
    """Return the type name that the suffix of a path or URL stands for, or None."""
    name = path.partition("?")[0].rpartition("/")[2].lower()
    table = _table().SUFFIXES
    start = name.find(".", 1)
    while start != -1:
        found = table.get(name[start:])
        if found is not None:
            return found  # type: ignore[no-any-return]
        start = name.find(".", start + 1)
    return None


def known_types() -> list[str]:
    """Return every type name of Plait's own."""
    return sorted({*_OWN, *_table().TYPES})


def known_suffixes() -> list[str]:
    """Return every suffix that says which format a file has."""
    return sorted(_table().SUFFIXES)


def import_target(row: DatasetType) -> Any:
    """Import what a row stands for.

    Raises:
        MissingLibraryError: a module it imports is not installed.
        CatalogError: the module has no such name.
    """
    module, _, name = row.target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise missing_library(error.name or module, f"type '{module}.{name}'") from error
    except AttributeError as error:
        known = [item for item in dir(importlib.import_module(module)) if not item.startswith("_")]
        raise CatalogError(f"'{module}' has no '{name}'", hint=did_you_mean(name, known)) from error


def missing_module(row: DatasetType, frame: str | None) -> str | None:
    """Return the first module that a type needs and that is not installed; imports nothing."""
    wanted = [*row.needs]
    if frame is not None and frame in _FRAME_MODULES:
        wanted.insert(0, _FRAME_MODULES[frame])
    wanted.append(row.target.partition(":")[0])
    return next((module for module in wanted if not _is_module(module)), None)


def missing_library(module: str, wanted_by: str) -> MissingLibraryError:
    """Return the error that names a missing module and the command that installs it."""
    return MissingLibraryError(
        f"{wanted_by} needs '{module}', which is not installed",
        hint=f"pip install {requirement(module)}",
    )


def requirement(module: str) -> str:
    """Return what to install for an importable module, quoted for a shell where it must be."""
    table = _table().REQUIREMENTS
    found = table.get(module) or table.get(module.partition(".")[0])
    name = found or module.partition(".")[0].replace("_", "-")
    return f"'{name}'" if "[" in name else name


def _kedro_names(group: str) -> frozenset[str]:
    # Its packages import their classes, and the libraries behind them, only when they are asked for one.
    if not _is_module(f"{_KEDRO}.{group}"):
        return frozenset()
    return frozenset(dir(importlib.import_module(f"{_KEDRO}.{group}")))


def _groups() -> frozenset[str]:
    own = frozenset(name.partition(".")[0] for name in _table().TYPES if "." in name)
    return own | _CALLED_LIKE_LIBRARIES


def _unknown_type(name: str) -> CatalogError:
    return CatalogError(
        f"type '{name}' is unknown",
        why="it is neither a type of Plait's nor the import path of a class",
        hint=did_you_mean(name, known_types()) or "`plait catalog schema` lists all types",
    )


def _table() -> Any:
    return sys.modules.get(_TABLE) or importlib.import_module(_TABLE)


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
