"""The graph, what a selector picks of it, what would run, and the search over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.responses import StreamingResponse

from plait.project.graph import search
from plait.project.pipelines import DEFAULT
from plait.ui.asking import WorkbenchError
from plait.ui.endpoints import PROBLEM, Endpoint, Parameter
from plait.ui.schemas import (
    ANYTHING,
    NUMBER,
    REASON,
    TEXT,
    WHOLE,
    YES_OR_NO,
    by_name,
    list_of,
    one_of,
    or_null,
    record,
)
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


_ELEMENT = record(
    {"kind": one_of("node", "dataset", "parameter"), "name": TEXT, "label": TEXT},
    maybe={
        "namespace": TEXT,
        "tags": list_of(TEXT),
        "doc": TEXT,
        "function": TEXT,
        "mode": one_of("each", "new"),
        "inputs": list_of(WHOLE),
        "outputs": list_of(WHOLE),
        "type": TEXT,
        "layer": TEXT,
        "location": TEXT,
        "partitioned": YES_OR_NO,
        "versioned": YES_OR_NO,
        "wrong": YES_OR_NO,
    },
)

_GRAPH = record(
    {
        "schema": WHOLE,
        "key": TEXT,
        "project": record(
            {
                "name": TEXT,
                "environment": TEXT,
                "environments": list_of(TEXT),
                "read_only": YES_OR_NO,
            }
        ),
        "pipelines": list_of(record({"name": TEXT, "nodes": list_of(WHOLE)})),
        "layers": list_of(TEXT),
        "elements": list_of(_ELEMENT),
        "problems": list_of(PROBLEM),
    },
    maybe={"stale": YES_OR_NO},
)

_HIT = record({"id": TEXT, "kind": TEXT, "name": TEXT, "field": TEXT, "excerpt": TEXT, "score": NUMBER})

_STEP = record(
    {
        "node": TEXT,
        "action": one_of("run", "skip", "maybe", "blocked"),
        "reasons": list_of(REASON),
        "text": TEXT,
        "seconds": or_null(NUMBER),
    }
)

_PLAN = record(
    {
        "steps": list_of(_STEP),
        "expected_seconds": or_null(NUMBER),
        "expected_seconds_at_most": or_null(NUMBER),
        "stale_upstream": list_of(TEXT),
    }
)

_FIELD = record({"name": TEXT, "value": ANYTHING, "secret": YES_OR_NO, "where": or_null(TEXT)})

ENDPOINTS = (
    Endpoint("/api/graph", graph, "The graph of all pipelines.", returns=_GRAPH),
    Endpoint(
        "/api/search",
        found,
        "Elements that hold all words of a query.",
        (Parameter("q", required=True), Parameter("limit", "integer", 30, least=1, most=500)),
        record({"hits": list_of(_HIT)}),
    ),
    Endpoint(
        "/api/select",
        selected,
        "The nodes that a selector picks.",
        SELECTION,
        record({"nodes": list_of(TEXT), "command": or_null(TEXT), "error": or_null(PROBLEM)}),
    ),
    Endpoint("/api/plan", plan, "What would run now, and why.", SELECTION, _PLAN),
    Endpoint(
        "/api/parameters",
        parameters,
        "The parameters that a selection reads.",
        SELECTION,
        record({"fields": list_of(_FIELD), "schema": by_name(ANYTHING)}),
    ),
    Endpoint("/api/events", events, "What happens, as it happens.", media_type="text/event-stream"),
)
