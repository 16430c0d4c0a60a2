"""All datasets as a table, and the data dictionary."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from starlette.responses import PlainTextResponse

from plait.ui.endpoints import Endpoint
from plait.ui.schemas import TEXT, list_of, one_of, or_null, record
from plait.ui.viewer import Viewer

__all__ = ["ENDPOINTS", "dictionary"]

_COLUMNS = ("name", "type", "layer", "location", "producer", "used_by", "doc", "columns")


async def catalog(viewer: Viewer, _: Mapping[str, Any]) -> Any:
    return {"datasets": await viewer.workbench.ask("catalog")}


async def as_csv(viewer: Viewer, _: Mapping[str, Any]) -> Any:
    text = dictionary(await viewer.workbench.ask("catalog"), "csv")
    return PlainTextResponse(text, media_type="text/csv")


async def as_markdown(viewer: Viewer, _: Mapping[str, Any]) -> Any:
    text = dictionary(await viewer.workbench.ask("catalog"), "md")
    return PlainTextResponse(text, media_type="text/markdown")


def dictionary(datasets: list[dict[str, Any]], form: str) -> str:
    """Return the data dictionary of a project as CSV or Markdown."""
    rows = [[_cell(dataset.get(column)) for column in _COLUMNS] for dataset in datasets]
    if form == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([_COLUMNS, *([_inert(cell) for cell in row] for row in rows)])
        return text.getvalue()
    lines = [_COLUMNS, ["---"] * len(_COLUMNS), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )


def _inert(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(
            f"{item['name']}: {item['type']}" if isinstance(item, dict) else str(item) for item in value
        )
    return "" if value is None else " ".join(str(value).split())


_ROW = record(
    {
        "name": TEXT,
        "type": or_null(TEXT),
        "producer": or_null(TEXT),
        "used_by": list_of(TEXT),
        "state": one_of("used", "unused", "memory", "wrong", "missing"),
    },
    maybe={
        "layer": or_null(TEXT),
        "location": or_null(TEXT),
        "doc": or_null(TEXT),
        "tags": list_of(TEXT),
    },
)

ENDPOINTS = (
    Endpoint(
        "/api/catalog",
        catalog,
        "All datasets: those of the catalog and those in memory.",
        returns=record({"datasets": list_of(_ROW)}),
    ),
    Endpoint("/api/catalog.csv", as_csv, "The data dictionary as CSV.", media_type="text/csv"),
    Endpoint("/api/catalog.md", as_markdown, "The data dictionary as Markdown.", media_type="text/markdown"),
)
