"""``plait runs``: what ran, read from the ledger without importing anything of the project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from plait.cli.options import Place, PlaitGroup, as_json, everywhere
from plait.cli.output import document, duration, line, styled, table, warning
from plait.errors import UsageError

if TYPE_CHECKING:
    from plait.ledger import Ledger, NodeRecord, RunRecord

__all__ = ["command"]

_TITLES = {"reasons": "why nodes differ", "only": "only in one of them"}
_MARKS = {"done": ("✓", "32"), "failed": ("✗", "31;1"), "blocked": ("○", "33"), "skipped": ("·", "2")}


@click.group(cls=PlaitGroup)
def command() -> None:
    """What ran: list, show, logs, diff.

    A RUN is its id, a unique beginning of it, "last", or -2 for the last but one.
    """


@command.command("list")
@click.option("--limit", "-n", default=20, show_default=True, help="How many, newest first.")
@as_json
@everywhere
def list_runs(limit: int, json_: bool, place: Place) -> None:
    """List the runs, newest first."""
    from plait.project.history import run_document

    runs = _ledger(place).runs(limit)
    if json_:
        document({"runs": [run_document(run) for run in runs]})
        return
    table(
        ("run", "status", "began", "took", "pipeline", "env", "nodes", "commit"),
        [
            (
                run.id,
                run.status,
                _moment(run.started),
                None if run.seconds is None else duration(run.seconds),
                run.selection or run.pipeline,
                run.environment,
                _counts(run),
                _commit(run),
            )
            for run in runs
        ],
    )


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("run", default="last")
@as_json
@everywhere
def show(run: str, json_: bool, place: Place) -> None:
    """Show one run: its nodes, their times, and what it ran with."""
    from plait.mlflow.spool import arrival_document
    from plait.project.history import node_document, run_document

    ledger = _ledger(place)
    record = ledger.run(run)
    nodes = ledger.nodes(record.id)
    mlflow = arrival_document(ledger.database.path.parent, record.id)
    if json_:
        document(
            {
                "run": run_document(record),
                "mlflow": mlflow,
                "nodes": [node_document(node) for node in nodes],
                "data": ledger.data_as_of(record.id),
            }
        )
        return
    line(f"{styled(record.id, '1')}  {record.status}  {_moment(record.started)}")
    for title, value in (*_facts(record), *_in_mlflow(mlflow)):
        line(f"  {title:<12}{value}")
    line()
    table(
        ("node", "status", "took", "peak", "reason"),
        [(node.node, node.status, _took(node), _memory(node.peak_memory), _because(node)) for node in nodes],
    )
    data = ledger.data_as_of(record.id)
    if data:
        line()
        table(("data", "version"), [(name, _short(token)) for name, token in sorted(data.items())])
    for node in nodes:
        if node.status == "failed":
            line(f"\n  full traceback: plait runs logs {record.id} {node.node}")


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("run", default="last")
@click.argument("node", required=False)
@as_json
@everywhere
def logs(run: str, node: str | None, json_: bool, place: Place) -> None:
    """Show what the nodes of a run, or one of them, printed and logged, and how they failed."""
    from plait.project.history import log_document

    ledger = _ledger(place)
    record = ledger.run(run)
    nodes = ledger.nodes(record.id)
    _refuse_unknown_node(node, nodes, record)
    lines = ledger.logs(record.id, node)
    failures = [item for item in nodes if item.traceback and node in (None, item.node)]
    if json_:
        document(
            {
                "run": record.id,
                "lines": [log_document(item) for item in lines],
                "failures": [{"node": item.node, "traceback": item.traceback} for item in failures],
            }
        )
        return
    for item in lines:
        name = "" if node else styled(f"{item.node or '-'} │ ", "2")
        level = f"{item.level} " if item.level else ""
        line(f"{name}{level}{item.text}")
    for failure in failures:
        line(styled(f"✗ {failure.node}", "31;1"))
        line(failure.traceback or "")
    if not lines and not failures:
        line("Nothing was printed or logged.")


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("old", default="-2")
@click.argument("new", default="last")
@as_json
@everywhere
def diff(old: str, new: str, json_: bool, place: Place) -> None:
    """Show what differs between two runs: parameters, data, versions, commit, nodes, and why."""
    from plait.project.history import differences

    ledger = _ledger(place)
    before, after = ledger.run(old), ledger.run(new)
    changes = differences(ledger, before, after)
    if json_:
        document({"old": before.id, "new": after.id, "changes": changes})
        return
    line(f"{before.id} → {after.id}")
    for title, rows in changes.items():
        if rows:
            line(f"\n{styled(_TITLES.get(title, title), '1')}")
        for name, (was, is_) in rows.items():
            line(f"  {name}   {_told(title, was, is_)}")
    if not any(changes.values()):
        line("No difference in parameters, versions, commit, or what became of the nodes.")


def _because(node: NodeRecord) -> str | None:
    """Return the error of a node, or in short why it ran or not."""
    if node.error:
        return node.error
    first = node.reasons[0] if node.reasons else None
    return None if first is None else str(first["text"])


def _told(title: str, was: Any, is_: Any) -> str:
    if title == "reasons":
        return str(is_)
    if title == "data":
        return f"{_short(was)} → {_short(is_)}"
    if title == "only":
        return str(was or is_)
    return f"{_shown(was)} → {_shown(is_)}"


def _short(token: str | None) -> str:
    """Return the beginning of a digest, as one recognises it."""
    kind, colon, value = (token or "(absent)").rpartition(":")
    return f"{kind}{colon}{value[:12]}"


def _ledger(place: Place) -> Ledger:
    from plait.ledger import Ledger
    from plait.project.discovery import find_project

    found = Ledger.find(find_project(place.folder).root / ".plait")
    if found is None:
        raise UsageError("Nothing has run here yet", hint="plait run")
    if found.notice is not None:
        warning(found.notice)
    return found


def _refuse_unknown_node(node: str | None, nodes: list[NodeRecord], record: RunRecord) -> None:
    from plait.errors import did_you_mean

    names = [item.node for item in nodes]
    if node is not None and node not in names:
        raise UsageError(
            f"Run {record.id} had no node '{node}'",
            hint=did_you_mean(node, names) or f"plait runs show {record.id}",
        )


def _facts(run: RunRecord) -> list[tuple[str, Any]]:
    facts = [
        ("took", None if run.seconds is None else duration(run.seconds)),
        ("nodes", _counts(run)),
        ("pipeline", run.pipeline),
        ("selection", run.selection),
        ("environment", run.environment),
        ("executor", run.executor),
        ("commit", _commit(run)),
        ("python", run.python),
        ("peak", _memory(run.peak_memory)),
    ]
    return [(title, value) for title, value in facts if value]


def _in_mlflow(found: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    if found is None:
        return []
    models = [("", f"{uri} from {dataset}") for dataset, uri in found["models"].items()]
    refused = [("", f"without {text}") for text in found["refused"]]
    return [("mlflow", found["page"] or f"run {found['run']}, in `plait mlflow ui`"), *models, *refused]


def _counts(run: RunRecord) -> str:
    counts = {"done": run.done, "skipped": run.skipped, "failed": run.failed, "blocked": run.blocked}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _commit(run: RunRecord) -> str | None:
    if run.git_commit is None:
        return None
    return run.git_commit[:9] + (" (changed)" if run.git_dirty else "")


def _took(node: NodeRecord) -> str | None:
    return None if node.seconds is None else duration(node.seconds)


def _moment(time: float) -> str:
    return datetime.fromtimestamp(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _memory(size: int | None) -> str | None:
    return None if size is None else f"{size / 2**20:,.0f} MB"


def _shown(value: Any) -> str:
    return "(absent)" if value is None else str(value)
