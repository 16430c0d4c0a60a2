"""Writing down, after a run that left nothing to do, all that this rests on."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.catalog import FileDataset
from plait.catalog.memory import MemoryDataset
from plait.engine.fingerprints import LedgerMemo
from plait.engine.hooks import intercepts
from plait.errors import PlaitError
from plait.project.foresight import Foresight, open_foresight
from plait.project.remote_state import can_be_asked, tokens
from plait.project.snapshot import (
    FileState,
    Snapshot,
    below,
    digest_of_environment,
    file_state,
    folder_state,
    interpreter,
    passing,
    write_snapshot,
)

if TYPE_CHECKING:
    from plait.project.project import Project
    from plait.project.running import RunRequest
    from plait.project.watch import Watch

__all__ = ["remember_complete"]

_MOST = (
    2_000_000_000  # bytes nobody has read yet: above, the next run reads them, and not the end of this one
)
_FROM_ENVIRONMENT = re.compile(r"\$\{\s*(?:oc\.)?env\s*:\s*([A-Za-z_][A-Za-z0-9_]*|[^,}]*)")
_READS_ENVIRONMENT = re.compile(rb"\b(?:environ|getenv|expandvars|expanduser|home\(\))\b")
_PLAIT = str(Path(__file__).resolve().parent.parent) + os.sep


def remember_complete(
    project: Project, request: RunRequest, question: Mapping[str, Any], watch: Watch
) -> bool:
    """Keep what an unchanged project looks like, if there is nothing left to do; return whether it was kept.

    Nothing is kept where only running the project's code can tell: when its hooks see the data, when a
    node always runs, when a store cannot be looked at from outside, or when making the pipelines reached
    for more than sources and configuration.
    """
    hooks = project.parts().hooks
    if watch.touched or (hooks is not None and intercepts(hooks)):
        return False
    try:
        with open_foresight(project, request) as foresight:
            if foresight.bytes_to_hash() > _MOST or not _nothing_to_do(foresight):
                return False
            snapshot = _Gathering(project, foresight).snapshot()
    except PlaitError:
        return False
    if snapshot is None:
        return False
    write_snapshot(str(project.root), question, snapshot)
    return True


def _nothing_to_do(foresight: Foresight) -> bool:
    settled = all(step.action == "skip" and not step.decision.adopted for step in foresight.steps)
    return settled and not foresight.stale_upstream


class _Gathering:
    """Collects the state of files and folders, named relative to the project where below it."""

    def __init__(self, project: Project, foresight: Foresight) -> None:
        self._project = project
        self._foresight = foresight
        self._root = str(project.root)
        self._files: dict[str, FileState] = {}
        self._folders: dict[str, str] = {}
        self._absent: list[str] = []
        self._remote: list[str] = []
        self._memo = LedgerMemo(foresight.ledger.database, project.root)

    def snapshot(self) -> Snapshot | None:
        """Return the whole, or None where something cannot be looked at."""
        for path in self._configured():
            self._file(path)
        if self._project.package is None:
            self._file(str(self._project.place))
            self._folder(self._root)
        else:
            self._tree(self._project.source)
            self._tree(self._project.conf)
        for module in sorted({*_other_modules(), *self._reached()}):
            self._file(module)
            self._folder(os.path.dirname(module))  # noqa: PTH120
        for name in sorted(self._foresight.stored() | self._foresight.stored_upstream()):
            if not self._dataset(name):
                return None
        remote = self._remote_tokens()
        if None in remote.values():
            return None
        return Snapshot(
            interpreter(),
            self._environment(),
            self._files,
            self._folders,
            tuple(self._absent),
            {name: str(token) for name, token in remote.items()},
            len(self._foresight.steps),
        )

    def _configured(self) -> Iterator[str]:
        root = self._project.root
        for name in ("pyproject.toml", "uv.lock"):
            if (root / name).exists():
                yield str(root / name)
            else:
                self._absent.append(name)

    def _dataset(self, name: str) -> bool:
        dataset = self._foresight.prepared.catalog.dataset(name)
        if isinstance(dataset, MemoryDataset):
            return True
        place = _place_of(dataset)
        if place is None and self._project.package is not None and can_be_asked(dataset):
            self._remote.append(name)
            return True
        if place is None or not place.exists():
            return False
        if isinstance(dataset, FileDataset) and dataset.version is not None:
            self._folder(str(place.parent.parent))
        if place.is_dir():
            self._tree(place)
        else:
            self._file(str(place))
        return True

    def _reached(self) -> Iterator[str]:
        """Give the files of the user's own code that nodes reach, imported or not."""
        judge = self._foresight.judge
        for step in self._foresight.steps:
            if judge is not None:
                files = judge.identity(step.step).manifest.files
                yield from (os.path.join(self._root, file) for file in files)  # noqa: PTH118

    def _remote_tokens(self) -> dict[str, str | None]:
        """Return what data behind URLs was decided by, and what stores say of the rest."""
        judge = self._foresight.judge
        known = {} if judge is None else {name: judge.token(name) for name in self._remote}
        rest = [name for name in self._remote if known.get(name) is None]
        return {**known, **(tokens(self._foresight.prepared.catalog, rest) if rest else {})}

    def _environment(self) -> dict[str, str | None]:
        """Return the environment variables that count; all of them where it cannot be told which."""
        names: set[str] = set()
        for path in list(self._files):
            full = os.path.join(self._root, path)  # noqa: PTH118
            if full.startswith(f"{self._project.conf}{os.sep}"):
                text = Path(full).read_text(encoding="utf-8", errors="replace")
                found = [name.strip() for name in _FROM_ENVIRONMENT.findall(text)]
                names.update(name if name.isidentifier() else "*" for name in found)
            elif full.endswith(".py") and _READS_ENVIRONMENT.search(Path(full).read_bytes()):
                names.add("*")
        return {name: digest_of_environment(name) for name in sorted(names)}

    def _tree(self, folder: str | Path) -> None:
        for parent, files in below(str(folder)):
            self._folder(parent)
            for name in files:
                self._file(os.path.join(parent, name))  # noqa: PTH118

    def _file(self, path: str) -> None:
        known = self._memo.recall(path)
        state = file_state(path, None if known is None else (*known,))
        if state is not None:
            self._files[self._name(path)] = state

    def _folder(self, path: str) -> None:
        state = folder_state(path)
        if state is not None:
            self._folders[self._name(path)] = state

    def _name(self, path: str) -> str:
        return path.removeprefix(f"{self._root}{os.sep}") if path != self._root else "."


def _place_of(dataset: Any) -> Path | None:
    """Return the local file or folder of a dataset; None for what lies elsewhere, or nobody can tell."""
    for asked in ("local_place", "local_folder"):
        place = getattr(dataset, asked, lambda: None)()
        if isinstance(place, Path):
            return place
    return None


def _other_modules() -> Iterable[str]:
    """Return the files of imported modules that are neither installed nor Python's: editable packages."""
    installed = {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix}
    places = tuple([f"{Path(path).resolve()}{os.sep}" for path in installed])
    files = (getattr(module, "__file__", None) for module in tuple(sys.modules.values()))
    real = {os.path.realpath(file) for file in files if isinstance(file, str)}
    return sorted(
        file
        for file in real
        if not file.startswith((*places, _PLAIT)) and not passing(file) and os.path.isfile(file)  # noqa: PTH113
    )
