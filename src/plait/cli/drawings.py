"""A pipeline as text, Mermaid, Graphviz or plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from plait.pipeline import Node, Pipeline, is_parameter, strip_transcoding

if TYPE_CHECKING:
    from plait.catalog import DataCatalog

__all__ = ["DRAWINGS", "as_document", "as_dot", "as_mermaid", "as_text"]


def as_text(pipeline: Pipeline) -> str:
    """Return the nodes in the order they run, with what they read and write."""
    width = max((len(node.name) for node in pipeline.nodes), default=0)
    return "\n".join(
        f"{node.name:<{width}}  {', '.join(node.inputs) or '-'} → {', '.join(node.outputs) or '-'}"
        for node in pipeline.nodes
    )


def as_mermaid(pipeline: Pipeline) -> str:
    """Return a Mermaid flowchart: nodes as boxes, datasets as rounded boxes."""
    ids = _ids(pipeline)
    lines = ["flowchart TD"]
    lines += [f'    {ids[_dataset(name)]}(["{_mermaid(name)}"])' for name in _datasets(pipeline)]
    lines += [f'    {ids[_node(node)]}["{_mermaid(node.name)}"]' for node in pipeline.nodes]
    lines += [f"    {ids[source]} --> {ids[target]}" for source, target in _edges(pipeline)]
    return "\n".join(lines)


def as_dot(pipeline: Pipeline) -> str:
    """Return a Graphviz digraph."""
    boxes = [(_dataset(name), name, "cylinder") for name in _datasets(pipeline)]
    boxes += [(_node(node), node.name, "box") for node in pipeline.nodes]
    lines = ["digraph pipeline {", "    rankdir=TB; node [fontname=Helvetica];"]
    lines += [f"    {_quoted(key)} [label={_quoted(label)}, shape={shape}];" for key, label, shape in boxes]
    lines += [f"    {_quoted(source)} -> {_quoted(target)};" for source, target in _edges(pipeline)]
    return "\n".join([*lines, "}"])


def as_document(name: str, pipeline: Pipeline, catalog: DataCatalog) -> dict[str, Any]:
    """Return nodes, datasets and edges as plain values."""
    return {
        "pipeline": name,
        "nodes": [_node_document(node) for node in pipeline.nodes],
        "datasets": [_dataset_document(item, catalog) for item in _datasets(pipeline)],
        "parameters": sorted({item for node in pipeline.nodes for item in node.inputs if is_parameter(item)}),
    }


DRAWINGS: Mapping[str, Callable[[Pipeline], str]] = {"text": as_text, "mermaid": as_mermaid, "dot": as_dot}


def _node_document(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "inputs": list(node.inputs),
        "outputs": list(node.outputs),
        "tags": sorted(node.tags),
        "namespace": node.namespace,
        "function": f"{node.func.__module__}.{_qualname(node.func)}",
    }


def _qualname(func: object) -> str:
    return str(getattr(func, "__qualname__", type(func).__qualname__))


def _dataset_document(name: str, catalog: DataCatalog) -> dict[str, Any]:
    entry = catalog.entry(name)
    return {
        "name": name,
        "type": "memory" if entry is None else entry.type,
        "layer": None if entry is None else entry.layer,
        "location": None if entry is None else entry.location,
    }


def _datasets(pipeline: Pipeline) -> list[str]:
    names = [name for node in pipeline.nodes for name in (*node.inputs, *node.outputs)]
    return list(dict.fromkeys(strip_transcoding(name) for name in names if not is_parameter(name)))


def _edges(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    for node in pipeline.nodes:
        for name in dict.fromkeys(map(strip_transcoding, node.inputs)):
            if not is_parameter(name):
                yield _dataset(name), _node(node)
        for name in dict.fromkeys(map(strip_transcoding, node.outputs)):
            yield _node(node), _dataset(name)


def _ids(pipeline: Pipeline) -> dict[str, str]:
    keys = [_dataset(name) for name in _datasets(pipeline)] + [_node(node) for node in pipeline.nodes]
    return {key: f"{key[0]}{number}" for number, key in enumerate(keys)}


def _dataset(name: str) -> str:
    return f"dataset {name}"


def _node(node: Node) -> str:
    return f"node {node.name}"


def _mermaid(text: str) -> str:
    return text.replace('"', "#quot;")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
