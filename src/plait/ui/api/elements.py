"""One node or one dataset: what is known of it, its history, its first rows."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from markdown_it import MarkdownIt
from starlette.responses import HTMLResponse

from plait.ui.asking import WorkbenchError
from plait.ui.code import highlighted
from plait.ui.endpoints import PROBLEM, Endpoint, NotFoundError, Parameter, RequestError
from plait.ui.schemas import (
    ANYTHING,
    NUMBER,
    OF_NODE,
    TEXT,
    WHOLE,
    YES_OR_NO,
    by_name,
    list_of,
    one_of,
    or_null,
    record,
)
from plait.ui.security import FRAME_POLICY
from plait.ui.viewer import Viewer

__all__ = ["ENDPOINTS"]

_RUNS = 30  # of the history of a node or dataset

_WHOLE = 10_000_000  # lines of a report: half of one is no page

_NAME = Parameter("name", place="path")
_VERSION = Parameter("version", description="Of a versioned dataset; by default the latest.")


async def node(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    details = await _details(viewer, "node", values["name"])
    code = [{**part, "html": highlighted(part["text"])} for part in details["code"]]
    history = _node_history(viewer, values["name"])
    file, line = details["file"], details["line"]
    editor = None if file is None else f"vscode://file/{quote(str(viewer.root / file))}:{line or 1}"
    return {**details, "code": code, "editor": editor, "history": history}


async def dataset(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    name = values["name"]
    details = await _details(viewer, "dataset", name)
    history = _dataset_history(viewer, name)
    columns = next((item["columns"] for item in history if item["columns"]), None)
    found = {**details, "history": history, "columns": columns, "exists": None}
    if details["type"] in ("memory", "wrong"):
        return found
    try:
        return {**found, **await viewer.workbench.ask("state_of", name=name)}
    except WorkbenchError as error:
        return {**found, "problem": error.document}


async def preview(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    await _details(viewer, "dataset", values["name"])
    return await viewer.workbench.ask(
        "preview",
        name=values["name"],
        limit=values["limit"],
        sort=values["sort"],
        descending=values["descending"],
        version=values["version"],
    )


async def frame(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    """Show what a user's report or figure holds, with an origin of nobody and no way out."""
    found = await preview(viewer, {**values, "limit": 1, "sort": None, "descending": False})
    kind, content = found["kind"], found["content"]
    if kind == "html":
        whole = {**values, "limit": _WHOLE, "sort": None, "descending": False}
        page = (await preview(viewer, whole))["content"]
    elif kind == "markdown":
        whole = {**values, "limit": _WHOLE, "sort": None, "descending": False}
        page = _markdown_page(str((await preview(viewer, whole))["content"]))
    elif kind == "plotly":
        figure = json.dumps(content).replace("<", "\\u003c")
        page = (
            "<!doctype html><title>Figure</title><style>html,body,#figure{margin:0;height:100%}</style>"
            '<div id="figure"></div><script src="/static/plotly.min.js"></script>'
            f"<script>const f={figure};Plotly.newPlot('figure',f.data,{{...f.layout,autosize:true}},"
            "{responsive:true,displaylogo:false})</script>"
        )
    else:
        raise RequestError(f"a {html.escape(kind)} is not shown in a frame")
    return HTMLResponse(page, headers={"content-security-policy": FRAME_POLICY})


def _markdown_page(text: str) -> str:
    """Return Markdown as a page; HTML inside it stays text."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return (
        "<!doctype html><meta charset=utf-8><title>Markdown</title><style>:root{color-scheme:light dark}"
        "body{font:14px/1.5 system-ui,sans-serif;margin:12px}td,th{border:1px solid #8886;padding:2px 8px}"
        f"table{{border-collapse:collapse}}pre{{overflow:auto}}</style>{body}"
    )


async def _details(viewer: Viewer, kind: str, name: str) -> Mapping[str, Any]:
    found = (await viewer.snapshot()).details.get(f"{kind}:{name}")
    if found is None:
        raise NotFoundError(f"There is no {kind} '{name}'")
    return found


def _node_history(viewer: Viewer, name: str) -> list[dict[str, Any]]:
    ledger = viewer.ledger()
    return [] if ledger is None else ledger.node_history(name, _RUNS)


def _dataset_history(viewer: Viewer, name: str) -> list[dict[str, Any]]:
    ledger = viewer.ledger()
    return [] if ledger is None else ledger.data_history(name, _RUNS)


_WHERE = {"file": or_null(TEXT), "line": or_null(WHOLE)}

_NODE = record(
    {
        "name": TEXT,
        "function": TEXT,
        **_WHERE,
        "doc": or_null(TEXT),
        "signature": or_null(TEXT),
        "code": list_of(record({"symbol": TEXT, **_WHERE, "text": TEXT, "html": TEXT})),
        "inputs": list_of(record({"argument": TEXT, "dataset": TEXT})),
        "outputs": list_of(TEXT),
        "parameters": list_of(record({"name": TEXT, "value": ANYTHING, **_WHERE})),
        "tags": list_of(TEXT),
        "namespace": or_null(TEXT),
        "settings": by_name(ANYTHING),
        "editor": or_null(TEXT),
        "history": list_of(record({"run": TEXT, **OF_NODE})),
    }
)

_PREVIEW = record(
    {
        "kind": one_of("table", "text", "json", "markdown", "html", "image", "plotly", "files"),
        "content": ANYTHING,
        "columns": or_null(by_name(TEXT)),
        "complete": YES_OR_NO,
        "rows": or_null(WHOLE),
        "media_type": or_null(TEXT),
    }
)

_PARTITIONS = record(
    {
        "total": WHOLE,
        "counts": by_name(WHOLE),
        "keys": list_of(record({"key": TEXT, "state": TEXT})),
    }
)

_SAVE = record(
    {
        "run": TEXT,
        "time": NUMBER,
        "rows": or_null(WHOLE),
        "bytes": or_null(WHOLE),
        "columns": or_null(by_name(TEXT)),
    }
)

_DATASET = record(
    {
        "name": TEXT,
        "type": TEXT,
        "producer": or_null(TEXT),
        "consumers": list_of(TEXT),
        "columns": or_null(by_name(TEXT)),
        "exists": or_null(YES_OR_NO),
        "history": list_of(_SAVE),
    },
    maybe={
        **_WHERE,
        "doc": or_null(TEXT),
        "layer": or_null(TEXT),
        "location": or_null(TEXT),
        "tags": list_of(TEXT),
        "frame": or_null(TEXT),
        "versioned": YES_OR_NO,
        "pattern": or_null(TEXT),
        "previewable": YES_OR_NO,
        "bytes": WHOLE,
        "versions": list_of(TEXT),
        "partitions": _PARTITIONS,
        "problem": PROBLEM,
    },
)

ENDPOINTS = (
    Endpoint("/api/nodes/{name:path}", node, "A node: code, settings, history.", (_NAME,), _NODE),
    Endpoint(
        "/api/preview/{name:path}",
        preview,
        "The first rows of a dataset, or what it shows.",
        (
            _NAME,
            Parameter("limit", "integer", 100, least=1, most=5_000),
            Parameter("sort", description="A column to sort those rows by."),
            Parameter("descending", "boolean", False),
            _VERSION,
        ),
        _PREVIEW,
    ),
    Endpoint(
        "/api/frame/{name:path}",
        frame,
        "A page for a sandboxed frame: an HTML report or a Plotly figure.",
        (_NAME, _VERSION),
        media_type="text/html",
    ),
    Endpoint("/api/datasets/{name:path}", dataset, "A dataset: place, state, history.", (_NAME,), _DATASET),
)
