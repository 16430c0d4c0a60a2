"""What the coordinating process and its workers say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from plait.catalog.memory import CopyMode
from plait.engine.main_script import MainScript
from plait.engine.parcels import Parcel
from plait.engine.parts import Part
from plait.engine.perform import RunFacts
from plait.events import Event

__all__ = [
    "Begun",
    "Close",
    "Done",
    "Drop",
    "Fetch",
    "Fetched",
    "Open",
    "Perform",
    "Ready",
    "Refused",
    "Release",
    "Saved",
    "Shutdown",
    "Told",
]


# --- to a worker


class Open(NamedTuple):
    """A run begins. ``surroundings`` is pickled: a WorkerSetup, or catalog and hooks themselves.

    Attributes:
        data: raw data that the catalog holds, by name.
        folders, parcels: where parcels may lie, and how their names begin.
    """

    run: str
    script: MainScript
    folder: str
    path: tuple[str, ...]
    surroundings: bytes
    data: Mapping[str, Parcel]
    facts: RunFacts
    copy_modes: Mapping[str, CopyMode]
    folders: tuple[str, ...]
    parcels: str
    observed: bool
    capture: bool
    echo: bool


class Perform(NamedTuple):
    """A task, pickled.

    Attributes:
        given: values it reads that do not lie with the worker.
        pack: outputs to pack at once.
        keep: outputs that stay with the worker.
    """

    run: str
    ticket: int
    node: str
    task: bytes
    given: Mapping[str, Parcel]
    pack: frozenset[str]
    keep: frozenset[str]


class Fetch(NamedTuple):
    """Another process needs a value that lies with the worker."""

    run: str
    name: str


class Drop(NamedTuple):
    """Nobody needs a value any more that lies with the worker."""

    run: str
    name: str


class Release(NamedTuple):
    """Nobody needs a dataset any more."""

    run: str
    name: str


class Close(NamedTuple):
    """A run has ended."""

    run: str


class Shutdown(NamedTuple):
    """There is nothing more to do."""


# --- from a worker


class Ready(NamedTuple):
    """The worker has started."""


class Begun(NamedTuple):
    """A task that has a timeout begins now."""

    ticket: int


class Told(NamedTuple):
    """Something happened that observers want to know."""

    run: str
    event: Event


class Saved(NamedTuple):
    """Partitions are saved, or their keys failed: ``errors`` by key, packed as that of a task."""

    run: str
    parts: list[Part]
    errors: Mapping[str, Any]


class Done(NamedTuple):
    """What became of a task.

    Attributes:
        outputs: those that were packed.
        saved: what the outcome says of stored outputs.
    """

    ticket: int
    started: float
    seconds: float
    error: Any
    traceback: str
    peak_memory: int | None
    outputs: Mapping[str, Parcel]
    saved: Any = ()


class Fetched(NamedTuple):
    """A value that was asked for, or why it cannot leave the worker."""

    run: str
    name: str
    parcel: Parcel | None
    problem: str = ""


class Refused(NamedTuple):
    """The run cannot go on in worker processes."""

    run: str
    error: Any
