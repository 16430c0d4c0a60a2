"""Runs as plain values, read from the ledger: lists, one run whole, several side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.events import Reason
    from plait.identity.components import Components
    from plait.identity.manifest import SymbolDigest
    from plait.ledger import Ledger, LogRecord, NodeRecord, RunRecord
    from plait.ledger.traces import TraceRow

__all__ = [
    "critical_path",
    "differences",
    "log_document",
    "node_document",
    "reasons_between",
    "reasons_of_runs",
    "run_details",
    "run_document",
]

Change = tuple[Any, Any]
"""What something was and what it is; None stands for absent."""

_ABOUT = ("status", "pipeline", "selection", "environment", "executor", "git_commit", "git_dirty", "python")


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
    """Return a run, its nodes, the data there was after it, what it measured, and the measures as of it.

    Raises:
        RunNotFoundError: there is no such run.
    """
    run = ledger.run(reference)
    return {
        "run": run_document(run),
        "nodes": [node_document(node) for node in ledger.nodes(run.id)],
        "data": ledger.data_as_of(run.id),
        "metrics": ledger.metrics(run.id).get(run.id, {}),
        "metrics_as_of": ledger.metrics_as_of(run.id),
    }


def reasons_of_runs(ledger: Ledger, references: Sequence[str]) -> list[dict[str, Any]]:
    """Return of each run but the first why its nodes differ from the one before it: run, node, reasons."""
    runs = [ledger.run(reference) for reference in references]
    return [
        {"run": new.id, "node": name, "reasons": reasons}
        for old, new in pairwise(runs)
        for name, reasons in _why_differing(ledger, old, new).items()
    ]


def differences(ledger: Ledger, old: RunRecord, new: RunRecord) -> dict[str, dict[str, Change]]:
    """Return what differs between two runs, by kind and name.

    Nodes are compared as far as both runs covered them; ``only`` names those that one of them did not.
    """
    before = {node.node: node for node in ledger.nodes(old.id)}
    after = {node.node: node for node in ledger.nodes(new.id)}
    both = [name for name in after if name in before]
    statuses = [{name: nodes[name].status for name in both} for nodes in (before, after)]
    return {
        "run": _changed(*({name: getattr(run, name) for name in _ABOUT} for run in (old, new))),
        "parameters": _changed(_flat(old.parameters), _flat(new.parameters)),
        "versions": _changed(old.versions, new.versions),
        "nodes": _changed(*statuses),
        "only": _covered_by_one(before, after),
        "seconds": _slower([before[name] for name in both], [after[name] for name in both]),
        "reasons": {
            name: (None, "; ".join(str(reason["text"]) for reason in why))
            for name, why in _why_differing(ledger, old, new).items()
        },
        "data": _changed(ledger.data_as_of(old.id), ledger.data_as_of(new.id)),
    }


def reasons_between(ledger: Ledger, old: RunRecord, new: RunRecord) -> dict[str, list[Reason]]:
    """Return node → what differs between what it was made from after one run and after the other.

    Code, parameters, inputs, how outputs are stored, and libraries; nodes that are called key by key, and
    those whose records of that time were pruned, are not in it.
    """
    from plait.identity.compare import compare
    from plait.ledger.traces import TraceStore

    store = TraceStore(ledger.database)
    before, after = store.as_of(old.id), store.as_of(new.id)
    found = {}
    for name in sorted(before.keys() & after.keys()):
        then, now = before[name], after[name]
        if then.number == now.number:
            continue
        ours, theirs = _components(now), _components(then)
        comparison = compare(ours, theirs, symbols=_symbols(name, ours, theirs))
        if comparison.reasons or comparison.notes:
            found[name] = [*comparison.reasons, *comparison.notes]
    return found


def _components(row: TraceRow) -> Components:
    from plait.identity.components import components_from_json

    return components_from_json({**row.facts, "inputs": row.inputs})


def _symbols(node: str, *sides: Components) -> dict[str, SymbolDigest]:
    """Name what code a node reached: the way to it, since the code of then may not be there any more."""
    from plait.identity.manifest import ROOT, SymbolDigest

    keys = {key: digest for side in sides for key, digest in (side.code or {}).items()}
    return {
        key: SymbolDigest(digest, f"the function of {node}" if key == ROOT else key.replace("/", " → "))
        for key, digest in keys.items()
    }


def _why_differing(ledger: Ledger, old: RunRecord, new: RunRecord) -> dict[str, list[dict[str, Any]]]:
    """Return node → why it differs between two runs.

    Where no other run came between, that is what the newer run said when it decided, to the line of code.
    """
    if old.id < new.id and not any(old.id < run.id < new.id for run in ledger.runs()):
        ran = [node for node in ledger.nodes(new.id) if node.status in ("done", "failed")]
        return {node.node: [dict(reason) for reason in node.reasons] for node in ran if node.reasons}
    return {
        name: [reason.to_json() for reason in reasons]
        for name, reasons in reasons_between(ledger, old, new).items()
    }


def _covered_by_one(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    found: dict[str, Change] = {}
    for title, here, there, place in (("older", before, after, 0), ("newer", after, before, 1)):
        names = [name for name in here if name not in there]
        if names:
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            found[title] = (shown, None) if place == 0 else (None, shown)
    return found


def _slower(old: Sequence[NodeRecord], new: Sequence[NodeRecord]) -> dict[str, Change]:
    """Return the nodes whose time changed by more than half and a tenth of a second."""
    found = {}
    for was, now in zip(old, new, strict=True):
        if was.seconds is None or now.seconds is None:
            continue
        change = abs(now.seconds - was.seconds)
        if change > 0.1 and change > was.seconds / 2:
            found[now.node] = (round(was.seconds, 3), round(now.seconds, 3))
    return found


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Change]:
    names = dict.fromkeys([*old, *new])
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def critical_path(parents: Mapping[str, Iterable[str]], seconds: Mapping[str, float]) -> list[str]:
    """Return the chain of nodes that a run had to wait for: the longest by the time its nodes took.

    Args:
        parents: node → those that make what it reads, in an order in which they could run.
    """
    longest: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for node, earlier in parents.items():
        last = max((name for name in earlier if name in longest), key=longest.__getitem__, default=None)
        longest[node] = seconds.get(node, 0.0) + (longest[last] if last is not None else 0.0)
        before[node] = last
    path: list[str] = []
    name = max(longest, key=longest.__getitem__, default=None)
    while name is not None:
        path.append(name)
        name = before[name]
    return [node for node in reversed(path) if node in seconds]


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
