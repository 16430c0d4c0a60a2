"""What a project was made of when everything in it was up to date, to see quickly that it still is.

Reading and comparing imports nothing of the project, no data library, and little of Plait: files are looked
at by size, time and inode, and read again only where these differ. Equal bytes are no change.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from plait import __version__

__all__ = [
    "FileState",
    "Snapshot",
    "below",
    "digest_of_environment",
    "file_state",
    "folder_state",
    "interpreter",
    "matches",
    "passing",
    "read_snapshot",
    "write_snapshot",
]

_SCHEMA = 2
_RACY = 2_000_000_000  # ns; a file system may not tell two changes so close
_PASSING = frozenset({"__pycache__", ".plait-saving", ".ipynb_checkpoints", ".DS_Store"})
_VOLATILE = frozenset({"_", "COLUMNS", "LINES", "OLDPWD", "PWD", "PYTEST_CURRENT_TEST", "SHLVL", "WINDOWID"})

FileState = tuple[int, int, int, str, int]
"""Size, time of change (ns), inode, SHA-256, and when it was looked at (ns)."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that an answer "nothing to do" rests on.

    Attributes:
        interpreter: Plait, Python, and the folders of installed libraries.
        environ: environment variable → digest of its value, None where it is not set; ``*`` for all of them.
        files: path, relative to the project where below it → state.
        folders: path → names in it, digested: a new file is noticed.
        absent: paths where nothing may lie.
        remote: name of a dataset behind a URL → what its store said of it.
        nodes: how many nodes are up to date.
    """

    interpreter: Mapping[str, Any]
    environ: Mapping[str, str | None]
    files: Mapping[str, FileState]
    folders: Mapping[str, str]
    absent: tuple[str, ...] = ()
    remote: Mapping[str, str] = field(default_factory=dict)
    nodes: int = 0
    schema: int = field(default=_SCHEMA)


def read_snapshot(root: str, question: Mapping[str, Any]) -> Snapshot | None:
    """Return what was written for the same question, or None."""
    try:
        with open(_place(root, question), encoding="utf-8") as file:  # noqa: PTH123
            document = json.load(file)
        if document["schema"] != _SCHEMA:
            return None
        document["files"] = {path: tuple(state) for path, state in document["files"].items()}
        return Snapshot(**{**document, "absent": tuple(document["absent"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_snapshot(root: str, question: Mapping[str, Any], snapshot: Snapshot) -> None:
    """Keep a snapshot. Where that cannot be done, the next run takes the long way."""
    place = _place(root, question)
    beside = f"{place}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120
        with open(beside, "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump(asdict(snapshot), file)
        os.replace(beside, place)  # noqa: PTH105
    except OSError:
        return


def matches(root: str, snapshot: Snapshot) -> Snapshot | None:
    """Return the snapshot, with what was learnt of files, if everything is as it was; else None.

    What lies behind URLs is not asked for: :func:`plait.project.remote_state.is_as_recorded` does that.
    """
    if snapshot.interpreter != interpreter():
        return None
    if any(digest_of_environment(name) != value for name, value in snapshot.environ.items()):
        return None
    if any(os.path.lexists(os.path.join(root, path)) for path in snapshot.absent):  # noqa: PTH118
        return None
    files: dict[str, FileState] = {}
    for path, state in snapshot.files.items():
        now = file_state(os.path.join(root, path), state)  # noqa: PTH118
        if now is None or now[3] != state[3]:
            return None
        files[path] = now
    if any(folder_state(os.path.join(root, path)) != names for path, names in snapshot.folders.items()):  # noqa: PTH118
        return None
    return replace(snapshot, files=files)


def interpreter() -> dict[str, Any]:
    """Return what identifies Plait, Python, and the libraries that are installed."""
    places = sorted({path for path in sys.path if path.endswith(("site-packages", "dist-packages"))})
    return {
        "plait": __version__,
        "python": sys.version,
        "prefix": sys.prefix,
        "path": os.environ.get("PYTHONPATH"),
        # The name of a distribution's folder holds its version, so an upgrade changes the listing.
        "libraries": {place: folder_state(place) for place in places},
    }


def digest_of_environment(name: str) -> str | None:
    """Return the digest of an environment variable; ``*`` is all but those that change by themselves."""
    if name == "*":
        kept = sorted(item for item in os.environ.items() if item[0] not in _VOLATILE)
        return _digest(json.dumps(kept).encode())
    value = os.environ.get(name)
    return None if value is None else _digest(value.encode("utf-8", "surrogateescape"))


def file_state(path: str, known: FileState | None = None) -> FileState | None:
    """Return the state of a file, read only where the known one does not hold; None where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116
        if known is not None and _holds(known, status):
            return known
        seen = time.time_ns()
        with open(path, "rb") as stream:  # noqa: PTH123
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        after = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
        return None  # someone writes to it
    return (status.st_size, status.st_mtime_ns, status.st_ino, digest, seen)


def folder_state(path: str) -> str | None:
    """Return the digest of the lasting names in a folder, or None where there is none."""
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208
    except OSError:
        return None
    return _digest("\0".join(name for name in names if not passing(name)).encode("utf-8", "surrogateescape"))


def passing(name: str) -> bool:
    """Say whether a name is of something that comes and goes by itself."""
    return name in _PASSING or name.endswith((".pyc", ".swp", "~")) or name.startswith(".plait-traces")


def below(folder: str) -> Iterable[tuple[str, list[str]]]:
    """Give every folder from ``folder`` down, with the names of its files."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not passing(name)]
        yield parent, [name for name in files if not passing(name)]


def _holds(known: FileState, status: os.stat_result) -> bool:
    size, mtime, inode, _, seen = known
    same = (size, mtime, inode) == (status.st_size, status.st_mtime_ns, status.st_ino)
    return same and seen - mtime > _RACY


def _place(root: str, question: Mapping[str, Any]) -> str:
    key = _digest(json.dumps(question, sort_keys=True, default=str).encode())[:24]
    return os.path.join(root, ".plait", "cache", f"complete-{key}.json")  # noqa: PTH118


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
