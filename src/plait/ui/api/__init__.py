"""Everything that can be asked of the server, by subject."""

from plait.ui.api import catalog, elements, graph, running, runs
from plait.ui.endpoints import Endpoint

__all__ = ["ENDPOINTS"]

ENDPOINTS: tuple[Endpoint, ...] = (
    *graph.ENDPOINTS,
    *elements.ENDPOINTS,
    *catalog.ENDPOINTS,
    *runs.ENDPOINTS,
    *running.ENDPOINTS,
)
