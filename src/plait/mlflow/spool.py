"""What is to be told to MLflow, as lines of a file a run, until it has arrived there.

``.plait/mlflow/<run>.jsonl`` begins with a line that says where it goes; ``<run>.sent`` says how many lines
have arrived. A run that ended and arrived has neither. Whoever sends holds the lock of the file, so that no
line is sent by two at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

__all__ = ["Spool", "waiting"]

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
        self._sent = Path(f"{base}.sent")
        self._problem = Path(f"{base}.problem")
        self._open: TextIO | None = None

    # --- Writing, in the process of the run

    def write(self, documents: list[dict[str, Any]]) -> None:
        """Append lines, and let whoever reads them see them."""
        if self._open is None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._open = self.file.open("a", encoding="utf-8")
        self._open.write("".join(json.dumps(document, default=str) + "\n" for document in documents))
        self._open.flush()

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
    def problem(self) -> str | None:
        """Why nothing could be sent when it was last tried."""
        with suppress(OSError):
            return self._problem.read_text()
        return None

    def is_gone(self) -> bool:
        """Say whether all has arrived."""
        return not self.file.exists()

    def forget(self) -> None:
        """Remove what has arrived."""
        for path in (self.file, self._sent, self._problem):
            path.unlink(missing_ok=True)


def waiting(state: Path) -> list[Spool]:
    """Return the runs that have not arrived, oldest first."""
    return [Spool(state, file.stem) for file in sorted((state / _FOLDER).glob("*.jsonl"))]


def _locked(file: Any) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: two senders repeat each other, and what they send is the same
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
