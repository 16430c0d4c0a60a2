"""What is to be told to MLflow, as lines of a file a run, until it has arrived there.

``.plait/mlflow/<run>.jsonl`` begins with a line that says where it goes, ``<run>.files`` holds what goes with
the lines, and ``<run>.sent`` says how many of them have arrived. Of a run that ended and arrived only
``<run>.told`` is left: what it is called there. Whoever sends holds the lock of the lines, so that none is
sent by two at once.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["Spool", "arrival_document", "arrival_of", "model_of", "one_at_a_time", "waiting"]

_FOLDER = "mlflow"


class Spool:
    """The lines of one run.

    Args:
        state: the state folder of the project.
    """

    def __init__(self, state: Path, run: str) -> None:
        self.run = run
        base = state / _FOLDER / run.replace(":", ".")
        self.file = Path(f"{base}.jsonl")
        self.files = Path(f"{base}.files")
        self._sent = Path(f"{base}.sent")
        self._told = Path(f"{base}.told")
        self._problem = Path(f"{base}.problem")
        self._open: BinaryIO | None = None

    # --- Writing, in the process of the run

    def write(self, documents: list[dict[str, Any]]) -> None:
        """Append lines, all or none of them, and let whoever reads them see them. Raises OSError."""
        if self._open is None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._open = self.file.open("ab", buffering=0)
        end = self._open.seek(0, os.SEEK_END)
        text = "".join(json.dumps(document, default=str) + "\n" for document in documents).encode()
        try:
            written = self._open.write(text)
            if written != len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.file))
        except OSError:
            with suppress(OSError):
                self._open.truncate(end)
            raise

    def keep(self, path: Path) -> str:
        """Keep a file or folder as it is now; return its path below ``files``.

        Saves put another file in the place of one, and never change it: another name for it is enough where
        the disk is the same.
        """
        self.files.mkdir(parents=True, exist_ok=True)
        number = sum(1 for _ in self.files.iterdir())
        place = self.files / str(number) / path.name
        place.parent.mkdir()
        if path.is_dir():
            shutil.copytree(path, place, copy_function=_linked)
        else:
            _linked(path, place)
        return f"{number}/{path.name}"

    def close(self) -> None:
        """Make sure that the lines outlive a power cut."""
        if self._open is not None:
            os.fsync(self._open.fileno())
            self._open.close()
            self._open = None

    # --- Sending

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Give whether nobody else sends these lines; the system frees the lock of a process that dies."""
        try:
            file = self.file.open("rb")
        except OSError:
            yield False
            return
        with file:
            yield _locked(file)

    def lines(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the whole lines there are, without the first so many."""
        with suppress(FileNotFoundError):
            *whole, _ = self.file.read_text(encoding="utf-8").split("\n")
            return [json.loads(line) for line in whole[after:]]
        return []

    def arrived(self) -> dict[str, Any]:
        """Return what is known of what has arrived: ``lines``, and the run's name in MLflow."""
        with suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads(self._sent.read_text())
            return found
        return {"lines": 0}

    def note_arrived(self, document: dict[str, Any]) -> None:
        """Keep that lines have arrived."""
        beside = self._sent.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(document))
        beside.replace(self._sent)

    def note_problem(self, text: str) -> None:
        """Keep why nothing can be sent."""
        self._problem.write_text(text)

    @property
    def state(self) -> Path:
        """The state folder of the project."""
        return self.file.parents[1]

    @property
    def problem(self) -> str | None:
        """Why nothing could be sent when it was last tried."""
        with suppress(OSError):
            return self._problem.read_text()
        return None

    def is_gone(self) -> bool:
        """Say whether all has arrived."""
        return not self.file.exists()

    def forget(self, arrival: dict[str, Any]) -> None:
        """Remove what has arrived, and keep what it is called there."""
        self._told.write_text(json.dumps(arrival))
        shutil.rmtree(self.files, ignore_errors=True)
        for path in (self.file, self._sent, self._problem):
            path.unlink(missing_ok=True)

    def arrival(self) -> dict[str, Any] | None:
        """Return what the run is called in MLflow, as far as it has arrived; None where none of it has."""
        for path in (self._told, self._sent):
            with suppress(OSError, ValueError):
                found: dict[str, Any] = json.loads(path.read_text())
                return found if "run" in found else None
        return None


@contextmanager
def one_at_a_time(state: Path) -> Iterator[None]:
    """Wait for the others of a project: who opens a store first makes its tables, and two would collide."""
    with (state / _FOLDER / "opening.lock").open("wb") as file:
        _locked(file, wait=True)
        yield


def waiting(state: Path) -> list[Spool]:
    """Return the runs that have not arrived, oldest first."""
    return [Spool(state, file.stem) for file in sorted((state / _FOLDER).glob("*.jsonl"))]


def arrival_of(state: Path, run: str) -> dict[str, Any] | None:
    """Return the ``run``, ``experiment``, ``uri``, ``models`` of a run in MLflow; None if it is not there."""
    return Spool(state, run).arrival()


def model_of(state: Path, uri: str) -> tuple[str, str] | None:
    """Return the run and dataset that became a model of MLflow, as ``models:/name/3``; None if none did."""
    for file in (state / _FOLDER).glob("*.told"):
        with suppress(OSError, ValueError):
            for dataset, told in json.loads(file.read_text())["models"].items():
                if uri in (told["uri"], f"models:/{told['model_id']}"):
                    return file.stem, dataset
    return None


def arrival_document(state: Path, run: str) -> dict[str, Any] | None:
    """Return what people are told of a run in MLflow, None where it is not there.

    ``page`` is the address of its page at a server, None for a local store, which has none of its own;
    ``refused`` is what MLflow has not taken of the run, and why.
    """
    found = arrival_of(state, run)
    if found is None:
        return None
    uri, page = str(found["uri"]).rstrip("/"), None
    if uri.startswith(("http://", "https://")):
        page = f"{uri}/#/experiments/{found['experiment']}/runs/{found['run']}"
    models = {dataset: told["uri"] for dataset, told in found.get("models", {}).items()}
    names = {"run": found["run"], "experiment": found["experiment"]}
    return {**names, "page": page, "models": models, "refused": found.get("refused", [])}


def _linked(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copy2(source, target)


def _locked(file: Any, *, wait: bool = False) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: two senders repeat each other, and what they send is the same
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
