"""Many files that are one dataset: each a part with a key, read and saved by itself."""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from plait.catalog import FileDataset, registry
from plait.catalog.entries import type_of_parts
from plait.catalog.keys import KeyPattern, has_placeholder, split_pattern
from plait.catalog.locations import is_url, location_of, redact, stand_in
from plait.catalog.preview import Preview
from plait.catalog.progress import read_document, write_document
from plait.catalog.protocols import Dataset, FrameName, Previewable
from plait.catalog.stores import LocalStore, Store, open_store, tree_fingerprint
from plait.datasets.part_files import PartFiles
from plait.datasets.part_types import FileParts, ObjectParts, PartType, loaded, part_type
from plait.datasets.parts import Parts
from plait.errors import CatalogError, DatasetError, PlaitError, Problems
from plait.values import Fingerprint

__all__ = ["PartitionedDataset"]

_FILE_SYSTEM = ("open_args_load", "open_args_save", "auto_mkdir")


class PartitionedDataset:
    """The files below a folder, or a prefix of a store, whose names fit a pattern.

    Args:
        path: the folder or URL; or all in one, as ``data/images/*.png``. ``filepath`` is another name for it.
        dataset: what each part is: a type name such as ``csv``, or an entry without a path, as
            ``{type: pandas.CSVDataset, load_args: {sep: ";"}}``. By default what the pattern's suffix says.
            ``format`` is another name for it.
        pattern: how the files are named below the folder: ``{name}`` and ``*`` stand for a name, ``**`` for
            folders. What they stand for, joined by ``/``, is the key.
        suffix: instead of a pattern: all files that end so, in any folder; by default that of the format.
        frame: the frame of the parts; so for ``load_args``, ``save_args``, ``fs_args`` and ``credentials``.
        filepath_arg: the argument of a dataset class that is given the path of a part.

    Raises:
        CatalogError: an argument is wrong, or the parts have no format.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        dataset: Any = None,
        *,
        filepath: str | os.PathLike[str] | None = None,
        format: Any = None,  # noqa: A002 - the word users know
        pattern: str | None = None,
        suffix: str | None = None,
        frame: str | None = None,
        load_args: Mapping[str, Any] | None = None,
        save_args: Mapping[str, Any] | None = None,
        fs_args: Mapping[str, Any] | None = None,
        credentials: object = None,
        metadata: object = None,
        filepath_arg: str = "filepath",
        root: str | os.PathLike[str] | None = None,
        default_frame: str = "pandas",
    ) -> None:
        self.path, pattern = _place(path, filepath, pattern, suffix)
        self.root = None if root is None else Path(root)
        self.fs_args = dict(fs_args or {})
        self.metadata = metadata
        self._credentials = credentials
        shared = {
            "frame": frame,
            "load_args": load_args,
            "save_args": save_args,
            "fs_args": fs_args,
            "credentials": credentials,
            "root": self.root,
            "default_frame": default_frame,
        }
        self.kind: PartType = part_type(_one(dataset, format), pattern or suffix or "", shared, filepath_arg)
        self._explicit = pattern
        ending = self.kind.suffix if suffix is None else suffix
        self.pattern = KeyPattern.compile(pattern) if pattern else KeyPattern.of_suffix(ending)

    @classmethod
    def check_parts(cls, arguments: Mapping[str, Any]) -> None:
        """Raise what is wrong with the arguments of an entry, as far as no data library has to be imported.

        Raises:
            CatalogError: the pattern, the type of the parts or one of their arguments is wrong.
        """
        kind = type_of_parts(arguments)
        if kind is not None and not registry.dataset_type(kind).target.startswith("plait."):
            arguments = {**arguments, "dataset": "path", "format": None}
        cls(**{key: value for key, value in arguments.items() if key != "credentials"})

    # --- All parts

    def keys(self) -> list[str]:
        """List the parts anew, sorted; empty where there is nothing yet."""
        return sorted(self._names())

    def load(self) -> Mapping[str, Any]:
        """Return the lazy mapping of all parts.

        Raises:
            DatasetError: there are none.
        """
        keys = self.keys()
        if not keys:
            raise self._nothing()
        return Parts(self, keys)

    def load_as(self, frame: FrameName) -> Any:
        """Return the lazy mapping of all parts in a frame, or the folder's path."""
        if frame != "path":
            return Parts(self, self.keys(), frame)
        if not isinstance(self._store, LocalStore):
            raise DatasetError("parts behind a URL have no local folder", where=self.location)
        return Path(self._folder)

    def load_parts(self, keys: Collection[str] | None = None, frame: FrameName | None = None) -> Parts:
        """Return the lazy mapping of some parts; nothing is looked up before it is used."""
        return Parts(self, self.keys() if keys is None else keys, frame)

    def save(self, data: Any) -> None:
        """Save the parts of a mapping one by one, and keep all others.

        Raises:
            DatasetError: it is no mapping, or some parts could not be saved; the rest of them is saved.
        """
        failed = [error for key in self._keys_in(data) if (error := self._saved(key, data)) is not None]
        if failed:
            raise failed[0] if len(failed) == 1 else Problems(failed)

    def exists(self) -> bool:
        """Say whether there is any part."""
        return bool(self._names())

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies all parts together, or None where there are none."""
        return tree_fingerprint(self.part_fingerprints())

    def preview(self, limit: int = 20) -> Preview:
        """Show the first keys with the sizes of their files."""
        names = self._names()
        shown = sorted(names)[:limit]
        sizes = self._store.sizes(self._folder, [names[key] for key in shown])
        rows = [[key, sizes.get(names[key])] for key in shown]
        columns = {"key": "text", "bytes": "int64"}
        return Preview("table", rows, columns, complete=len(names) <= limit, rows=len(names))

    # --- One part

    def load_part(self, key: str, frame: FrameName | None = None) -> Any:
        """Return the data of one part. Raises DatasetError where it is not there or cannot be read."""
        files = self._files
        return loaded(self.part(key), frame) if files is None else files.load(key, frame)

    def save_part(self, key: str, data: Any) -> None:
        """Put ``data`` in the place of one part, whole or not at all; visible at once."""
        if isinstance(data, Path) and data.is_dir():
            raise DatasetError(f"part '{key}' is a file, but '{data}' is a folder", where=self.location)
        if self._files is not None:
            self._files.save(key, data)
        elif isinstance(part := self.part(key), FileDataset):
            part.save(data)
        else:
            self._save_object(key, data)

    def exists_part(self, key: str) -> bool:
        """Say whether there is a part of that key."""
        return self._store.exists(self._place_of(key))

    def part(self, key: str) -> Dataset:
        """Return the dataset of one part. Raises DatasetError for what can be no key."""
        path = self.pattern.path(key)
        if isinstance(self.kind, FileParts) or not isinstance(self._store, LocalStore):
            return self.kind.make(_join(self.path, path))
        return self.kind.make(f"{self._folder}/{path}")  # a class does not know the project's folder

    @cached_property
    def prototype(self) -> Dataset | None:
        """A part that is nowhere, for those who ask what all parts have in common; None for other classes."""
        return self.kind.make("part") if isinstance(self.kind, FileParts) else None

    @property
    def part_class(self) -> object:
        """The class that reads and writes parts, or None where they are files in a format."""
        return self.kind.target if isinstance(self.kind, ObjectParts) else None

    def part_location(self, key: str) -> str:
        """Return where a part lies, there or not yet."""
        return location_of(_join(self.path, self.pattern.path(key)), self.root)

    def preview_part(self, key: str | None = None, limit: int = 20) -> Preview:
        """Show the beginning of one part, by default the first."""
        keys = [key] if key is not None else self.keys()[:1]
        part = self.part(keys[0]) if keys else None
        if part is None:
            raise self._nothing()
        if not isinstance(part, Previewable):
            raise DatasetError(f"{self.kind.name} has no preview", where=self.location)
        return part.preview(limit)

    # --- What identifies parts, and their end

    def part_places(self) -> Mapping[str, str] | None:
        """Return key → local path of all parts, from one look at the folder; None behind a URL."""
        if not isinstance(self._store, LocalStore):
            return None
        return {key: f"{self._folder}/{name}" for key, name in self._names().items()}

    def part_fingerprints(self, keys: Collection[str] | None = None) -> Mapping[str, Fingerprint]:
        """Return what identifies the parts that are there, all or those named."""
        if keys is None:
            found = self._store.all_fingerprints(self._folder, self.pattern.depth)
            names = self._named(found)
        elif self._files is not None:
            return self._files.fingerprints(keys)
        else:
            names = {key: self.pattern.path(key) for key in keys}
            found = self._store.fingerprints(self._folder, list(names.values()))
        return {key: found[name] for key, name in names.items() if name in found}

    def retire(self, keys: Iterable[str], trash: Path | None = None) -> None:
        """Move parts below ``trash``, under their relative paths, or remove them; others are kept."""
        place = None if trash is None else self._place_in(trash)
        self._store.retire(self._folder, [self.pattern.path(key) for key in keys], place)

    def keep_replaced(self, trash: Path, keys: Iterable[str] | None = None) -> Path | None:
        """Keep parts that are about to be replaced, all or those named, below ``trash``; return where."""
        names = self._names() if keys is None else {key: self.pattern.path(key) for key in keys}
        place = self._place_in(trash)
        for name in names.values():
            self._store.keep(f"{self._folder}/{name}", place / name)
        return place if names else None

    def _place_in(self, trash: Path) -> Path:
        return trash / stand_in(location_of(self.path, self.root))

    def local_folder(self) -> Path | None:
        """Return the folder of the parts on this machine; None behind a URL."""
        return Path(self._folder) if isinstance(self._store, LocalStore) else None

    def traces_place(self) -> tuple[Store, str]:
        """Return the store and the hidden folder for records about the parts."""
        return self._store, f"{self._folder}/.plait-traces-{self._hidden_mark}"

    # --- Streams and progress

    @property
    def appendable(self) -> bool:
        """Whether parts can be added; always."""
        return True

    def append(self, data: Any) -> None:
        """Save a chunk: a mapping of keys to values, or one pair of key and value."""
        self.save(_as_mapping(data))

    @contextmanager
    def stream(self) -> Iterator[PartitionedDataset]:
        """Take chunks; each part is visible as soon as it is saved."""
        yield self

    def read_progress(self) -> Mapping[str, Any] | None:
        """Return the progress that was stored with the parts; None once they are all gone."""
        document = read_document(self._store, self._progress_path)
        if document is None or (document.get("parts") and not self.exists()):
            return None
        return document.get("progress")

    def append_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Save the parts, and then how far their producer has come."""
        for chunk in chunks:
            self.append(chunk)
        document = {"schema": 1, "parts": self.exists(), "progress": dict(progress)}
        write_document(self._store, self._progress_path, document)

    replace_with_progress = append_with_progress  # a part is replaced by one of the same key in any case

    # --- What it is

    @property
    def location(self) -> str:
        """Where it lies, relative to ``root`` where below it, with the pattern if there is one."""
        place = self.path if self._explicit is None else _join(self.path, self._explicit)
        return location_of(place, self.root)

    def to_config(self) -> dict[str, Any]:
        """Return the entry of a catalog that describes this dataset, without credentials."""
        parts = {key: value for key, value in self.kind.to_config().items() if key not in ("path", "fs_args")}
        document = {
            "type": "partitions",
            "path": self.path,
            "pattern": self.pattern.text,
            "dataset": parts,
            "fs_args": self.fs_args,
            "metadata": self.metadata,
        }
        return {key: value for key, value in document.items() if value}

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self.location}', '{self.kind.name}')"

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        for made in ("_opened", "_files"):
            state.pop(made, None)
        return state

    # --- Inside

    @cached_property
    def _opened(self) -> tuple[Store, str]:
        fs_args = {key: value for key, value in self.fs_args.items() if key not in _FILE_SYSTEM}
        return open_store(self.path, self.root, self._credentials, fs_args)

    @property
    def _store(self) -> Store:
        return self._opened[0]

    @property
    def _folder(self) -> str:
        return self._opened[1]

    @cached_property
    def _files(self) -> PartFiles | None:
        """What reads and writes the parts, where they are local files."""
        if not isinstance(self.kind, FileParts) or not isinstance(self._store, LocalStore):
            return None
        return PartFiles(self.kind.make("part"), self._folder, self.pattern.path, self.part)

    @property
    def _hidden_mark(self) -> str:
        """What tells the hidden files of this dataset from those of another in the same folder."""
        return f"{zlib.crc32(self.pattern.text.encode()):08x}"

    @property
    def _progress_path(self) -> str:
        return f"{self._folder}/.plait-progress-{self._hidden_mark}.json"

    def _names(self) -> dict[str, str]:
        """Return key → relative path of all parts."""
        return self._named(self._store.names(self._folder, self.pattern.depth))

    def _named(self, names: Iterable[str]) -> dict[str, str]:
        """Return key → relative path of those files that are parts."""
        key_of = self.pattern.key
        return {key: name for name in names if (key := key_of(name)) is not None}

    def _place_of(self, key: str) -> str:
        return f"{self._folder}/{self.pattern.path(key)}"

    def _keys_in(self, data: Any) -> list[str]:
        if not isinstance(data, Mapping):
            raise DatasetError(
                "a partitioned dataset takes a mapping of keys to values",
                where=self.location,
                why=f"found a {type(data).__name__}",
                hint="return a dictionary such as {'2024/05': table}, or map the node with `each`",
            )
        odd = next((key for key in data if not isinstance(key, str)), None)
        if odd is not None:
            raise DatasetError(
                f"the key of a part is text, and {odd!r} is none", where=self.location, hint="use str(key)"
            )
        return sorted(data)

    def _saved(self, key: str, data: Mapping[str, Any]) -> PlaitError | None:
        try:
            self.save_part(key, data[key])
        except PlaitError as error:
            error.where = (*error.where, f"part '{key}'")
            return error
        except Exception as error:  # of a class or a function of the user's; the other parts go on
            why = f"{type(error).__name__}: {redact(str(error))}"
            failed = DatasetError(f"part '{key}' cannot be saved", where=self.location, why=why)
            failed.__cause__ = error
            return failed
        return None

    def _save_object(self, key: str, data: Any) -> None:
        if not isinstance(self._store, LocalStore):
            self.part(key).save(data)  # the class reaches its store by itself
            return
        with self._store.replacing(self._place_of(key)) as fresh:
            self.kind.make(str(fresh)).save(data)

    def _nothing(self) -> DatasetError:
        others = self._store.names(self._folder)
        if not others:
            return DatasetError(f"'{self.location}' has no parts")
        return DatasetError(
            f"'{self.location}' has no parts",
            why=f"there are files, such as '{min(others)}', but none fits '{self.pattern.text}'",
            hint="look at `pattern` or `suffix`",
        )


def _place(path: Any, filepath: Any, pattern: str | None, suffix: str | None) -> tuple[str, str | None]:
    given = [os.fspath(place) for place in (path, filepath) if place is not None]
    if len(given) != 1 or not given[0]:
        raise CatalogError("a partitioned dataset needs either 'path' or 'filepath'")
    if pattern is not None and suffix is not None:
        raise CatalogError("both 'pattern' and 'suffix' say how the files are named", hint="keep one of them")
    place = given[0]
    if not has_placeholder(place):
        return (place if is_url(place) else place.rstrip("/") or "/"), pattern
    if pattern is not None or suffix is not None:
        raise CatalogError(
            f"the path '{location_of(place)}' has placeholders already", hint="leave `pattern` out"
        )
    return split_pattern(place)


def _one(dataset: Any, format_: Any) -> Any:
    if dataset is not None and format_ is not None:
        raise CatalogError("both 'dataset' and 'format' say what the parts are", hint="keep one of them")
    return dataset if dataset is not None else format_


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _as_mapping(data: Any) -> Any:
    if isinstance(data, tuple) and len(data) == 2 and isinstance(data[0], str):
        return {data[0]: data[1]}
    return data
