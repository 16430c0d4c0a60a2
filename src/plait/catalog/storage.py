"""Saves that happen whole or not at all, on the local file system.

A file is written beside its target, in a hidden folder of its own (``.plait-saving/<owner>/``, under the
very name it will have), and moved over the target in one step. Killed before that step, the old data is
there; after it, the new. What the dead leave behind is removed by the next save into the same folder.

A folder cannot be replaced in one step, so its save is a journal of renames that whoever comes next can
finish: the complete new folder is set aside as ``<owner>.ready/``, the old one is moved into it, the new
one takes its place. Whoever finds the target missing and a ``.ready`` of a dead owner moves the new one in;
whoever finds the target in place discards the rest.

None of that needs a flush to the disk (``fsync``) to survive a kill; a power cut is another matter. A
version is always flushed, because a later load takes the latest without asking. Data that replaces
something is flushed up to 64 MiB: what people edit by hand is that small, while for a gigabyte the wait
would double the save, and what could be lost is the last node's result, which its fingerprint gives away.
A first save is not flushed: there is nothing before it to lose.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from plait.processes import is_gone, signature

__all__ = ["SAVING", "alone", "creating_version", "many", "put", "remove", "replacing", "settle", "tidy"]

SAVING = ".plait-saving"
_READY = ".ready"
_WAIT_SECONDS = 5.0
_FLUSHED_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class _Home:
    """A folder that is saved into: where it really is, and the hidden folders in it, the last in use."""

    folder: str
    places: list[Path]

    def spoil(self) -> None:
        """Take a new hidden folder: half a file may lie in the one before."""
        self.places.append(_new_workplace(Path(self.folder)))


class _Shared:
    """The hidden folders that the saves of one thread share."""

    def __init__(self) -> None:
        self._homes: dict[str, _Home] = {}

    def home(self, folder: str) -> _Home:
        """Return what is known of a folder, looked at when it is first saved into."""
        found = self._homes.get(folder)
        if found is None:
            real = os.path.realpath(folder)
            found = self._homes.get(real) or _Home(real, [_new_workplace(Path(real))])
            self._homes[folder] = self._homes[real] = found
        return found

    def discard(self) -> None:
        for home in {id(home): home for home in self._homes.values()}.values():
            for place in home.places:
                _discard(place)


_SHARED: ContextVar[_Shared | None] = ContextVar("shared places of saves", default=None)


@contextmanager
def replacing(target: Path, *, folder: bool = False, flush: bool = False) -> Iterator[Path]:
    """Put what is written inside the context in the place of ``target``, whole or not at all.

    The context gives the path to write to, which has the name of the target: a file that is not there yet,
    or an empty folder. Whatever is raised inside passes through and leaves the old data.

    Args:
        target: a file or folder; through a symbolic link what it points to is replaced, and the link stays.
        folder: whether the context gives an empty folder.
        flush: wait for the disk however much there is, because it holds more than the last save's data.

    Raises:
        OSError: the place cannot be written.
    """
    target = Path(os.path.realpath(target))
    settle(target)
    before = _status(target)
    _refuse_read_only(target, before)
    with _workplace(target.parent) as place:
        fresh = place / target.name
        if folder:
            fresh.mkdir()
        yield fresh
        _move_into_place(fresh, target, before, flush=flush)


def put(path: str, write: Callable[[Path], object]) -> bool:
    """Put the file that ``write`` makes where nothing lies or a plain file does, inside :func:`many`.

    It does what :func:`replacing` does, without looking again at what all files of a folder have in common.

    Returns:
        False where it wrote nothing, because there is more to consider than that.
    """
    shared = _SHARED.get()
    before = _plain_status(path)
    if shared is None or before == "other":
        return False
    folder, name = os.path.split(path)
    home = shared.home(folder)
    if before is not None:
        _refuse_read_only(path, before)
    fresh = home.places[-1] / name
    try:
        write(fresh)
        if before is None and _is_plain(fresh):
            os.replace(fresh, f"{home.folder}{os.sep}{name}")  # noqa: PTH105
        else:
            _move_into_place(fresh, Path(home.folder, name), before)
    except BaseException:
        home.spoil()
        raise
    return True


@contextmanager
def many() -> Iterator[None]:
    """Let all saves of this thread inside the block share hidden folders, which are made and removed once.

    For many small files that is most of the cost of a save.
    """
    shared = _Shared()
    token = _SHARED.set(shared)
    try:
        yield
    finally:
        _SHARED.reset(token)
        shared.discard()


@contextmanager
def creating_version(target: Path, *, folder: bool = False) -> Iterator[Path]:
    """Make ``target``, whose parent is the folder of one version, appear together with that folder.

    The context gives the path to write to, as that of :func:`replacing` does.

    Raises:
        FileExistsError: the version is there already.
    """
    version = target.parent
    versions = Path(os.path.realpath(version.parent))
    if version.exists():
        raise FileExistsError(str(version))
    with _workplace(versions) as place:
        fresh = place / version.name
        (fresh / target.name if folder else fresh).mkdir(parents=True)
        yield fresh / target.name
        _refuse_unwritten(fresh / target.name)
        _flush(fresh)
        try:
            fresh.rename(versions / version.name)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
                raise FileExistsError(str(version)) from error
            raise


def remove(target: Path) -> None:
    """Remove a file or a folder so that a killed removal leaves it whole or gone."""
    if target.is_dir() and not target.is_symlink():
        with _workplace(target.parent) as place:
            target.rename(place / target.name)
    else:
        target.unlink()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep others who read data to write it again out of a folder; freed when the process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = _locked(folder)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _locked(folder: Path) -> int | None:
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # some network file systems have no locks; there, leases of runs must do
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def settle(target: Path) -> None:
    """Finish, for a target that is missing, the replacement that a killed process began.

    While a living process is between its two renames, wait for it.
    """
    if os.path.lexists(target):
        return
    deadline = time.monotonic() + _WAIT_SECONDS
    for ready in _ready(target):
        while not is_gone(ready.name) and time.monotonic() < deadline:
            if os.path.lexists(target) or not ready.exists():
                return
            time.sleep(0.002)
        if not os.path.lexists(target):
            with suppress(FileNotFoundError):
                (ready / target.name).rename(target)


def tidy(target: Path) -> None:
    """Remove what killed saves have left beside a target, and within it where it is a folder of parts."""
    for saving in (target.parent / SAVING, *_saving_below(target)):
        if saving.is_dir():
            with suppress(FileNotFoundError):  # another run has just taken it away
                _clean(saving)
            with suppress(OSError):  # somebody is saving
                saving.rmdir()


def _saving_below(target: Path) -> Iterator[Path]:
    """Give the hidden folders of saves below a folder; what vanishes while it is walked is no error."""
    if target.is_symlink():
        return
    for parent, folders, _ in os.walk(target):
        if SAVING in folders:
            folders.remove(SAVING)
            yield Path(parent, SAVING)


def _ready(target: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(target.parent / SAVING))  # noqa: PTH208 - one system call
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = (target.parent / SAVING / name for name in names if name.endswith(_READY))
    return [ready for ready in found if os.path.lexists(ready / target.name)]


def _swap(fresh: Path, target: Path) -> None:
    ready = fresh.parent.with_name(fresh.parent.name + _READY)
    replaced = ready / SAVING  # the one name that no target can have
    fresh.parent.rename(ready)
    try:
        if os.path.lexists(target):
            target.rename(replaced)
        (ready / target.name).rename(target)
    except OSError:
        if os.path.lexists(replaced):
            replaced.rename(target)
        raise
    finally:
        _discard(ready)


def _refuse_unwritten(fresh: Path) -> None:
    if not os.path.lexists(fresh):
        raise FileNotFoundError(f"the writer made no '{fresh.name}'")


def _status(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _plain_status(path: str) -> os.stat_result | Literal["other"] | None:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found if stat.S_ISREG(found.st_mode) else "other"


def _is_plain(fresh: Path) -> bool:
    return isinstance(_plain_status(str(fresh)), os.stat_result)


def _refuse_read_only(target: str | Path, before: os.stat_result | None) -> None:
    # A rename would replace a file that its owner has made read-only; writing in place would not.
    if before is not None and not stat.S_ISDIR(before.st_mode) and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only", str(target))


def _move_into_place(
    fresh: Path, target: Path, before: os.stat_result | None, *, flush: bool = False
) -> None:
    _refuse_unwritten(fresh)
    if before is not None:
        _keep_mode(fresh, before)
    if before is not None or flush:
        _flush(fresh, None if flush else _FLUSHED_BYTES)
    if fresh.is_dir() or (before is not None and stat.S_ISDIR(before.st_mode)):
        _swap(fresh, target)
    else:
        os.replace(fresh, target)  # noqa: PTH105 - the one call that everything here is about


def _keep_mode(fresh: Path, before: os.stat_result) -> None:
    if fresh.is_dir() == stat.S_ISDIR(before.st_mode):
        fresh.chmod(stat.S_IMODE(before.st_mode))


def _flush(fresh: Path, limit: int | None = None) -> None:
    """Wait until a file, or every file below a folder, is on the disk; not if that is more than ``limit``."""
    files = [fresh] if not fresh.is_dir() else [path for path in fresh.rglob("*") if path.is_file()]
    if limit is None or sum(path.stat().st_size for path in files) <= limit:
        for path in files:
            _fsync(path)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """Give a hidden folder of one's own below ``folder``, and take it away again."""
    shared = _SHARED.get()
    if shared is not None:
        with _shared_workplace(folder, shared) as place:
            yield place
        return
    place = _new_workplace(folder)
    try:
        yield place
    finally:
        _discard(place)


@contextmanager
def _shared_workplace(folder: Path, shared: _Shared) -> Iterator[Path]:
    home = shared.home(str(folder))
    try:
        yield home.places[-1]
    except BaseException:
        home.spoil()
        raise


def _new_workplace(folder: Path) -> Path:
    saving = folder / SAVING
    if saving.exists():
        with suppress(FileNotFoundError):  # another save has just taken it away
            _clean(saving)
    place = saving / f"{signature()}-{secrets.token_hex(4)}"
    while True:
        try:
            saving.mkdir(parents=True, exist_ok=True)
            place.mkdir()
        except FileNotFoundError:  # another save has just taken the empty folder away
            continue
        except FileExistsError:  # and so while it was looked at whether it is a folder
            if saving.exists() and not saving.is_dir():
                raise
        else:
            return place


def _discard(place: Path) -> None:
    try:
        place.rmdir()
    except OSError:
        shutil.rmtree(place, ignore_errors=True)
    with suppress(OSError):
        place.parent.rmdir()


def _clean(saving: Path) -> None:
    for name in os.listdir(saving):  # noqa: PTH208 - one system call
        if is_gone(name):
            if name.endswith(_READY):
                _finish(saving / name)
            shutil.rmtree(saving / name, ignore_errors=True)


def _finish(ready: Path) -> None:
    for fresh in ready.iterdir():
        if fresh.name != SAVING:
            settle(ready.parent.parent / fresh.name)
