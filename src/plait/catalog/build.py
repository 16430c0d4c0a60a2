"""From what an entry says to the dataset it stands for: imports its type and calls it, at the first use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from plait.catalog import registry
from plait.catalog.connections import Connections
from plait.catalog.entries import COMMON_KEYS, FILE_KEYS, Entry, EntryError, parse_entry, type_of_parts
from plait.catalog.files import FileDataset
from plait.catalog.formats import Format
from plait.catalog.locations import is_url, redact
from plait.catalog.protocols import Dataset
from plait.catalog.stores import revealed
from plait.catalog.tracked import tracked_keys
from plait.catalog.versions import Version
from plait.errors import CatalogError, CredentialsError, PlaitError, did_you_mean

__all__ = ["Builder", "is_table"]

# The keys that Kedro, too, takes as paths below the project.
_PATHS = ("filepath", "path", "filename")


@dataclass(frozen=True, slots=True)
class Builder:
    """What the entries of one catalog share when they become datasets.

    Attributes:
        credentials: name → values; looked up when a dataset is built, never kept by the catalog's entries.
        root: the folder that relative paths start from, or None for the working directory.
        default_frame: the frame of a type that names none.
        connections: what is open, shared by the datasets that reach the same.
    """

    credentials: Mapping[str, Any]
    root: Path | None = None
    default_frame: str = "pandas"
    connections: Connections = field(default_factory=Connections)

    def build(
        self, entry: Entry, version: Version | None, datasets: Callable[[str], Dataset] | None = None
    ) -> Dataset:
        """Return the dataset of an entry.

        Args:
            datasets: gives the others, to those that refer to them.

        Raises:
            CatalogError: an argument is wrong, or the class is no dataset.
            CredentialsError: it names credentials that do not exist.
            MissingLibraryError: it needs a library that is not installed.
        """
        row = registry.dataset_type(entry.type)
        target = registry.import_target(row)
        if not entry.versioned:
            version = None
        if isinstance(target, Format):
            return self._file(entry, target, version)
        return self._object(entry, target, version, datasets)

    def check(self, entry: Entry) -> None:
        """Raise what :meth:`build` would, as far as it can be told without importing a data library.

        A table of Plait's own is made for it, which opens nothing.
        """
        row = registry.dataset_type(entry.type)
        if not row.target.startswith("plait."):
            return
        target = registry.import_target(row)
        if isinstance(target, Format):
            options = [key for key in entry.arguments if key not in FILE_KEYS]
            _refuse_unknown(options, target.options, _known_keys(row), f"type '{entry.type}'")
            target.choose_frame(entry.frame, self.default_frame)
        elif (takes := _parameters(target)) is not None:
            given = [key for key in entry.arguments if key not in (*_PATHS, "metadata")]
            _refuse_unknown(given, takes, [*takes, *COMMON_KEYS], f"type '{entry.type}'")
            paths = _PATHS if any(key in entry.arguments for key in _PATHS) else ()
            _demand_required({*entry.arguments, *paths}, takes, entry.type)
            if hasattr(target, "check_parts"):
                target.check_parts({**entry.arguments, **self._frames(entry, takes)})
            if is_table(entry):
                self.build(entry, None)

    def types_of(self, entry: Entry) -> list[tuple[str, str | None]]:
        """Return the types that an entry needs the libraries of, each with its frame: its own, its parts'."""
        found = [(entry.type, self.frame_of(entry))]
        if registry.dataset_type(entry.type).target.startswith("plait.") and "partitions" in entry.type:
            kind = type_of_parts(entry.arguments)
            if kind is not None:
                frame = entry.frame or registry.dataset_type(kind).frame
                found.append((kind, self.frame_of(replace(entry, type=kind, frame=frame))))
        return found

    def frame_of(self, entry: Entry) -> str | None:
        """Return the frame that an entry will be in, or None for one that is no table."""
        row = registry.dataset_type(entry.type)
        if not row.target.startswith("plait."):
            return entry.frame
        try:
            target = registry.import_target(row)
            return (
                target.choose_frame(entry.frame, self.default_frame) if isinstance(target, Format) else None
            )
        except CatalogError:
            return entry.frame

    def _frames(self, entry: Entry, takes: Container[str]) -> dict[str, Any]:
        if entry.frame is not None and "frame" not in takes:
            raise EntryError(f"type '{entry.type}' takes no 'frame'", key="frame")
        given = {"frame": entry.frame, "default_frame": self.default_frame}
        return {key: value for key, value in given.items() if key in takes}

    def _file(self, entry: Entry, format_: Format, version: Version | None) -> FileDataset:
        arguments = self._with_credentials(entry.arguments)
        options = {key: arguments.pop(key) for key in list(arguments) if key not in FILE_KEYS}
        known = _known_keys(registry.dataset_type(entry.type))
        _refuse_unknown(options, format_.options, known, f"type '{entry.type}'")
        return FileDataset(
            format=format_,
            frame=entry.frame,
            version=version,
            root=self.root,
            default_frame=self.default_frame,
            options=options,
            **arguments,
        )

    def _object(
        self,
        entry: Entry,
        target: Callable[..., Any],
        version: Version | None,
        datasets: Callable[[str], Dataset] | None,
    ) -> Dataset:
        if not callable(target):
            raise CatalogError(f"type '{entry.type}' is no class")
        arguments = self._with_credentials(entry.arguments)
        takes = _parameters(target)
        if "dataset" in arguments and registry.dataset_type(entry.type).target.endswith(":CachedDataset"):
            arguments["dataset"] = self._inner(entry, arguments["dataset"], version)
            version = None
        self._add_surroundings(entry, arguments, takes, version)
        if registry.dataset_type(entry.type).refers:
            arguments["datasets"] = datasets
        if takes is not None:
            _refuse_unknown(arguments, takes, [*takes, *COMMON_KEYS], f"type '{entry.type}'")
            _demand_required(arguments, takes, entry.type)
        return _called(entry, target, arguments)

    def _inner(self, entry: Entry, value: Any, version: Version | None) -> Dataset:
        if isinstance(value, Dataset):
            return value
        inner = parse_entry(entry.name, value, root=self.root, origin=entry.origin)
        versioned = version if version is not None or not inner.versioned else Version()
        return self.build(_as_versioned(inner, versioned is not None), versioned)

    def _add_surroundings(
        self,
        entry: Entry,
        arguments: dict[str, Any],
        takes: Mapping[str, inspect.Parameter] | None,
        version: Version | None,
    ) -> None:
        if takes is not None and "root" in takes:
            arguments.setdefault("root", self.root)
        elif self.root is not None:
            arguments.update(_absolute(arguments, self.root))
        if takes is not None:
            shared = {"connections": self.connections, "entry_name": entry.name}
            arguments.update({key: value for key, value in shared.items() if key in takes})
            if "default_frame" in takes:
                arguments.setdefault("default_frame", self.default_frame)
            _rename_path(arguments, takes)
            if "metadata" not in takes:
                arguments.pop("metadata", None)
        if entry.frame is not None:
            arguments["frame"] = entry.frame
        if version is not None:
            if takes is not None and "version" not in takes:
                raise EntryError(f"type '{entry.type}' cannot be versioned", key="versioned")
            arguments["version"] = version

    def _with_credentials(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._resolved(key, value) for key, value in arguments.items()}

    def _resolved(self, key: str, value: Any) -> Any:
        if key == "credentials" and isinstance(value, str):
            return revealed(self.credentials_named(value))
        if isinstance(value, Mapping):
            return {inner: self._resolved(inner, item) for inner, item in value.items()}
        return value

    def credentials_named(self, name: str) -> Any:
        """Return the credentials of a name. Raises CredentialsError with close matches."""
        try:
            return self.credentials[name]
        except CredentialsError:
            raise
        except KeyError:
            raise CredentialsError(
                f"credentials '{name}' do not exist",
                hint=did_you_mean(name, self.credentials)
                or f"add `{name}:` to credentials.yml in conf/local",
            ) from None


def is_table(entry: Entry) -> bool:
    """Whether an entry is a table, or the like, of Plait's own: making it opens nothing."""
    row = registry.dataset_type(entry.type)
    return row.target.startswith("plait.datasets.") and not row.located and not row.refers


def _known_keys(row: registry.DatasetType) -> list[str]:
    return [*FILE_KEYS, *COMMON_KEYS, *tracked_keys(row.tracked)]


def _as_versioned(entry: Entry, versioned: bool) -> Entry:
    return replace(entry, versioned=versioned)


def _parameters(target: Callable[..., Any]) -> Mapping[str, inspect.Parameter] | None:
    """Return the keywords a class takes, or None when it takes any or does not say."""
    try:
        found = inspect.signature(target).parameters
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in found.values()):
        return None
    return found


def _absolute(arguments: Mapping[str, Any], root: Path) -> dict[str, Any]:
    found = {key: arguments[key] for key in _PATHS if isinstance(arguments.get(key), str)}
    return {key: str(root / path) for key, path in found.items() if not is_url(path)}


def _rename_path(arguments: dict[str, Any], takes: Mapping[str, Any]) -> None:
    for given, known in (("path", "filepath"), ("filepath", "path")):
        if given in arguments and given not in takes and known in takes:
            arguments[known] = arguments.pop(given)


def _refuse_unknown(given: Iterable[str], taken: Iterable[str], known: Iterable[str], who: str) -> None:
    taken = list(taken)
    for key in given:
        if key not in taken:
            hint = did_you_mean(str(key), {*known, *taken})
            raise EntryError(f"{who} takes no '{key}'", hint=hint, key=str(key))


def _demand_required(given: Container[str], takes: Mapping[str, inspect.Parameter], name: str) -> None:
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    for key, parameter in takes.items():
        if parameter.default is parameter.empty and parameter.kind not in optional and key not in given:
            raise CatalogError(f"type '{name}' needs '{key}'", hint=f"add `{key}: …`")


def _called(entry: Entry, target: Callable[..., Any], arguments: Mapping[str, Any]) -> Dataset:
    try:
        dataset = target(**arguments)
    except PlaitError:
        raise
    except ImportError as error:
        raise registry.missing_library(error.name or str(error), f"type '{entry.type}'") from error
    except Exception as error:
        raise CatalogError(
            f"type '{entry.type}' refused its arguments",
            why=f"{type(error).__name__}: {redact(str(error))}",
        ) from error
    if isinstance(dataset, Dataset):
        return dataset
    raise CatalogError(
        f"type '{entry.type}' is no dataset",
        why="a dataset is an object with `load()` and `save(data)`",
    )
