"""The graph, what a selector picks of it, what would run, and the search over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.responses import StreamingResponse

from plait.project.graph import search
from plait.project.pipelines import DEFAULT
from plait.ui.asking import WorkbenchError
from plait.ui.endpoints import Endpoint, Parameter
from plait.ui.viewer import Viewer

__all__ = ["ENDPOINTS", "SELECTION"]

SELECTION = (
    Parameter("pipeline", default=DEFAULT, description="The name of a pipeline."),
    Parameter("select", default="", description="A selector, as on the command line."),
)


async def graph(viewer: Viewer, _: Mapping[str, Any]) -> Any:
    found = (await viewer.snapshot()).graph
    project = {
        **found["project"],
        "environments": viewer.environments(),
        "read_only": viewer.read_only,
    }
    return {**found, "project": project}


async def found(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    snapshot = await viewer.snapshot()
    ledger = viewer.ledger()
    columns = {} if ledger is None else ledger.last_columns()
    hits = search(snapshot.graph["elements"], snapshot.details, values["q"], values["limit"], columns)
    return {"hits": [asdict(hit) for hit in hits]}


async def selected(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    """Tell what a selector picks; a wrong one is an answer too: people type letter by letter."""
    try:
        answer = await viewer.workbench.ask("select", **values)
    except WorkbenchError as error:
        return {"nodes": [], "command": None, "error": error.document}
    return {**answer, "error": None}


async def plan(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    return await viewer.workbench.ask("plan", **values)


async def parameters(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    return await viewer.workbench.ask("parameters", **values)


async def events(viewer: Viewer, _: Mapping[str, Any]) -> Any:
    return StreamingResponse(viewer.messages(), media_type="text/event-stream")


ENDPOINTS = (
    Endpoint("/api/graph", graph, "The graph of all pipelines."),
    Endpoint(
        "/api/search",
        found,
        "Elements that hold all words of a query.",
        (Parameter("q", required=True), Parameter("limit", "integer", 30, least=1, most=500)),
    ),
    Endpoint("/api/select", selected, "The nodes that a selector picks.", SELECTION),
    Endpoint("/api/plan", plan, "What would run now, and why.", SELECTION),
    Endpoint("/api/parameters", parameters, "The parameters that a selection reads.", SELECTION),
    Endpoint("/api/events", events, "What happens, as it happens.", media_type="text/event-stream"),
)
