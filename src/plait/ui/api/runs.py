"""What ran: the history, one run, several side by side, and measures over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.catalog.registry import is_figure
from plait.ledger import Ledger
from plait.mlflow.spool import arrival_document
from plait.project.graph import parents_of
from plait.project.history import (
    critical_path,
    log_document,
    reasons_of_runs,
    run_details,
    run_document,
)
from plait.ui.endpoints import Endpoint, NotFoundError, Parameter
from plait.ui.schemas import (
    ANYTHING,
    NUMBER,
    OF_NODE,
    REASON,
    TEXT,
    WHOLE,
    YES_OR_NO,
    by_name,
    list_of,
    or_null,
    record,
)
from plait.ui.viewer import Viewer

__all__ = ["ENDPOINTS"]

_RUN = Parameter("run", place="path")


async def runs(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    ledger = viewer.ledger()
    if ledger is None:
        return {"runs": []}
    metrics = ledger.metrics()
    return {
        "runs": [
            {**run_document(run), "metrics": metrics.get(run.id, {}), "live": run.id in viewer.running()}
            for run in ledger.runs(values["limit"])
        ]
    }


async def run(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    ledger = _ledger(viewer)
    found = await _details(viewer, ledger, values["run"])
    seconds = {node["node"]: node["seconds"] for node in found["nodes"] if node["seconds"] is not None}
    path = critical_path(parents_of((await viewer.snapshot()).graph), seconds)
    return {**found, "critical_path": path, "live": found["run"]["id"] in viewer.running()}


async def _details(viewer: Viewer, ledger: Ledger, reference: str) -> dict[str, Any]:
    found = run_details(ledger, reference)
    run_id = found["run"]["id"]
    figures = _figures((await viewer.snapshot()).details, ledger, run_id)
    return {**found, "figures": figures, "mlflow": arrival_document(viewer.state, run_id)}


def _figures(details: Mapping[str, Any], ledger: Ledger, run_id: str) -> dict[str, dict[str, Any]]:
    """Return dataset → which version of a figure there was after a run, and whether it is still there.

    One that is not versioned is there until it is saved again.
    """
    names = {item["name"] for item in details.values() if is_figure(str(item.get("type", "")))}
    if not names:
        return {}
    newest = ledger.saves_as_of(ledger.runs(1)[0].id, names)
    return {
        name: {"run": saved, "version": version, "kept": version is not None or newest[name][0] == saved}
        for name, (saved, version) in sorted(ledger.saves_as_of(run_id, names).items())
    }


async def logs(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    ledger = _ledger(viewer)
    record = ledger.run(values["run"])
    lines = ledger.logs(record.id, values["node"])
    nodes = ledger.nodes(record.id)
    await _refuse_unknown(viewer, record.id, values["node"], {node.node for node in nodes})
    failures = [
        {"node": node.node, "error": node.error, "traceback": node.traceback}
        for node in nodes
        if node.traceback and values["node"] in (None, node.node)
    ]
    return {"lines": [log_document(line) for line in lines[-values["limit"] :]], "failures": failures}


async def _refuse_unknown(viewer: Viewer, run: str, node: str | None, recorded: set[str]) -> None:
    """Refuse a node that neither ran nor is in the project, where it may run yet."""
    if node is None or node in recorded or f"node:{node}" in (await viewer.snapshot()).details:
        return
    raise NotFoundError(f"Run {run} has no node '{node}'")


async def compare(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    ledger = _ledger(viewer)
    found = [await _details(viewer, ledger, reference) for reference in values["run"]]
    return {"runs": found, "reasons": reasons_of_runs(ledger, [item["run"]["id"] for item in found])}


async def metrics(viewer: Viewer, _: Mapping[str, Any]) -> Any:
    ledger = viewer.ledger()
    if ledger is None:
        return {"series": {}}
    began = {run.id: run.started for run in ledger.runs()}
    series: dict[str, list[dict[str, Any]]] = {}
    for run_id, found in ledger.metrics().items():
        for name, value in found.items():
            series.setdefault(name, []).append({"run": run_id, "time": began[run_id], "value": value})
    return {"series": series}


def _ledger(viewer: Viewer) -> Ledger:
    ledger = viewer.ledger()
    if ledger is None:
        raise NotFoundError("Nothing has run here yet")
    return ledger


_ABOUT = {
    "id": TEXT,
    "status": TEXT,
    "started": NUMBER,
    "finished": or_null(NUMBER),
    "seconds": or_null(NUMBER),
    "pipeline": TEXT,
    "environment": or_null(TEXT),
    "selection": or_null(TEXT),
    "executor": TEXT,
    "host": or_null(TEXT),
    "pid": or_null(WHOLE),
    "parameters": by_name(ANYTHING),
    "git_commit": or_null(TEXT),
    "git_dirty": or_null(YES_OR_NO),
    "python": or_null(TEXT),
    "versions": by_name(TEXT),
    "done": WHOLE,
    "skipped": WHOLE,
    "failed": WHOLE,
    "blocked": WHOLE,
    "peak_memory": or_null(WHOLE),
}
_METRICS = by_name(or_null(NUMBER))

_NODE = record({**OF_NODE, "attempts": WHOLE, "peak_memory": or_null(WHOLE)})

_DETAILS = {
    "run": record(_ABOUT),
    "nodes": list_of(_NODE),
    "data": by_name(TEXT),
    "metrics": _METRICS,
    "metrics_as_of": _METRICS,
    "figures": by_name(record({"run": TEXT, "version": or_null(TEXT), "kept": YES_OR_NO})),
    "mlflow": or_null(
        record(
            {
                "run": TEXT,
                "experiment": TEXT,
                "page": or_null(TEXT),
                "models": by_name(TEXT),
                "refused": list_of(TEXT),
            }
        )
    ),
}

_LINE = record(
    {
        "time": NUMBER,
        "node": or_null(TEXT),
        "stream": TEXT,
        "level": or_null(TEXT),
        "logger": or_null(TEXT),
        "text": TEXT,
    }
)

_LOGS = record(
    {
        "lines": list_of(_LINE),
        "failures": list_of(record({"node": TEXT, "error": or_null(TEXT), "traceback": TEXT})),
    }
)

_COMPARED = record(
    {
        "runs": list_of(record(_DETAILS)),
        "reasons": list_of(record({"run": TEXT, "node": TEXT, "reasons": list_of(REASON)})),
    }
)

_POINT = record({"run": TEXT, "time": NUMBER, "value": or_null(NUMBER)})

ENDPOINTS = (
    Endpoint(
        "/api/runs",
        runs,
        "The runs, newest first.",
        (Parameter("limit", "integer", 200, least=1, most=10_000),),
        record({"runs": list_of(record({**_ABOUT, "metrics": _METRICS, "live": YES_OR_NO}))}),
    ),
    Endpoint(
        "/api/runs/{run}/logs",
        logs,
        "What nodes printed and logged, and how they failed.",
        (_RUN, Parameter("node"), Parameter("limit", "integer", 5_000, least=1, most=100_000)),
        _LOGS,
    ),
    Endpoint(
        "/api/runs/{run}",
        run,
        "One run: nodes, times, data, measures.",
        (_RUN,),
        record({**_DETAILS, "critical_path": list_of(TEXT), "live": YES_OR_NO}),
    ),
    Endpoint(
        "/api/compare",
        compare,
        "Runs side by side.",
        (Parameter("run", "array", required=True),),
        _COMPARED,
    ),
    Endpoint(
        "/api/metrics",
        metrics,
        "Each measure over all runs.",
        returns=record({"series": by_name(list_of(_POINT))}),
    ),
)
