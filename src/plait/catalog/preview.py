"""A first look at a dataset: plain values that a terminal, a browser or a notebook can draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Preview", "PreviewKind"]

PreviewKind = Literal["table", "text", "json", "markdown", "html", "image", "plotly", "files"]


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a dataset.

    Attributes:
        kind: how to draw ``content``.
        content: ``table``: a sequence of rows; ``text``, ``markdown``, ``html``: a string;
            ``json``, ``plotly``: plain values; ``image``: encoded bytes; ``files``: relative paths.
        columns: for a table, column name → type as the reader names it, in order.
        complete: whether this is everything there is.
        rows: the number of rows of the whole, where it is known without reading them.
        media_type: for an image, such as ``image/png``.
    """

    kind: PreviewKind
    content: Sequence[Sequence[Any]] | str | bytes | Mapping[str, Any] | Sequence[Any]
    columns: Mapping[str, str] | None = None
    complete: bool = False
    rows: int | None = None
    media_type: str | None = None
