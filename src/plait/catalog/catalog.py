"""The catalog: a mapping from names to datasets that makes each of them when it is first needed."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeGuard

from plait.catalog import registry
from plait.catalog.build import Builder
from plait.catalog.connections import Connections
from plait.catalog.entries import Entry, parse_entry
from plait.catalog.export import entry_config, instance_config
from plait.catalog.failures import ErrorsNamed
from plait.catalog.locations import local_text
from plait.catalog.memory import CopyMode, MemoryDataset
from plait.catalog.patterns import Pattern, is_pattern, rank
from plait.catalog.protocols import Confirms, Dataset, Exists, FrameName, LoadsFrames, Refers, Releases
from plait.catalog.references import Query, read_query, text_of
from plait.catalog.versions import Version, generate_timestamp, safe_version
from plait.errors import CatalogError, DatasetError, DatasetNotFoundError, did_you_mean
from plait.values import Origin

__all__ = ["DataCatalog", "Origins"]

Origins = Callable[[Sequence[str]], Origin | None]


class DataCatalog:
    """Names and the data behind them.

    Looking something up changes nothing that can be seen: ``keys()`` and ``len()`` are the names that were
    given, whatever was loaded since; a name that a factory stands for is ``in`` the catalog, and can be
    loaded, without being listed.

    Args:
        datasets: name → dataset (anything with ``load`` and ``save``), or raw data, held in memory.
        load_versions: name → the version to load, for versioned datasets.
        save_version: the version that this catalog saves; by default the time of its creation.
    """

    def __init__(
        self,
        datasets: Mapping[str, Any] | None = None,
        *,
        load_versions: Mapping[str, str] | None = None,
        save_version: str | None = None,
    ) -> None:
        self._given: dict[str, Dataset] = {}
        self._config: dict[str, Any] = {}
        self._factories: dict[str, Any] = {}
        self._builder = Builder({})
        self._origins: Origins | None = None
        self._entries: dict[str, Entry | None] = {}
        self._ranked: list[Pattern] | None = None
        self._instances: dict[str, Dataset] = {}
        self._versioned: dict[str, Dataset] = {}
        self._lock = threading.RLock()
        self._set_versions(load_versions, save_version)
        for name, value in (datasets or {}).items():
            self[name] = value

    @classmethod
    def from_config(
        cls,
        catalog: Mapping[str, Any] | None,
        credentials: Mapping[str, Any] | None = None,
        load_versions: Mapping[str, str] | None = None,
        save_version: str | None = None,
        *,
        root: str | Path | None = None,
        origins: Origins | None = None,
        default_frame: str = "pandas",
    ) -> DataCatalog:
        """Return the catalog that a configuration describes; no entry is looked at before it is needed.

        Args:
            catalog: name → path, ``memory``, or the long form; names with ``{…}`` are factories, those
                that begin with an underscore are left out.
            credentials: name → values, that entries refer to by name.
            root: the folder that relative paths start from.
            origins: tells the file and line of an entry or, given (name, key), of one of its keys.
            default_frame: the frame of types that name none.

        Raises:
            DatasetNotFoundError: ``load_versions`` names something that is not in the catalog.
        """
        made = cls()
        for name, value in (catalog or {}).items():
            if not isinstance(name, str):
                raise CatalogError(
                    f"an entry is called {name!r}, which YAML does not read as text",
                    hint=f"put the name in quotes: '{name}'",
                )
            if name.startswith("_"):
                continue
            (made._factories if is_pattern(name) else made._config)[name] = value
        made._builder = Builder(credentials or {}, None if root is None else Path(root), default_frame)
        made._origins = origins
        made._set_versions(load_versions, save_version)
        made._check_load_versions()
        return made

    @classmethod
    def from_mapping(
        cls,
        entries: Mapping[str, Any],
        *,
        root: str | Path | None = None,
        default_frame: str = "pandas",
    ) -> DataCatalog:
        """Return the catalog that a dictionary written in Python describes.

        Text is a path (or ``memory``) and a mapping with a ``type`` or a path is an entry, as in a
        configuration file; a dataset is itself; everything else is raw data, held in memory.
        """
        config = {name: value for name, value in entries.items() if _is_entry(value)}
        made = cls.from_config(config, root=root, default_frame=default_frame)
        for name, value in entries.items():
            if name not in config:
                made[name] = value
        return made

    def for_run(
        self, save_version: str | None = None, load_versions: Mapping[str, str] | None = None
    ) -> DataCatalog:
        """Return a view for one run: the same data, other versions. Costs nothing per entry."""
        view = DataCatalog.__new__(type(self))
        view.__dict__.update(self.__dict__)
        view._versioned = {}
        view._set_versions({**self.load_versions, **(load_versions or {})}, save_version)
        if load_versions:
            view._check_load_versions()
        return view

    def with_load_versions(self, load_versions: Mapping[str, str]) -> DataCatalog:
        """Return a view that loads other versions and saves the same."""
        return self.for_run(self.save_version, load_versions)

    def apart(self, objects: Iterable[str] | None = None) -> DataCatalog:
        """Return a view that shares no dataset made from the configuration, for another process.

        Of the datasets that were given as objects it has only those named, if names are given.
        """
        view = self.for_run(self.save_version)
        names = self._given if objects is None else [name for name in objects if name in self._given]
        view._given = {name: self._given[name] for name in names}
        view._instances, view._entries, view._ranked = {}, {}, None
        view._builder = replace(self._builder, connections=Connections())
        view._lock = threading.RLock()
        return view

    @property
    def connections(self) -> Connections:
        """The live connections of its datasets; views share them."""
        return self._builder.connections

    # --- What is in it

    def entry(self, name: str) -> Entry | None:
        """Return what the configuration says of a name, also through a factory; imports nothing.

        None for a name it says nothing of, and for a dataset that was given as an object.

        Raises:
            CatalogError: what it says is wrong.
        """
        if name in self._given:
            return None
        try:
            return self._entries[name]
        except KeyError:
            if name not in self._config and self._match(name) is None:
                self._entries[name] = None
                return None
        with self.errors_named(name):
            found = self._entries[name] = self._read_entry(name)
        return found

    def plain_file(self, name: str) -> str | None:
        """Return where the file of a name lies, where that is told without making its dataset.

        That is so of a local file whose entry says nothing but its path and type; None for all else.
        """
        entry = self.entry(name)
        path = entry.plain_path if entry is not None else None
        return None if path is None else local_text(path, self._builder.root)

    def is_memory(self, name: str) -> bool:
        """Say whether a name is kept in memory: it is not in the catalog, or the catalog says so."""
        given = self._given.get(name)
        if given is not None:
            return isinstance(given, MemoryDataset)
        entry = self.entry(name)
        return entry is None or entry.is_memory

    def copy_mode(self, name: str) -> CopyMode | None:
        """Return the copy mode that is asked for a name in memory, or None."""
        given = self._given.get(name)
        if given is not None:
            return given.copy_mode if isinstance(given, MemoryDataset) else None
        entry = self.entry(name)
        if entry is None or "copy_mode" not in entry.arguments:
            return None
        dataset = self.dataset(name)
        return dataset.copy_mode if isinstance(dataset, MemoryDataset) else None

    def list_patterns(self) -> list[str]:
        """Return the factories, in the order they are tried."""
        return [pattern.text for pattern in self._patterns()]

    def match_pattern(self, name: str) -> str | None:
        """Return the factory that a name which is not listed comes from, or None."""
        found = self._match(name)
        return found[0].text if found else None

    @property
    def factories(self) -> Mapping[str, Any]:
        """What the configuration says under each factory's name."""
        return MappingProxyType(self._factories)

    @property
    def builder(self) -> Builder:
        """What turns entries into datasets: credentials, root, default frame."""
        return self._builder

    @property
    def may_refer(self) -> bool:
        """Whether anything here may refer to other datasets; false for most catalogs, and cheap to ask."""
        written = (*self._config.values(), *self._factories.values())
        return any(map(_may_refer, written)) or any(map(_refers, self._given.values()))

    def references(self, name: str) -> tuple[str, ...]:
        """Return the datasets that a name refers to, as a query does to tables; makes no dataset.

        None are told of an entry that is wrong: whoever uses or checks it is told what is.
        """
        given = self._given.get(name)
        if given is not None:
            return tuple(given.references) if _refers(given) else ()
        try:
            query = self.query(name)
        except (CatalogError, OSError, UnicodeDecodeError, LookupError):
            return ()
        return () if query is None else query.datasets

    def query(self, name: str) -> Query | None:
        """Return the SQL that the entry of a name holds, or None where it holds none.

        Raises:
            CatalogError: the entry is wrong.
            OSError, UnicodeDecodeError, LookupError: its file cannot be read.
        """
        if not self._has_sql(name):
            return None
        entry = self.entry(name)
        if entry is None or not registry.dataset_type(entry.type).refers:
            return None
        return read_query(text_of(entry.arguments, self._builder.root))

    def _has_sql(self, name: str) -> bool:
        if name in self._given:
            return False
        if name in self._config:
            return _may_refer(self._config[name])
        if not any(map(_may_refer, self._factories.values())):
            return False
        found = self._match(name)
        return found is not None and _may_refer(self._factories[found[0].text])

    # --- Loading and saving

    def dataset(self, name: str) -> Dataset:
        """Return the dataset of a name; the same one each time.

        Raises:
            DatasetNotFoundError: the name is not in the catalog.
            CatalogError: the dataset cannot be made.
        """
        found = self._made(name)
        return found if found is not None else self._make(name)

    def load(self, name: str, version: str | None = None, as_: FrameName | None = None) -> Any:
        """Return the data of a name.

        Args:
            version: of a versioned dataset, which one; by default the latest, or the pinned one.
            as_: the frame it should be in, or ``path``.

        Raises:
            DatasetError: there is none, or it cannot be read.
        """
        dataset = self.dataset(name)
        with self.errors_named(name, "load"):
            if version is not None:
                dataset = _at_version(dataset, version)
            if as_ is None:
                return dataset.load()
            if isinstance(dataset, LoadsFrames):
                return dataset.load_as(as_)
            from plait.catalog import frames

            return frames.convert(dataset.load(), as_)

    def save(self, name: str, data: Any) -> None:
        """Save data under a name. Raises DatasetError; what was there is still there then."""
        dataset = self.dataset(name)
        with self.errors_named(name, "save"):
            if data is None:
                raise DatasetError("saving None is not allowed")
            dataset.save(data)

    def exists(self, name: str) -> bool:
        """Say whether there is data; False for unknown names and for datasets that cannot tell."""
        if name not in self:
            return False
        dataset = self.dataset(name)
        with self.errors_named(name, "look up"):
            return isinstance(dataset, Exists) and dataset.exists()

    def release(self, name: str) -> None:
        """Let a dataset free what it holds in memory."""
        if name not in self:
            raise self._not_found(name)
        made = self._made(name)
        if made is not None and isinstance(made, Releases):
            made.release()

    def confirm(self, name: str) -> None:
        """Tell a dataset that what was loaded from it has been dealt with."""
        dataset = self.dataset(name)
        with self.errors_named(name, "confirm"):
            if not isinstance(dataset, Confirms):
                raise DatasetError(f"a {type(dataset).__name__} has no 'confirm'")
            dataset.confirm()

    # --- Kedro's mapping

    def __getitem__(self, name: str) -> Dataset:
        return self.dataset(name)

    def __setitem__(self, name: str, value: Any) -> None:
        """Put a dataset, or raw data to be held in memory, under a name."""
        dataset = (
            value if isinstance(value, Dataset) and not isinstance(value, type) else MemoryDataset(value)
        )
        with self._lock:
            self._given[name] = dataset

    def __contains__(self, name: object) -> bool:
        if name in self._given or name in self._config:
            return True
        return isinstance(name, str) and self._match(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> list[str]:
        """Return the listed names, without factories and what they stand for."""
        return list(dict.fromkeys([*self._config, *self._given]))

    def values(self) -> list[Dataset]:
        """Return all listed datasets; this makes every one of them."""
        return [self.dataset(name) for name in self.keys()]

    def items(self) -> list[tuple[str, Dataset]]:
        """Return all listed names with their datasets; this makes every one of them."""
        return [(name, self.dataset(name)) for name in self.keys()]

    def get(
        self, key: str, fallback_to_runtime_pattern: bool = False, version: Version | str | None = None
    ) -> Dataset | None:
        """Return the dataset of a name, or None for a name that is not in the catalog.

        Args:
            fallback_to_runtime_pattern: put an unknown name into the catalog, in memory.
            version: of a versioned dataset, which one.
        """
        if key not in self:
            if not fallback_to_runtime_pattern:
                return None
            self[key] = MemoryDataset()
        dataset = self.dataset(key)
        return dataset if version is None else _at_version(dataset, version)

    def filter(
        self,
        name_regex: str | re.Pattern[str] | None = None,
        type_regex: str | re.Pattern[str] | None = None,
        by_type: type | list[type] | None = None,
    ) -> list[str]:
        """Return the listed names that fit all that is asked; only ``by_type`` instantiates anything.

        Args:
            name_regex: found anywhere in the name.
            type_regex: found anywhere in what :meth:`get_type` says.
            by_type: classes, one of which the dataset must be an instance of.
        """
        found = self.keys()
        if name_regex is not None:
            found = [name for name in found if re.search(name_regex, name)]
        if type_regex is not None:
            found = [name for name in found if re.search(type_regex, self.get_type(name) or "")]
        if by_type is not None:
            wanted = tuple(by_type) if isinstance(by_type, list) else (by_type,)
            found = [name for name in found if self._is_instance(name, wanted)]
        return found

    def get_type(self, name: str) -> str | None:
        """Return the type of a dataset as the catalog names it, or the path of its class; None if unknown."""
        given = self._given.get(name)
        if given is not None:
            return _class_path(type(given))
        entry = self.entry(name)
        return entry.type if entry else None

    def to_config(
        self,
    ) -> tuple[dict[str, dict[str, Any]], dict[str, Any], dict[str, str | None], str | None]:
        """Return what :meth:`from_config` makes this catalog from; what is in memory is left out.

        Raises:
            CatalogError: a dataset was given as an object that cannot say how it is made.
        """
        config: dict[str, dict[str, Any]] = {}
        credentials: dict[str, Any] = {}
        for name in self.keys():
            if self.is_memory(name):
                continue
            entry = self.entry(name)
            if entry is None:
                with self.errors_named(name):
                    config[name] = instance_config(name, self._given[name], credentials)
                continue
            config[name] = entry_config(self._config[name], entry)
            if entry.credentials_name is not None:
                with self.errors_named(name):
                    found = self._builder.credentials_named(entry.credentials_name)
                credentials[entry.credentials_name] = found
        versions = {name: self.load_versions.get(name) for name in config}
        patterns = {name: copy.deepcopy(value) for name, value in self._factories.items()}
        return {**config, **patterns}, credentials, versions, self.save_version

    def _ipython_key_completions_(self) -> list[str]:
        return self.keys()

    def __repr__(self) -> str:
        factories = f", {len(self._factories)} factories" if self._factories else ""
        return f"DataCatalog({len(self)} datasets{factories})"

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_lock"]
        return state | {"_instances": {}, "_versioned": {}, "_origins": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.RLock()

    # --- Errors

    def errors_named(self, name: str, action: str | None = None) -> ErrorsNamed:
        """Add to errors raised inside which dataset they are about, and where it is configured.

        With an action (``load``, ``save``, …) what is no error of Plait's becomes a DatasetError.
        """
        return ErrorsNamed(self.places, name, action)

    def places(self, name: str, key: str | None = None) -> tuple[str, ...]:
        """Return how to speak of a name in an error: what it is, and the file and line that say so."""
        if is_pattern(name):
            return self._with_origin(f"factory '{name}'", name, key)
        known = name if name in self._config else self.match_pattern(name) or name
        made_by = "" if known == name else f", made by the factory '{known}'"
        return self._with_origin(f"dataset '{name}'{made_by}", known, key)

    def _with_origin(self, place: str, name: str, key: str | None) -> tuple[str, ...]:
        origin = self._origin(name, key)
        return (place, str(origin)) if origin else (place,)

    def _origin(self, name: str, key: str | None = None) -> Origin | None:
        if self._origins is None or name in self._given:
            return None
        return (self._origins((name, key)) if key else None) or self._origins((name,))

    def _not_found(self, name: str) -> DatasetNotFoundError:
        return DatasetNotFoundError(
            f"Dataset '{name}' not found in the catalog", hint=did_you_mean(name, self.keys())
        )

    # --- Inside

    def _set_versions(self, load: Mapping[str, str] | None, save: str | None) -> None:
        self.load_versions = {
            name: safe_version(version) for name, version in (load or {}).items() if version
        }
        self.save_version = generate_timestamp() if save is None else safe_version(save)

    def _check_load_versions(self) -> None:
        unknown = [name for name in self.load_versions if name not in self]
        if unknown:
            names = ", ".join(f"'{name}'" for name in sorted(unknown))
            raise DatasetNotFoundError(
                f"versions to load are given for {names}, not found in the catalog",
                hint=did_you_mean(unknown[0], self.keys()),
            )
        for name in self.load_versions:
            entry = self.entry(name)
            if entry is not None and not entry.versioned:
                with self.errors_named(name):
                    raise CatalogError(
                        "a version to load is given, but the dataset is not versioned",
                        hint="add `versioned: true` to its entry",
                    )

    def _read_entry(self, name: str) -> Entry | None:
        root = self._builder.root
        if name in self._config:
            return parse_entry(name, self._config[name], root=root, origin=self._origin(name))
        found = self._match(name)
        if found is None:
            return None
        pattern, placeholders = found
        value = pattern.fill(self._factories[pattern.text], placeholders)
        return parse_entry(name, value, root=root, origin=self._origin(pattern.text), pattern=pattern.text)

    def _match(self, name: str) -> tuple[Pattern, Mapping[str, str]] | None:
        for pattern in self._patterns():
            placeholders = pattern.match(name)
            if placeholders is not None:
                return pattern, placeholders
        return None

    def _patterns(self) -> list[Pattern]:
        if self._ranked is None:
            self._ranked = rank([Pattern.compile(text) for text in self._factories])
        return self._ranked

    def _made(self, name: str) -> Dataset | None:
        for made in (self._given, self._versioned, self._instances):
            if name in made:
                return made[name]
        return None

    def _make(self, name: str) -> Dataset:
        entry = self.entry(name)
        if entry is None:
            raise self._not_found(name)
        with self._lock, self.errors_named(name):
            made = self._versioned if entry.versioned else self._instances
            if name not in made:
                version = Version(self.load_versions.get(name), self.save_version)
                made[name] = self._builder.build(entry, version, self.dataset)
            return made[name]

    def _is_instance(self, name: str, wanted: tuple[type, ...]) -> bool:
        made = self._made(name)
        return isinstance(self.dataset(name) if made is None else made, wanted)


def _at_version(dataset: Any, version: Version | str) -> Dataset:
    wanted = Version(version, None) if isinstance(version, str) else Version(*version)
    if hasattr(dataset, "at_version"):
        return dataset.at_version(wanted)  # type: ignore[no-any-return]
    if hasattr(dataset, "_copy") and hasattr(dataset, "_version"):  # a versioned dataset of Kedro's
        return dataset._copy(_version=wanted)  # type: ignore[no-any-return]
    raise DatasetError(f"a {type(dataset).__name__} has no versions")


def _is_entry(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(key in value for key in ("type", "path", "filepath"))
    return isinstance(value, str)


def _class_path(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _refers(dataset: object) -> TypeGuard[Refers]:
    """Say whether a dataset is one that refers to others; its class tells, which is asked of thousands."""
    return hasattr(type(dataset), "references")


def _may_refer(value: object) -> bool:
    """Say whether an entry holds SQL, by a look at its type."""
    return isinstance(value, Mapping) and registry.refers(value.get("type"))
