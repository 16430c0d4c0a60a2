"""A pipeline as a drawing in a notebook, without a server and without a network."""

from __future__ import annotations

import html
import json
from typing import Any

from plait.pipeline import Pipeline
from plait.project.graph import pipeline_document
from plait.ui.page import STATIC

__all__ = ["Drawing", "show"]


class Drawing:
    """A drawing that a notebook displays: the page of ``plait ui``, in a frame that holds all it needs."""

    def __init__(self, pipeline: Pipeline, *, height: int = 520) -> None:
        self._pipeline = pipeline
        self._height = height

    def page(self) -> str:
        """Return the page as one HTML document."""
        answers = {"/api/graph": pipeline_document(self._pipeline), "/api/runs": {"runs": []}}
        data = json.dumps({"answers": answers}).replace("<", "\\u003c")
        script = (STATIC / "app.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
        style = (STATIC / "app.css").read_text(encoding="utf-8")
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pipeline</title>'
            f'<style>{style}</style></head><body class="embedded"><div id="app"></div>'
            f"<script>window.__plait={data}</script><script>{script}</script></body></html>"
        )

    def _repr_html_(self) -> str:
        if not (STATIC / "app.js").is_file():
            return f"<pre>{html.escape(str(self._pipeline))}</pre>"
        page = html.escape(self.page(), quote=True)
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts allow-downloads" '
            f'title="Pipeline" style="width:100%;height:{self._height}px;border:1px solid #8884"></iframe>'
        )

    def __repr__(self) -> str:
        return repr(self._pipeline)


def show(pipeline: Pipeline, *, height: int = 520) -> Any:
    """Show a pipeline in a notebook.

    Args:
        height: of the drawing, in pixels.
    """
    return Drawing(pipeline, height=height)
