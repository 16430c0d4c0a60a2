"""The dataset that is a file or a folder: where it lies, which version, and saves that happen as a whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, cast

from plait.catalog.failures import reported
from plait.catalog.file_arguments import format_of, one_path, refuse_unknown
from plait.catalog.formats import Format, resolve_function
from plait.catalog.growing import ChunkWriter, GrowingFile
from plait.catalog.locations import is_url, location_of, stand_in
from plait.catalog.preview import Preview
from plait.catalog.protocols import FrameName
from plait.catalog.stores import LocalStore, Store, open_store
from plait.catalog.versions import Version, generate_timestamp, nearest_version, safe_version
from plait.errors import (
    DatasetError,
    UsageError,
    VersionAlreadyExistsError,
    VersionNotFoundError,
)
from plait.values import Fingerprint

__all__ = ["FileDataset"]

_ABOUT_OPENING = ("open_args_load", "open_args_save", "auto_mkdir")


class FileDataset:
    """A file or folder in some format, somewhere.

    Args:
        path: a local path or any fsspec URL; ``filepath`` is Kedro's name for it.
        format: a :class:`~plait.catalog.formats.Format` or a type name such as ``csv``; by default what
            the suffix of the path says.
        frame: the frame that ``load()`` gives and that ``load_args`` and ``save_args`` belong to.
        load_args: further keywords for the reader.
        save_args: further keywords for the writer.
        fs_args: what the file system of a URL is opened with; ``open_args_load`` and ``open_args_save``
            in it are for reader and writer.
        credentials: added to ``fs_args``, never shown.
        version: makes it a versioned dataset, in Kedro's layout.
        metadata: anything; kept for others to read.
        root: the folder that a relative local path starts from.
        options: further keywords for both reader and writer, where the format takes them.

    Raises:
        CatalogError: the format is unknown, has no such frame, or does not take one of the options.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        format: Format | str | None = None,  # noqa: A002 - the word users know
        *,
        filepath: str | os.PathLike[str] | None = None,
        frame: str | None = None,
        load_args: Mapping[str, Any] | None = None,
        save_args: Mapping[str, Any] | None = None,
        fs_args: Mapping[str, Any] | None = None,
        credentials: object = None,
        version: Version | None = None,
        metadata: object = None,
        root: str | os.PathLike[str] | None = None,
        default_frame: str = "pandas",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = one_path(path, filepath)
        self.format, fixed = format_of(format, self.path)
        self.frame = self.format.choose_frame(frame or fixed, default_frame)
        self.load_args = dict(load_args or {})
        self.save_args = dict(save_args or {})
        self.fs_args = dict(fs_args or {})
        self.version = Version(*version) if version is not None else None
        self.metadata = metadata
        self.root = root if root is None or isinstance(root, Path) else Path(root)
        self.options = dict(options or {})
        self._credentials = credentials
        self._loaded: str | None = None
        self._downloads: list[tempfile.TemporaryDirectory[str]] = []
        refuse_unknown(self.format, self.options)
        _check_version(self)

    # --- Loading

    def load(self) -> Any:
        """Return what the reader of the entry's own frame makes of the data.

        Raises:
            DatasetError: there is nothing, or it cannot be read.
        """
        with reported(self, "loaded"):
            return self._read(self.frame)

    def load_as(self, frame: FrameName) -> Any:
        """Return the same data in another frame, or as a local path."""
        if frame == self.frame:
            return self.load()
        if frame == "path" or (frame == "polars-lazy" and self._scannable()):
            with reported(self, "loaded"):
                return self._read(frame)
        from plait.catalog import frames

        return frames.convert(self.load(), frame)

    @property
    def has_preview(self) -> bool:
        """Whether the format can be shown at all."""
        return self._preview_function() is not None

    def _preview_function(self) -> str | None:
        previews = self.format.previews
        return previews.get(self.frame) or previews.get("")

    def preview(self, limit: int = 20) -> Preview:
        """Return the first ``limit`` rows or lines, reading no more than needed."""
        reference = self._preview_function()
        if reference is None:
            raise DatasetError(f"{self.format.name} has no preview", where=self.location)
        look = resolve_function(reference)
        with reported(self, "previewed"), self._source() as source:
            return cast(Preview, look(source, limit, **self.load_keywords()))

    def exists(self) -> bool:
        """Say whether there is something to load, in the version that would be loaded."""
        with reported(self, "looked up"):
            try:
                return self._store.exists(self._load_path())
            except VersionNotFoundError:
                return False

    def fingerprint(self) -> Fingerprint | None:
        """Return what identifies the content, or None where there is none."""
        with reported(self, "fingerprinted"):
            try:
                return self._store.fingerprint(self._load_path())
            except (FileNotFoundError, VersionNotFoundError):
                return None

    # --- Saving

    def save(self, data: Any) -> None:
        """Put ``data`` in the place of what is there, whole or not at all.

        A ``pathlib.Path`` is taken as a file or folder to copy into place, unless the format stores any
        Python object.

        Raises:
            DatasetError: ``data`` is None or cannot be written; what was there is still there.
        """
        if data is None:
            raise DatasetError("saving None is not allowed", where=self.location)
        with reported(self, "saved"):
            fill, folder = self._writer(data)
            with self._filled(folder) as target:
                fill(target)

    def _refuse_folder(self) -> None:
        # Where a file goes a folder holds something else, such as versions from before.
        place = self.local_place()
        if self.format.holds == "file" and place is not None and place.is_dir() and any(place.iterdir()):
            raise IsADirectoryError(errno.EISDIR, "a folder that is not empty lies there", str(place))

    def keep_replaced(self, trash: Path) -> Path | None:
        """Keep what the next save replaces below ``trash``, under its relative path; return where, if at all.

        A versioned save replaces nothing.
        """
        if self.version is not None or not self.exists():
            return None
        place = trash / stand_in(self.location)
        self._store.keep(self._path, place)
        return place

    # --- Chunk by chunk

    @property
    def appendable(self) -> bool:
        """Whether its format can be written in chunks."""
        return self.format.appender(self.frame) is not None

    def append(self, data: Any) -> None:
        """Add a chunk to what is there; the whole file is written anew, and moved into place.

        Raises:
            DatasetError: the format cannot grow, the chunk does not fit, or the dataset is versioned.
        """
        self._growing().append(data)

    @contextmanager
    def stream(self) -> Iterator[ChunkWriter]:
        """Take chunks, and put them in the place of what is there when the context ends normally.

        Raises:
            DatasetError: the format cannot be written in chunks, one does not fit, or there was none.
        """
        growing = self._growing(in_place=False)
        with growing.streamed(self._filled()) as writer:
            yield writer

    def read_progress(self) -> Mapping[str, Any] | None:
        """Return the progress stored with the content that lies there; None if that came about otherwise."""
        return self._growing().read_progress() if self.appendable and self.version is None else None

    def append_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Add chunks to what is there, and store how far their producer has come, in one commit."""
        self._growing().append_with_progress(chunks, progress)

    def replace_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Put chunks in the place of what is there, with new progress, in one commit."""
        self._growing().replace_with_progress(chunks, progress)

    def load_beyond(self, column: str, mark: Any, frame: FrameName | None = None) -> Any:
        """Return the rows whose ``column`` is greater than ``mark``; all where that is None."""
        from plait.catalog.watermarks import rows_beyond

        with reported(self, "loaded"):
            return rows_beyond(self.load() if frame is None else self.load_as(frame), column, mark)

    # --- Versions

    def versions(self) -> list[str]:
        """Return the versions there are, newest last."""
        with reported(self, "listed"):
            return self._store.versions(self._path)

    def at_version(self, version: Version | str) -> FileDataset:
        """Return the same dataset, bound to one version to load, or to a pair of load and save."""
        wanted = Version(version) if isinstance(version, str) else Version(*version)
        return FileDataset(
            self.path,
            self.format,
            frame=self.frame,
            load_args=self.load_args,
            save_args=self.save_args,
            fs_args=self.fs_args,
            credentials=self._credentials,
            version=wanted,
            metadata=self.metadata,
            root=self.root,
            options=self.options,
        )

    def remote_place(self) -> tuple[Any, str] | None:
        """Return the fsspec file system and the path of an unversioned remote file; None for all else."""
        # The path alone tells, before anything is opened: most are local, and many are asked.
        if self.version is not None or self.format.holds != "file" or not is_url(self.path):
            return None
        return getattr(self._store, "fs", None), self._path

    def elsewhere(self, path: str, format: str) -> FileDataset:  # noqa: A002 - the word users know
        """Return an unversioned dataset at another path of the same store, opened with the same rights."""
        return FileDataset(path, format, fs_args=self.fs_args, credentials=self._credentials, root=self.root)

    def prune(self, keep: int, *, dry_run: bool = False) -> list[str]:
        """Remove all but the ``keep`` newest versions and return the removed, oldest first."""
        if keep < 1:
            raise UsageError("at least one version must be kept", hint="pass keep=1 or more")
        stale = self.versions()[:-keep]
        with reported(self, "pruned"):
            for version in [] if dry_run else stale:
                self._store.remove(self._version_folder(version))
        return stale

    # --- What its format is called with

    @property
    def writing_frame(self) -> str:
        """The frame that data is written from."""
        lazy = self.frame == "polars-lazy" and self.frame not in self.format.writers
        return "polars" if lazy else self.frame

    def load_keywords(self) -> dict[str, Any]:
        """Return the keywords for the reader."""
        return {**self.options, **self._open_args("open_args_load"), **self.load_args}

    def save_keywords(self) -> dict[str, Any]:
        """Return the keywords for the writer."""
        return {**self.options, **self._open_args("open_args_save"), **self.save_args}

    # --- What it is

    @property
    def location(self) -> str:
        """Where it lies, relative to ``root`` where below it, without secrets."""
        return location_of(self.path, self.root)

    def local_place(self) -> Path | None:
        """Return where the data lies on this machine, in the version that would be loaded; None elsewhere.

        Raises:
            VersionNotFoundError: there is no version yet.
        """
        return Path(self._load_path()) if isinstance(self._store, LocalStore) else None

    def release(self) -> None:
        """Forget which version is the latest, and remove what was downloaded to be used as a path."""
        self._loaded = None
        while self._downloads:
            self._downloads.pop().cleanup()

    def to_config(self) -> dict[str, Any]:
        """Return the entry of a catalog that describes this dataset, without credentials."""
        document: dict[str, Any] = {"type": self.format.name, "path": str(self.path)}
        if self.frame:
            document["frame"] = self.frame
        if self.version is not None:
            document["versioned"] = True
        for key in ("load_args", "save_args", "fs_args", "metadata"):
            if value := getattr(self, key):
                document[key] = value
        return document | self.options

    def __repr__(self) -> str:
        frame = f", frame='{self.frame}'" if self.frame else ""
        versioned = ", versioned" if self.version is not None else ""
        return f"FileDataset('{self.location}', '{self.format.name}'{frame}{versioned})"

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("_opened", None)
        state["_downloads"] = []
        return state

    # --- Inside

    @cached_property
    def _opened(self) -> tuple[Store, str]:
        fs_args = {key: value for key, value in self.fs_args.items() if key not in _ABOUT_OPENING}
        return open_store(self.path, self.root, self._credentials, fs_args)

    @property
    def _store(self) -> Store:
        return self._opened[0]

    @property
    def _path(self) -> str:
        return self._opened[1]

    def _read(self, frame: str) -> Any:
        if frame == "path":
            return self._as_path()
        if frame == "polars-lazy" and not isinstance(self._store, LocalStore):
            return self._read("polars").lazy()  # a scan would outlive the file it was downloaded to
        read = resolve_function(self.format.readers[frame])
        with self._source() as source:
            return read(source, **self.load_keywords())

    @contextmanager
    def _source(self) -> Iterator[Any]:
        path = self._load_path()
        if self._in_ranges(path):
            with self._store.open(path) as stream:
                yield stream
        else:
            with self._store.fetched(path) as local:
                yield local

    def _in_ranges(self, path: str) -> bool:
        if isinstance(self._store, LocalStore) or not self.format.ranged:
            return False
        return self.format.holds == "file" or not self._store.is_folder(path)

    def _as_path(self) -> Path:
        path = self._load_path()
        if isinstance(self._store, LocalStore):
            if not self._store.exists(path):
                raise FileNotFoundError(path)
            return Path(path)
        place = tempfile.TemporaryDirectory(prefix="plait-")
        self._downloads.append(place)
        local = Path(place.name, path.rpartition("/")[2])
        self._store.download(path, local)
        return local

    def _scannable(self) -> bool:
        return self.frame == "polars" and "polars-lazy" in self.format.readers

    def _writer(self, data: Any) -> tuple[Callable[[Path], None], bool]:
        if isinstance(data, Path) and not self.format.any_object:
            return self._copier(data), False
        frame = self.writing_frame
        reference = self.format.writers.get(frame)
        if reference is None:
            raise DatasetError(f"{self.format.name} cannot be saved, only loaded", where=self.location)
        if frame:
            data = _converted(data, frame)
        write = resolve_function(reference)
        keywords = self.save_keywords()
        return lambda target: write(data, target, **keywords), self.format.holds == "folder"

    def _growing(self, *, in_place: bool = True) -> GrowingFile:
        found = self.format.appender(self.frame)
        if found is None:
            raise DatasetError(
                f"{self.format.name} cannot be written in chunks",
                where=self.location,
                hint="csv, jsonl, parquet, feather, text, partitions and tables of databases can",
            )
        if in_place and self.version is not None:
            raise DatasetError(
                f"'{self.location}' keeps every save as a version, and a version is never changed",
                hint="leave `versioned` out, or save the whole",
            )
        frame, reference = found
        return GrowingFile(
            self._store,
            self._path,
            partial(self._opened_to_append, frame, reference),
            partial(reported, self, "saved"),
        )

    @contextmanager
    def _opened_to_append(
        self, frame: str, reference: str, target: Path, before: Path | None
    ) -> Iterator[Callable[[Any], None]]:
        with resolve_function(reference)(target, before, **self.save_keywords()) as append:
            yield append if not frame else lambda chunk: append(_converted(chunk, frame))

    def _copier(self, source: Path) -> Callable[[Path], None]:
        kinds = {"file": (False,), "folder": (True,), "either": (True, False)}[self.format.holds]
        if not source.exists():
            raise DatasetError(f"'{source}', which should be saved, does not exist", where=self.location)
        if source.is_dir() not in kinds:
            found = "folder" if source.is_dir() else "file"
            raise DatasetError(f"{self.format.name} is no {found}, but '{source}' is", where=self.location)
        if source.is_dir():
            return lambda target: cast(None, shutil.copytree(source, target))
        return lambda target: cast(None, shutil.copyfile(source, target))

    def _open_args(self, key: str) -> dict[str, Any]:
        given: Mapping[str, Any] = self.fs_args.get(key) or {}
        return {name: value for name, value in given.items() if name in self.format.open_args}

    def _version_folder(self, version: str) -> str:
        return f"{self._path}/{safe_version(version)}"

    def _versioned(self, version: str) -> str:
        return f"{self._version_folder(version)}/{self._path.rpartition('/')[2]}"

    def _load_path(self) -> str:
        if self.version is None:
            return self._path
        return self._versioned(self.version.load or self._latest())

    def _latest(self) -> str:
        if self._loaded is None:
            found = self._store.versions(self._path)
            if not found:
                raise self._no_versions()
            self._loaded = found[-1]
        return self._loaded

    def _no_versions(self) -> VersionNotFoundError:
        unversioned = self._store.exists(self._path) and not self._store.is_folder(self._path)
        return VersionNotFoundError(
            f"there are no versions of '{self.location}' yet",
            why="a file that is not versioned lies there" if unversioned else None,
            hint=self._how_to_version("a-version") if unversioned else None,
        )

    def _filled(self, folder: bool = False) -> AbstractContextManager[Path]:
        if self.version is None:
            self._refuse_folder()
            return self._store.replacing(self._path, folder=folder)
        return self._filled_version(self.version, folder)

    @contextmanager
    def _filled_version(self, wanted: Version, folder: bool) -> Iterator[Path]:
        version = safe_version(wanted.save or generate_timestamp())
        if self._store.exists(self._path) and not self._store.is_folder(self._path):
            raise DatasetError(
                f"'{self.location}' cannot be versioned, because a file of that name lies there",
                hint=self._how_to_version(version),
            )
        try:
            with self._store.creating_version(self._versioned(version), folder=folder) as target:
                yield target
        except FileExistsError as error:
            raise VersionAlreadyExistsError(
                f"version '{version}' of '{self.location}' is there already, and versions are never replaced",
                hint="save under another version, or remove that one first",
            ) from error
        self._loaded = version
        if wanted.load not in (None, version):
            warnings.warn(
                f"'{self.location}' was saved as version '{version}', but is pinned to load '{wanted.load}'",
                stacklevel=6,
            )

    def _how_to_version(self, version: str) -> str:
        name = self.location.rpartition("/")[2]
        return f"move it to '{self.location}/{version}/{name}', or leave `versioned` out"

    def missing_version(self, version: str) -> VersionNotFoundError:
        """Return the error for a version that is not there, with the nearest that is."""
        hint = nearest_version(version, self._store.versions(self._path))
        return VersionNotFoundError(f"'{self.location}' has no version '{version}'", hint=hint)


def _converted(data: Any, frame: str) -> Any:
    from plait.catalog import frames

    return frames.to_save(data, cast(FrameName, frame))


def _check_version(dataset: FileDataset) -> None:
    if dataset.version is not None and dataset.path.startswith(("http://", "https://")):
        raise DatasetError("what lies behind http(s) cannot be versioned", where=dataset.location)
    for version in dataset.version or ():
        if version is not None:
            safe_version(version)
