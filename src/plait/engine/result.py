"""What a run leaves behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from plait.errors import DatasetNotFoundError, PlaitError, RunError, did_you_mean
from plait.events import Reason, RunStatus

__all__ = ["KeyCounts", "NodeResult", "NodeStatus", "RunResult"]

NodeStatus = Literal["done", "skipped", "failed", "blocked", "not run"]


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """How many keys of a partitioned node ended how.

    Attributes:
        unmatched: keys that an input should have had.
        retired: keys of the outputs that vanished from the inputs.
    """

    done: int = 0
    skipped: int = 0
    failed: int = 0
    blocked: int = 0
    unmatched: int = 0
    retired: int = 0


@dataclass(slots=True)
class NodeResult:
    """What became of one node.

    Attributes:
        status: ``done``, ``skipped``, ``failed``, ``blocked`` (by ``blocked_by``) or ``not run``
            (the run was stopped before it).
        started: seconds since the epoch, or None if it never started.
        seconds: duration of the last attempt, loading and saving included.
        attempts: how often it was tried.
        peak_memory: high-water mark of the process when the node ended, in bytes.
        error: the exception of the last attempt.
        traceback: the user's own frames of that exception, as text.
        reasons: why it ran, was skipped or was blocked.
        keys: what became of its keys, where it is called once per key.
    """

    name: str
    status: NodeStatus = "not run"
    started: float | None = None
    seconds: float = 0.0
    attempts: int = 0
    peak_memory: int | None = None
    error: BaseException | None = None
    traceback: str = ""
    blocked_by: str | None = None
    reasons: tuple[Reason, ...] = ()
    keys: KeyCounts | None = None


@dataclass(slots=True)
class RunResult:
    """The outcome of a run; a mapping from names to the data it left.

    ``result["name"]`` is data that the run kept in memory (free outputs, or those asked for);
    a stored output that was asked for is loaded on access.

    Attributes:
        run_id: identifier of the run, and the version its versioned outputs were saved under.
        status: ``done``, ``failed`` or ``interrupted``.
        nodes: node name → :class:`NodeResult`, in the order of the plan.
        seconds: wall-clock duration.
        observer_errors: observers that raised and were left out, as text.
        stale_upstream: nodes that a selection left out although it builds on them and they would run again.
    """

    run_id: str
    status: RunStatus
    nodes: Mapping[str, NodeResult]
    seconds: float = 0.0
    observer_errors: tuple[str, ...] = ()
    stale_upstream: tuple[str, ...] = field(default=(), kw_only=True)
    _memory: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _stored: Mapping[str, Callable[[], Any]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        counts = Counter(node.status for node in self.nodes.values())
        told = ", ".join(f"{count} {status}" for status, count in counts.items()) or "no nodes"
        left = f", left {', '.join(self)}" if self else ""
        return f"<RunResult {self.run_id} {self.status}: {told}{left}>"

    def __getitem__(self, name: str) -> Any:
        if name in self._memory:
            return self._memory[name]
        if name in self._stored:
            return self._stored[name]()
        raise DatasetNotFoundError(
            f"The run left no data called '{name}'",
            why="It left " + (", ".join(f"'{known}'" for known in self) or "nothing in memory"),
            hint=did_you_mean(name, self) or "ask for it with outputs=[…]",
        )

    def __contains__(self, name: object) -> bool:
        return name in self._memory or name in self._stored

    def __iter__(self) -> Iterator[str]:
        yield from self._memory
        yield from (name for name in self._stored if name not in self._memory)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def keys(self) -> list[str]:
        """Return the names of the data the run left, so that ``dict(result)`` works."""
        return list(self)

    def with_status(self, *statuses: NodeStatus) -> list[NodeResult]:
        """Return the nodes that ended with one of ``statuses``, in the order of the plan."""
        return [node for node in self.nodes.values() if node.status in statuses]

    @property
    def error(self) -> RunError | None:
        """The failure of the run as an error, or None if it did what was asked."""
        if self.status == "done":
            return None
        error = _failure(self)
        error.result = self
        return error


def _failure(result: RunResult) -> RunError:
    failed = result.with_status("failed")
    blocked = result.with_status("blocked")
    if result.status == "interrupted":
        return RunError("The run was interrupted", why=_count(result.with_status("not run"), "was not run"))
    error = RunError(
        _headline(failed, blocked),
        where=[f"node '{node.name}'" for node in failed],
        why="\n".join([_cause(node) for node in failed] + _missing(blocked)) or None,
    )
    if failed:
        error.__cause__ = failed[0].error
    return error


def _headline(failed: list[NodeResult], blocked: list[NodeResult]) -> str:
    parts = [_count(failed, "failed")] if failed else []
    if blocked:
        parts.append(_count(blocked, "could not start"))
    return ", ".join(parts)


def _count(nodes: list[NodeResult], verb: str) -> str:
    return f"{len(nodes)} node{'' if len(nodes) == 1 else 's'} {verb}"


def _cause(node: NodeResult) -> str:
    error = node.error
    if isinstance(error, PlaitError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _missing(blocked: list[NodeResult]) -> list[str]:
    texts = [reason.text for node in blocked for reason in node.reasons if reason.kind == "input_missing"]
    return list(dict.fromkeys(texts))
