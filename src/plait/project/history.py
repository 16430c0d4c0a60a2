"""Runs as plain values, read from the ledger: lists, one run whole, several side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.ledger import Ledger, LogRecord, NodeRecord, RunRecord
    from plait.pipeline import Pipeline

__all__ = ["compare_runs", "critical_path", "log_document", "node_document", "run_details", "run_document"]


def run_document(run: RunRecord) -> dict[str, Any]:
    """Return one run as plain values, as ``plait runs list --json`` prints it."""
    return {
        **_plain(run),
        "parameters": dict(run.parameters),
        "versions": dict(run.versions),
        "seconds": run.seconds,
    }


def node_document(node: NodeRecord) -> dict[str, Any]:
    """Return one node of a run as plain values."""
    return {**_plain(node), "reasons": [dict(reason) for reason in node.reasons]}


def log_document(record: LogRecord) -> dict[str, Any]:
    """Return one line that a node printed or logged as plain values."""
    return _plain(record)


def run_details(ledger: Ledger, reference: str) -> dict[str, Any]:
    """Return a run, its nodes, and the data there was after it. Raises UsageError where there is none."""
    run = ledger.run(reference)
    nodes = ledger.nodes(run.id)
    return {
        "run": run_document(run),
        "nodes": [node_document(node) for node in nodes],
        "data": ledger.data_as_of(run.id),
    }


def compare_runs(ledger: Ledger, references: Sequence[str]) -> dict[str, Any]:
    """Return runs side by side: what differs among them, each value in the order of the runs."""
    runs = [ledger.run(reference) for reference in references]
    nodes = [{node.node: node for node in ledger.nodes(run.id)} for run in runs]
    data = [ledger.data_as_of(run.id) for run in runs]
    return {
        "runs": [run_document(run) for run in runs],
        "parameters": _differing([_flat(run.parameters) for run in runs]),
        "versions": _differing([run.versions for run in runs]),
        "data": _differing(data),
        "seconds": _side_by_side([{name: node.seconds for name, node in found.items()} for found in nodes]),
        "status": _differing([{name: node.status for name, node in found.items()} for found in nodes]),
        "reasons": [
            {"run": run.id, "node": name, "reasons": [dict(reason) for reason in node.reasons]}
            for run, found in zip(runs, nodes, strict=True)
            for name, node in found.items()
            if node.status in ("done", "failed") and node.reasons
        ],
    }


def critical_path(pipeline: Pipeline, seconds: Mapping[str, float]) -> list[str]:
    """Return the chain of nodes that a run had to wait for: the longest by the time its nodes took."""
    longest: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for node in pipeline.nodes:
        parents = [parent.name for parent in pipeline.parents(node) if parent.name in longest]
        last = max(parents, key=longest.__getitem__, default=None)
        longest[node.name] = seconds.get(node.name, 0.0) + (longest[last] if last is not None else 0.0)
        before[node.name] = last
    path: list[str] = []
    name = max(longest, key=longest.__getitem__, default=None)
    while name is not None:
        path.append(name)
        name = before[name]
    return [node for node in reversed(path) if node in seconds]


def _side_by_side(found: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names: Iterable[str] = dict.fromkeys(name for values in found for name in values)
    return {name: [values.get(name) for values in found] for name in names}


def _differing(found: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {
        name: values
        for name, values in _side_by_side(found).items()
        if any(value != values[0] for value in values)
    }


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _plain(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).__slots__}
