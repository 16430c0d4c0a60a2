"""Plotly figures as JSON or as a page of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import plotly.io

from plait.catalog import frames
from plait.catalog.preview import Preview
from plait.datasets.previews import text_preview
from plait.datasets.refusals import unfit
from plait.datasets.sources import Source, opened, suffix_of
from plait.errors import DatasetError


def read(source: Source, plotly_args: Mapping[str, Any] | None = None, **load_args: Any) -> Any:  # noqa: ARG001
    if suffix_of(source) in (".html", ".htm"):
        raise DatasetError(
            "a figure stored as a page cannot be loaded back",
            hint="end the path in .json, or annotate the argument with `pathlib.Path` to get the file",
        )
    with opened(source, "r") as file:
        return plotly.io.from_json(file.read(), **load_args)


def write(data: Any, target: Path, plotly_args: Mapping[str, Any] | None = None, **save_args: Any) -> None:
    """Save a figure in the format of the suffix; with Kedro's ``plotly_args`` draw a table first."""
    figure = data if plotly_args is None or _is_figure(data) else _drawn(data, plotly_args)
    if suffix_of(target) in (".html", ".htm"):
        write_html(figure, target, **save_args)
    else:
        write_json(figure, target, **save_args)


def write_json(data: Any, target: Path, **save_args: Any) -> None:
    _checked(data).write_json(str(target), **save_args)


def write_html(data: Any, target: Path, **save_args: Any) -> None:
    # Plotly would give the page a new random identifier at every save.
    _checked(data).write_html(str(target), **{"div_id": "figure", **save_args})


def preview(source: Source, limit: int, **_: Any) -> Preview:
    if suffix_of(source) in (".html", ".htm"):
        return text_preview(source, limit, "html")
    with opened(source) as file:
        return Preview("plotly", json.load(file), complete=True)


def _is_figure(data: Any) -> bool:
    return hasattr(data, "write_json") and hasattr(data, "write_html")


def _checked(data: Any) -> Any:
    if _is_figure(data):
        return data
    hint = "with `plotly_args` in the entry a table is drawn when it is saved"
    raise unfit("a Plotly file takes a Plotly figure", data, hint)


def _drawn(data: Any, plotly_args: Mapping[str, Any]) -> Any:
    import plotly.express as px

    draw: Callable[..., Any] | None = getattr(px, str(plotly_args.get("type")), None)
    if draw is None:
        raise DatasetError(
            f"plotly.express has no plot called {plotly_args.get('type')!r}",
            hint="`plotly_args: {type: bar, fig: {x: …, y: …}}`",
        )
    figure = draw(frames.convert(data, "pandas"), **plotly_args.get("fig", {}))
    figure.update_layout(template=plotly_args.get("theme", "plotly"))
    figure.update_layout(plotly_args.get("layout", {}))
    return figure
