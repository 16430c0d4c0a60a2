"""Drawing the beginning of a dataset on a terminal."""

from __future__ import annotations

import json
from typing import Any

from plait.catalog.preview import Preview
from plait.cli.output import line, styled, table

__all__ = ["preview_json", "show_preview"]

_WIDEST = 40  # characters of one cell


def show_preview(preview: Preview) -> None:
    """Print a preview in the way its kind asks for."""
    content: Any = preview.content
    if preview.kind == "table":
        _table(preview)
    elif preview.kind in ("json", "plotly"):
        line(json.dumps(content, indent=2, default=str))
    elif preview.kind == "files":
        for name in content:
            line(str(name))
    elif isinstance(content, bytes):
        line(f"{preview.media_type or 'image'}, {len(content):,} bytes")
    else:
        line(str(content).rstrip("\n"))
    if not preview.complete:
        line(styled(_rest(preview), "2"))


def preview_json(preview: Preview) -> dict[str, Any]:
    """Return a preview as plain values; bytes are given by their size only."""
    content: Any = preview.content
    return {
        "kind": preview.kind,
        "columns": None if preview.columns is None else dict(preview.columns),
        "content": {"bytes": len(content)} if isinstance(content, bytes) else content,
        "complete": preview.complete,
        "rows": preview.rows,
        "media_type": preview.media_type,
    }


def _table(preview: Preview) -> None:
    columns = dict(preview.columns or {})
    rows: Any = preview.content
    table(list(columns), [[_cell(value) for value in row] for row in rows], types=list(columns.values()))


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _rest(preview: Preview) -> str:
    return "…" if preview.rows is None else f"… of {preview.rows:,} rows"
