"""What ran: the history, one run, several side by side, and measures over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.ledger import Ledger
from plait.mlflow.spool import arrival_document
from plait.project.graph import parents_of
from plait.project.history import compare_runs, critical_path, log_document, run_details, run_document
from plait.ui.endpoints import Endpoint, NotFoundError, Parameter
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
    found = run_details(ledger, values["run"])
    record = found["run"]
    seconds = {node["node"]: node["seconds"] for node in found["nodes"] if node["seconds"] is not None}
    path = critical_path(parents_of((await viewer.snapshot()).graph), seconds)
    return {
        **found,
        "metrics": ledger.metrics(record["id"]).get(record["id"], {}),
        "critical_path": path,
        "mlflow": arrival_document(viewer.state, record["id"]),
        "live": record["id"] in viewer.running(),
    }


async def logs(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    ledger = _ledger(viewer)
    record = ledger.run(values["run"])
    lines = ledger.logs(record.id, values["node"])
    failures = [
        {"node": node.node, "error": node.error, "traceback": node.traceback}
        for node in ledger.nodes(record.id)
        if node.traceback and values["node"] in (None, node.node)
    ]
    return {"lines": [log_document(line) for line in lines[-values["limit"] :]], "failures": failures}


async def compare(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    ledger = _ledger(viewer)
    found = compare_runs(ledger, values["run"])
    by_run = ledger.metrics()
    measured = [by_run.get(run["id"], {}) for run in found["runs"]]
    names = dict.fromkeys(name for metrics in measured for name in metrics)
    return {**found, "metrics": {name: [metrics.get(name) for metrics in measured] for name in names}}


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


ENDPOINTS = (
    Endpoint(
        "/api/runs",
        runs,
        "The runs, newest first.",
        (Parameter("limit", "integer", 200, least=1, most=10_000),),
    ),
    Endpoint(
        "/api/runs/{run}/logs",
        logs,
        "What nodes printed and logged, and how they failed.",
        (_RUN, Parameter("node"), Parameter("limit", "integer", 5_000, least=1, most=100_000)),
    ),
    Endpoint("/api/runs/{run}", run, "One run: nodes, times, data, measures.", (_RUN,)),
    Endpoint("/api/compare", compare, "Runs side by side.", (Parameter("run", "array", required=True),)),
    Endpoint("/api/metrics", metrics, "Each measure over all runs."),
)
