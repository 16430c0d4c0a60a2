"""The feed of a run for whoever watches it, from whatever process.

A viewer touches the marker ``live/watched`` in the state folder every second. A run looks at the marker a
few times a second; while it is fresh the run appends its events to ``live/<run>.jsonl``, a JSON document a
line. Who begins to watch in the middle of a run first gets one line that sums up what became of each node
so far. A run that nobody watches pays for one look at a clock an event.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from plait.events import (
    Event,
    NodeBlocked,
    NodeFailed,
    NodeFinished,
    NodeSkipped,
    NodeStarted,
    PartitionDone,
    RunFinished,
    RunStarted,
)
from plait.processes import signature

__all__ = ["LiveFeed", "LiveTail", "watch"]

_FOLDER = "live"
_MARKER = "watched"
_FRESH = 3.0  # seconds for which a marker counts
_LOOK = 0.2  # seconds between looks at it
_FLUSH = 0.05  # seconds an event may wait
_KEPT = 600.0  # seconds for which the feed of a run that ended is kept

_STATES: dict[type[Event], str] = {
    NodeStarted: "running",
    NodeFinished: "done",
    NodeFailed: "failed",
    NodeSkipped: "skipped",
    NodeBlocked: "blocked",
}


def watch(state: Path) -> None:
    """Say that somebody watches the runs of a project; to be repeated every second."""
    folder = state / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARKER).touch()


class LiveFeed:
    """An observer that writes down the events of one run while somebody watches.

    Args:
        state: the project's state folder.
    """

    def __init__(self, state: Path) -> None:
        self._folder = state / _FOLDER
        self._marker = str(self._folder / _MARKER)
        self._begun: RunStarted | None = None
        self._states: dict[str, str] = {}
        self._keys: dict[str, int] = {}
        self._next_look = 0.0
        self._stream: TextIO | None = None
        self._flusher: _Flusher | None = None

    def on_event(self, event: Event) -> None:
        """Take an event. Whatever goes wrong with the feed ends the feed and nothing else."""
        self._note(event)
        if self._stream is None and not self._is_watched():
            return
        try:
            stream = self._stream or self._open(event)
            ends = isinstance(event, RunFinished)
            if stream is self._stream or ends:
                stream.write(json.dumps(event.to_json(), default=str) + "\n")
            self._stream = stream
            if ends:
                self._close()
        except (OSError, ValueError):
            self._stream, self._next_look = None, float("inf")

    def _note(self, event: Event) -> None:
        if isinstance(event, PartitionDone):
            self._keys[event.node] = self._keys.get(event.node, 0) + 1
        elif isinstance(event, RunStarted):
            self._begun = event
        else:
            state = _STATES.get(type(event))
            if state is not None:
                self._states[event.node] = state  # type: ignore[attr-defined]

    def _is_watched(self) -> bool:
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + _LOOK
        try:
            return time.time() - os.stat(self._marker).st_mtime < _FRESH  # noqa: PTH116 - asked for often
        except OSError:
            return False

    def _open(self, event: Event) -> TextIO:
        """Begin with what there was so far, this event included."""
        _forget_old(self._folder)
        stream = (self._folder / f"{event.run_id}.jsonl").open("w", encoding="utf-8")
        stream.write(json.dumps(self._summary(event), default=str) + "\n")
        stream.flush()
        self._flusher = _Flusher(stream)
        return stream

    def _summary(self, event: Event) -> dict[str, Any]:
        begun = {} if self._begun is None else self._begun.to_json()
        return {
            **begun,
            "event": "run_so_far",
            "run_id": event.run_id,
            "time": event.time,
            "pid": os.getpid(),
            "process": signature(),
            "states": self._states,
            "keys": self._keys,
        }

    def _close(self) -> None:
        if self._flusher is not None:
            self._flusher.stop()
        if self._stream is not None:
            self._stream.close()


class _Flusher(threading.Thread):
    """Flushes a stream every few milliseconds, so that the last event before a pause is seen as well."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(name="plait-live", daemon=True)
        self._stream = stream
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._ended.wait(_FLUSH):
            with suppress(OSError, ValueError):
                self._stream.flush()

    def stop(self) -> None:
        self._ended.set()
        self.join()


class LiveTail:
    """Reads what the feeds of a project have to tell since the last look."""

    def __init__(self, state: Path) -> None:
        self._folder = state / _FOLDER
        self._read: dict[str, int] = {}

    def news(self) -> Iterator[dict[str, Any]]:
        """Give the new events of all runs, each run's in order."""
        for path in sorted(self._folder.glob("*.jsonl")):
            with suppress(OSError):
                yield from self._of(path)

    def _of(self, path: Path) -> Iterator[dict[str, Any]]:
        start = self._read.get(path.name, 0)
        if path.stat().st_size <= start:
            return
        with path.open("rb") as stream:
            stream.seek(start)
            text = stream.read()
        whole = text[: text.rfind(b"\n") + 1]  # the last line may be half written
        self._read[path.name] = start + len(whole)
        for line in whole.splitlines():
            with suppress(ValueError):
                yield json.loads(line)


def _forget_old(folder: Path) -> None:
    for path in folder.glob("*.jsonl"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _KEPT:
                path.unlink()
