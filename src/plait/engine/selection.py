"""What a selection needs beside itself: the producers of data that lives in memory only."""

from __future__ import annotations

from collections.abc import Collection

from plait.catalog import DataCatalog
from plait.pipeline import Node, Pipeline, strip_transcoding

__all__ = ["with_memory_producers"]


def with_memory_producers(
    selected: Pipeline, whole: Pipeline, catalog: DataCatalog, given: Collection[str] = ()
) -> Pipeline:
    """Return ``selected`` and those nodes of ``whole`` that make its in-memory inputs.

    Stored inputs are taken as they lie: a selection bounds what may run.

    Args:
        given: names whose data the caller brings along.
    """
    brought = {strip_transcoding(name) for name in given}
    chosen = {node.name for node in selected}
    waiting = list(selected)
    while waiting:
        for producer in _memory_producers(waiting.pop(), whole, catalog, brought):
            if producer.name not in chosen:
                chosen.add(producer.name)
                waiting.append(producer)
    return selected if len(chosen) == len(selected) else whole.only_nodes(*chosen)


def _memory_producers(node: Node, whole: Pipeline, catalog: DataCatalog, brought: set[str]) -> list[Node]:
    names = [name for name in node.inputs if strip_transcoding(name) not in brought]
    producers = [whole.producers.get(strip_transcoding(name)) for name in names if catalog.is_memory(name)]
    return [producer for producer in producers if producer is not None]
