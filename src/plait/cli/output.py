"""Printing: JSON documents, and tables that are drawn on a terminal and plain elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["SCHEMA", "document", "duration", "line", "styled", "table", "warning"]

#: Version of all ``--json`` documents: fields are added, never renamed, within one number.
SCHEMA = 1


def document(content: Mapping[str, Any]) -> None:
    """Print one JSON document."""
    import json

    sys.stdout.write(json.dumps({"schema": SCHEMA, **content}, indent=2, default=str) + "\n")


def line(text: str = "") -> None:
    """Print one line."""
    sys.stdout.write(text + "\n")


def warning(text: str) -> None:
    """Print one line of warning, where it does not mix with what a program may read."""
    sys.stdout.flush()
    sys.stderr.write(f"warning: {text}\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], types: Sequence[str] = ()) -> None:
    """Print rows in aligned columns, the titles first, and what the columns hold below the titles."""
    cells = [[_cell(value) for value in row] for row in rows]
    titles = [title if types else title.upper() for title in columns]
    kinds = [[str(kind) for kind in types]] if types else []
    widths = [max(map(len, column)) for column in zip(titles, *kinds, *cells, strict=True)]
    for row in (titles, *kinds):
        line(styled(_aligned(row, widths), "2"))
    for row in cells:
        line(_aligned(row, widths))


def styled(text: str, code: str) -> str:
    """Return ``text`` in an ANSI style where stdout is a terminal that wants colour."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\033[{code}m{text}\033[0m"


def duration(seconds: float) -> str:
    """Return a duration as people say it: ``0.4 s``, ``1 min 5 s``, ``2 h 3 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds >= 0.05 else f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, value)) or "-"
    return str(value).replace("\n", " ")


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
