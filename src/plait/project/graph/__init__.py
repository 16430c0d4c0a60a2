"""The picture of a project as plain values: its graph, what is known of each element, and a search over both.

Made from pipelines, configuration and sources. No dataset is instantiated and nothing is run.
"""

from plait.project.graph.details import project_details
from plait.project.graph.document import (
    GRAPH_SCHEMA,
    graph_document,
    parents_of,
    pipeline_document,
    problem_document,
)
from plait.project.graph.search import Hit, search

__all__ = [
    "GRAPH_SCHEMA",
    "Hit",
    "graph_document",
    "parents_of",
    "pipeline_document",
    "problem_document",
    "project_details",
    "search",
]
