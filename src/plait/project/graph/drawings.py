"""A pipeline as text, Mermaid, Graphviz or plain values."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from plait.pipeline import Node, Pipeline, is_parameter, strip_transcoding
from plait.project.graph.document import function_name

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
    """Return a Mermaid flowchart: nodes as boxes, datasets as rounded boxes, namespaces as frames."""
    elements = _elements(pipeline)
    ids = {element.key: f"{element.kind[0]}{number}" for number, element in enumerate(elements)}

    def box(element: _Element) -> str:
        opened, closed = ("([", "])") if element.kind == "dataset" else ("[", "]")
        return f'{ids[element.key]}{opened}"{_mermaid(element.label)}"{closed}'

    def frame(number: int, group: _Group) -> str:
        return f'subgraph g{number}["{_mermaid(group.label)}"]'

    lines = _indented(_grouped(elements), box, frame, "end")
    lines += [f"    {ids[source]} --> {ids[target]}" for source, target in _edges(pipeline)]
    return "\n".join(["flowchart TD", *lines])


def as_dot(pipeline: Pipeline) -> str:
    """Return a Graphviz digraph: nodes as boxes, datasets as cylinders, namespaces as clusters."""

    def box(element: _Element) -> str:
        shape = "cylinder" if element.kind == "dataset" else "box"
        return f"{_quoted(element.key)} [label={_quoted(element.label)}, shape={shape}];"

    def frame(number: int, group: _Group) -> str:
        return f"subgraph cluster_{number} {{ label={_quoted(group.label)}; style=rounded;"

    lines = ["digraph pipeline {", "    rankdir=TB; node [fontname=Helvetica]; graph [fontname=Helvetica];"]
    lines += _indented(_grouped(_elements(pipeline)), box, frame, "}")
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


@dataclass(frozen=True)
class _Element:
    """A node or a dataset, named as it is inside its namespace."""

    kind: Literal["dataset", "node"]
    name: str
    namespace: str | None

    @property
    def key(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def label(self) -> str:
        return self.name.removeprefix(f"{self.namespace}.") if self.namespace else self.name


@dataclass(frozen=True)
class _Group:
    """What lies in one namespace: its own elements, and the namespaces in it."""

    label: str = ""
    elements: list[_Element] = field(default_factory=list)
    groups: dict[str, _Group] = field(default_factory=dict)


def _elements(pipeline: Pipeline) -> list[_Element]:
    namespaces = {prefix for node in pipeline.nodes for prefix in node.namespace_prefixes}
    datasets = [_Element("dataset", name, _around(name, namespaces)) for name in _datasets(pipeline)]
    return [*datasets, *(_Element("node", node.name, node.namespace) for node in pipeline.nodes)]


def _around(name: str, namespaces: Collection[str]) -> str | None:
    """Return the innermost namespace of nodes that a dataset's name begins with; other dots are only dots."""
    while "." in name:
        name = name.rpartition(".")[0]
        if name in namespaces:
            return name
    return None


def _grouped(elements: Iterable[_Element]) -> _Group:
    whole = _Group()
    for element in elements:
        group = whole
        for part in element.namespace.split(".") if element.namespace else ():
            group = group.groups.setdefault(part, _Group(part))
        group.elements.append(element)
    return whole


def _indented(
    whole: _Group, box: Callable[[_Element], str], frame: Callable[[int, _Group], str], closed: str
) -> list[str]:
    """Return a line for each element, and lines around each group, which are numbered as they are met."""
    numbers = itertools.count()

    def lines(group: _Group, indent: str) -> Iterator[str]:
        for element in group.elements:
            yield f"{indent}{box(element)}"
        for inner in group.groups.values():
            yield f"{indent}{frame(next(numbers), inner)}"
            yield from lines(inner, f"{indent}    ")
            yield f"{indent}{closed}"

    return list(lines(whole, "    "))


def _node_document(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "inputs": list(node.inputs),
        "outputs": list(node.outputs),
        "tags": sorted(node.tags),
        "namespace": node.namespace,
        "function": function_name(node),
    }


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
        for name in node.reads:
            if not is_parameter(name):
                yield _dataset(name), _node(node)
        for name in dict.fromkeys(map(strip_transcoding, node.outputs)):
            yield _node(node), _dataset(name)


def _dataset(name: str) -> str:
    return f"dataset {name}"


def _node(node: Node) -> str:
    return f"node {node.name}"


def _mermaid(text: str) -> str:
    return text.replace('"', "#quot;")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
