"""The two places a file can be, the local file system and everything else, behind one set of questions."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from plait.catalog.digests import digest_of
from plait.catalog.locations import is_url, local_text
from plait.catalog.storage import SAVING, alone, creating_version, remove, replacing, settle
from plait.errors import DatasetError
from plait.values import Fingerprint, Secret, Strength

__all__ = ["LocalStore", "Store", "open_store", "revealed", "tree_fingerprint"]

_MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_WEAK_FIRST: tuple[Strength, ...] = ("stat", "token", "content")


class Store(Protocol):
    """What a file dataset asks of the place its data is in. Paths are strings with ``/``."""

    def exists(self, path: str) -> bool: ...
    def is_folder(self, path: str) -> bool: ...
    def open(self, path: str) -> BinaryIO: ...
    def fetched(self, path: str) -> AbstractContextManager[Path]: ...
    def download(self, path: str, target: Path) -> None: ...
    def replacing(
        self, path: str, *, folder: bool = False, flush: bool = False
    ) -> AbstractContextManager[Path]: ...
    def creating_version(self, path: str, *, folder: bool) -> AbstractContextManager[Path]: ...
    def alone(self, path: str) -> AbstractContextManager[None]: ...
    def names(self, path: str, depth: int | None = None) -> list[str]: ...
    def sizes(self, path: str, names: Collection[str]) -> dict[str, int]: ...
    def fingerprints(self, path: str, names: Collection[str]) -> dict[str, Fingerprint]: ...
    def all_fingerprints(self, path: str, depth: int | None = None) -> dict[str, Fingerprint]: ...
    def retire(self, path: str, names: Iterable[str], trash: Path | None) -> None: ...
    def keep(self, path: str, target: Path) -> None: ...
    def versions(self, path: str) -> list[str]: ...
    def remove(self, path: str) -> None: ...
    def fingerprint(self, path: str) -> Fingerprint | None: ...


class LocalStore:
    """The local file system; needs no fsspec."""

    def exists(self, path: str) -> bool:
        if _is_there(path):
            return True
        settle(Path(path))
        return _is_there(path)

    def is_folder(self, path: str) -> bool:
        return Path(path).is_dir()

    def open(self, path: str) -> BinaryIO:
        return Path(path).open("rb")

    @contextmanager
    def fetched(self, path: str) -> Iterator[Path]:
        if not self.exists(path):
            raise FileNotFoundError(path)
        yield Path(path)

    def download(self, path: str, target: Path) -> None:
        raise NotImplementedError("a local file is used where it lies")

    def replacing(
        self, path: str, *, folder: bool = False, flush: bool = False
    ) -> AbstractContextManager[Path]:
        return replacing(Path(path), folder=folder, flush=flush)

    def creating_version(self, path: str, *, folder: bool) -> AbstractContextManager[Path]:
        return creating_version(Path(path), folder=folder)

    def alone(self, path: str) -> AbstractContextManager[None]:
        return alone(Path(path).parent)

    def versions(self, path: str) -> list[str]:
        place = Path(path)
        try:
            names = os.listdir(place)  # noqa: PTH208 - names are all that is needed
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in names if name != SAVING and (place / name / place.name).exists())

    def remove(self, path: str) -> None:
        remove(Path(path))

    def fingerprint(self, path: str) -> Fingerprint | None:
        """Return the SHA-256 of a file, or of the relative paths and digests of all files of a folder."""
        place = Path(path)
        if not place.is_dir():
            return Fingerprint(f"sha256:{digest_of(place)[0]}", "content")
        whole = hashlib.sha256()
        for name in _files_below(place):
            text = f"{len(name.encode())}:{name}={digest_of(place / name)[0]};"
            whole.update(text.encode("utf-8", "surrogateescape"))
        return Fingerprint(f"sha256-tree:{whole.hexdigest()}", "content")

    def names(self, path: str, depth: int | None = None) -> list[str]:
        """Return the relative paths of the files below a folder, at most ``depth`` folders deep.

        What is hidden is left out; folders behind symbolic links are not entered.
        """
        found: list[str] = []
        folders = [("", 0)]
        while folders:
            below, level = folders.pop()
            for entry in _entries(f"{path}/{below}"):
                if entry.name[0] == ".":
                    continue
                if not entry.is_dir():
                    found.append(below + entry.name)
                elif level != depth and not entry.is_symlink():
                    folders.append((f"{below}{entry.name}/", level + 1))
        return found

    def sizes(self, path: str, names: Collection[str]) -> dict[str, int]:
        return {name: Path(path, name).stat().st_size for name in names}

    def fingerprints(self, path: str, names: Collection[str]) -> dict[str, Fingerprint]:
        """Return the SHA-256 of files below a folder, without those that are not there."""
        found = {}
        for name in names:
            with suppress(FileNotFoundError):
                found[name] = Fingerprint(f"sha256:{digest_of(f'{path}/{name}')[0]}", "content")
        return found

    def all_fingerprints(self, path: str, depth: int | None = None) -> dict[str, Fingerprint]:
        """Return the SHA-256 of the files that :meth:`names` gives."""
        return self.fingerprints(path, self.names(path, depth))

    def retire(self, path: str, names: Iterable[str], trash: Path | None) -> None:
        """Move files below a folder to the trash, or remove them, and the folders that become empty."""
        for name in names:
            place = Path(path, name)
            if trash is None:
                place.unlink(missing_ok=True)
            elif place.exists():
                _move(place, trash / name)
            for _ in name.split("/")[:-1]:
                with suppress(OSError):
                    place = place.parent
                    place.rmdir()

    def keep(self, path: str, target: Path) -> None:
        """Give a file or folder that is about to be replaced a second place.

        A replacement puts a new file in the place of the old one, so that a second name for the old one
        costs nothing.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.isdir(path):  # noqa: PTH112
            shutil.copytree(path, target, copy_function=_second_name, dirs_exist_ok=True)
        else:
            _second_name(path, str(target))


def _second_name(source: str, target: str) -> str:
    Path(target).unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)
    return target


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _move(place: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(place, target)  # noqa: PTH105
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with replacing(target) as fresh:
            shutil.copy2(place, fresh)
        place.unlink()


def open_store(
    path: str,
    root: Path | None,
    credentials: object,
    fs_args: Mapping[str, Any],
) -> tuple[Store, str]:
    """Return the store that a path or URL belongs to, and the path within it.

    Raises:
        MissingLibraryError: the library behind the URL is not installed.
    """
    if not is_url(path):
        return LocalStore(), local_text(path, root)
    from plait.catalog.remote import RemoteStore  # fsspec costs more to import than all of this package

    options = {**_as_options(revealed(credentials)), **fs_args}
    store = RemoteStore(path, options)
    return store, store.path


def tree_fingerprint(parts: Mapping[str, Fingerprint]) -> Fingerprint | None:
    """Return what identifies parts by their keys and all of them together; as weak as the weakest."""
    if not parts:
        return None
    whole = hashlib.sha256()
    for key in sorted(parts):
        whole.update(f"{len(key.encode())}:{key}={parts[key].token};".encode("utf-8", "surrogateescape"))
    strengths = {part.strength for part in parts.values()}
    weakest = next(strength for strength in _WEAK_FIRST if strength in strengths)
    return Fingerprint(f"sha256-parts:{whole.hexdigest()}", weakest)


def revealed(value: Any) -> Any:
    """Return a configured value with every :class:`~plait.values.Secret` in it opened."""
    if isinstance(value, Secret):
        return revealed(value.reveal())
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return value


def _as_options(credentials: Any) -> Mapping[str, Any]:
    if credentials is None:
        return {}
    if isinstance(credentials, Mapping):
        return credentials
    raise DatasetError(
        "credentials for a file are a mapping, such as {key: …, secret: …}",
        why=f"found a {type(credentials).__name__}",
    )


def _is_there(path: str) -> bool:
    """Look without a Path, which costs more than the look; what forbids looking is raised, as Path does."""
    try:
        os.stat(path)  # noqa: PTH116
    except OSError as error:
        if error.errno not in _MISSING:
            raise
        return False
    except ValueError:  # a null in the name
        return False
    return True


def _files_below(folder: Path) -> list[str]:
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != SAVING]
        found += [Path(parent, name).relative_to(folder).as_posix() for name in names]
    return sorted(found)
