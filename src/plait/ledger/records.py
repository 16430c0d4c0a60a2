"""What the ledger tells of a run: plain values, read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "DatasetRecord",
    "LogRecord",
    "MeasuredRecord",
    "NodeRecord",
    "Provenance",
    "RunRecord",
    "RunSetting",
]


@dataclass(frozen=True, slots=True)
class RunSetting:
    """What is known of a run when it begins.

    Attributes:
        parameters: dotted path → value; what came from a secret is a digest.
    """

    pipeline: str
    executor: str
    environment: str | None = None
    selection: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is known of the code and the process of a run when it ends.

    Attributes:
        versions: imported package → version.
        peak_memory: high-water mark of the coordinating process, in bytes.
    """

    git_commit: str | None = None
    git_dirty: bool | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    peak_memory: int | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run. ``status`` is ``running`` until it ended; ``seconds`` then is None."""

    id: str
    status: str
    started: float
    finished: float | None
    pipeline: str
    environment: str | None
    selection: str | None
    executor: str
    host: str | None
    pid: int | None
    parameters: Mapping[str, Any]
    git_commit: str | None
    git_dirty: bool | None
    python: str | None
    versions: Mapping[str, str]
    done: int
    skipped: int
    failed: int
    blocked: int
    peak_memory: int | None

    @property
    def seconds(self) -> float | None:
        return None if self.finished is None else self.finished - self.started


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One node of a run; times in seconds, memory in bytes."""

    node: str
    status: str
    started: float | None
    seconds: float | None
    attempts: int
    peak_memory: int | None
    error: str | None
    traceback: str | None
    reasons: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """One load or save of stored data."""

    time: float
    node: str
    dataset: str
    action: str
    seconds: float
    version: str | None


@dataclass(frozen=True, slots=True)
class MeasuredRecord:
    """What was told of data as it was saved.

    Attributes:
        columns: name → type of a table.
        metrics: the numbers of a dataset that is tagged so, by dotted name.
    """

    node: str
    dataset: str
    time: float
    rows: int | None
    bytes: int | None
    columns: Mapping[str, str] | None
    metrics: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One line a node printed or logged."""

    time: float
    node: str | None
    stream: str
    level: str | None
    logger: str | None
    text: str
