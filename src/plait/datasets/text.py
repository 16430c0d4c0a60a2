"""Text, Markdown and HTML: a string, UTF-8 unless the entry says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plait.catalog.preview import Preview
from plait.datasets.growing_text import Appending, appended_text
from plait.datasets.previews import text_preview
from plait.datasets.refusals import unfit
from plait.datasets.sources import Source, opened


def read(source: Source, **open_args: Any) -> str:
    with opened(source, "r", **open_args) as file:
        return str(file.read())


def write(data: Any, target: Path, **open_args: Any) -> None:
    _refuse_other(data)
    with target.open("w", **{"encoding": "utf-8", **open_args}) as file:
        file.write(data)


def append(target: Path, before: Path | None, **open_args: Any) -> Appending:
    return appended_text(target, before, _refuse_other, **open_args)


def _refuse_other(data: Any) -> None:
    if not isinstance(data, str):
        hint = "return text, or give the entry the type of the data, such as `type: json`"
        raise unfit("a text file takes a string", data, hint)


def preview(source: Source, limit: int, **open_args: Any) -> Preview:
    return text_preview(source, limit, **open_args)


def preview_markdown(source: Source, limit: int, **open_args: Any) -> Preview:
    return text_preview(source, limit, "markdown", **open_args)


def preview_html(source: Source, limit: int, **open_args: Any) -> Preview:
    return text_preview(source, limit, "html", **open_args)


def preview_head(source: Source, limit: int, encoding: str | None = None, **_: Any) -> Preview:
    """Show the first lines of a file whose reader takes other arguments."""
    return text_preview(source, limit, encoding=encoding or "utf-8", errors="replace")
