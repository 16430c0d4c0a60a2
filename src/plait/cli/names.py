"""Collecting the names a shell may complete while a project is open anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plait.errors import PlaitError

if TYPE_CHECKING:
    from plait.project import Project

__all__ = ["remember"]


def remember(project: Project) -> None:
    """Keep the project's names for the next TAB, where all its pipelines were made anyway."""
    from plait.project.names import write_names

    try:
        pipeline = project.pipelines.made.get("__default__")
        if pipeline is None:
            return
        stored = list(project.catalog.keys())
        pipelines = list(project.pipelines)
    except PlaitError:
        return
    write_names(
        str(project.root),
        {
            "nodes": [node.name for node in pipeline.nodes],
            "tags": sorted({tag for node in pipeline.nodes for tag in node.tags}),
            "namespaces": sorted({prefix for node in pipeline.nodes for prefix in node.namespace_prefixes}),
            "datasets": sorted({*pipeline.datasets(), *stored}),
            "pipelines": pipelines,
        },
    )
