"""What a run tells its observers: typed, frozen events that carry no data.

One stream, the same for every executor: terminal, browser, MLflow and users' own observers read it
in the coordinating process. ``time`` is seconds since the epoch, ``seconds`` a duration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Protocol

__all__ = [
    "DatasetLoaded",
    "DatasetSaved",
    "Event",
    "LogLine",
    "NodeBlocked",
    "NodeFailed",
    "NodeFinished",
    "NodeSkipped",
    "NodeStarted",
    "Observer",
    "PartitionDone",
    "Reason",
    "RunFinished",
    "RunStarted",
    "RunStatus",
]

RunStatus = Literal["done", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a node runs, is skipped or is blocked: a kind, a sentence, and structured details."""

    kind: str
    text: str = ""
    details: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"kind": self.kind, "text": self.text, **(self.details or {})}


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; ``kind`` is their name in JSON."""

    kind: ClassVar[str] = "event"
    run_id: str
    time: float

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain values, as ``plait run --json`` prints it."""
        document: dict[str, Any] = {"event": self.kind}
        for item in fields(self):
            value = getattr(self, item.name)
            document[item.name] = _plain(value)
        return document


def _plain(value: Any) -> Any:
    if isinstance(value, Reason):
        return value.to_json()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A run begins; ``nodes`` are the names of all it may run, in order."""

    kind: ClassVar[str] = "run_started"
    pipeline: str
    environment: str | None
    executor: str
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeStarted(Event):
    kind: ClassVar[str] = "node_started"
    node: str
    attempt: int = 1
    worker: str | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetLoaded(Event):
    kind: ClassVar[str] = "dataset_loaded"
    node: str
    dataset: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DatasetSaved(Event):
    """``version`` is the save version of a versioned dataset.

    Of a table ``rows`` and ``columns`` (name → type) are told, of a local file its ``bytes``; ``metrics`` are
    the numbers of a dataset that the catalog tags so.
    """

    kind: ClassVar[str] = "dataset_saved"
    node: str
    dataset: str
    seconds: float
    version: str | None = None
    rows: int | None = None
    columns: Mapping[str, str] | None = None
    bytes: int | None = None
    metrics: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class PartitionDone(Event):
    kind: ClassVar[str] = "partition_done"
    node: str
    key: str
    seconds: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LogLine(Event):
    """A line a node printed (``stream`` stdout or stderr) or logged (``stream`` log)."""

    kind: ClassVar[str] = "log_line"
    node: str | None
    stream: Literal["stdout", "stderr", "log"]
    text: str
    level: str | None = None
    logger: str | None = None


@dataclass(frozen=True, slots=True)
class NodeFinished(Event):
    """``peak_memory`` is the high-water mark of the process, in bytes, when the node ended.

    ``keys`` says how many keys of a partitioned node ended how.
    """

    kind: ClassVar[str] = "node_finished"
    node: str
    seconds: float
    peak_memory: int | None = None
    keys: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class NodeSkipped(Event):
    kind: ClassVar[str] = "node_skipped"
    node: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeBlocked(Event):
    """A node that could not start, because ``by`` failed or an input is missing."""

    kind: ClassVar[str] = "node_blocked"
    node: str
    by: str


@dataclass(frozen=True, slots=True)
class NodeFailed(Event):
    """``error`` is one line, ``traceback`` shows the user's own frames, ``keys`` is as in NodeFinished."""

    kind: ClassVar[str] = "node_failed"
    node: str
    seconds: float
    error: str
    traceback: str = ""
    will_retry: bool = False
    keys: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class RunFinished(Event):
    kind: ClassVar[str] = "run_finished"
    status: RunStatus
    seconds: float
    done: int
    skipped: int
    failed: int
    blocked: int


class Observer(Protocol):
    """Listens to a run, in the coordinating process. One that raises is reported and left out."""

    def on_event(self, event: Event) -> None: ...
