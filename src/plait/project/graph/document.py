"""The graph of a project as one JSON document: pipelines, nodes, datasets and parameters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from plait.catalog.locations import redact
from plait.errors import PlaitError
from plait.pipeline import Node, Pipeline, is_parameter, strip_transcoding
from plait.project.pipelines import DEFAULT

if TYPE_CHECKING:
    from plait.catalog import DataCatalog, Entry
    from plait.project.project import Project

__all__ = [
    "GRAPH_SCHEMA",
    "element_id",
    "first_line",
    "function_name",
    "graph_document",
    "layer_order",
    "parents_of",
    "pipeline_document",
    "place_of",
    "problem_document",
]

GRAPH_SCHEMA = 1

#: Kedro's data engineering layers, top to bottom; others follow where the graph puts them.
_LAYERS = (
    "raw",
    "intermediate",
    "primary",
    "feature",
    "model_input",
    "models",
    "model_output",
    "reporting",
)


def graph_document(project: Project) -> dict[str, Any]:
    """Return the graph of all pipelines of a project.

    What cannot be made, such as a pipeline whose module does not import, is told in ``problems``; the rest
    is there. The ``key`` identifies what is drawn: equal keys, equal drawings.
    """
    pipelines, problems = _pipelines(project)
    builder = _Builder(_catalog(project, problems))
    listed = [
        {"name": name, "nodes": [builder.node(node) for node in pipelines[name].nodes]}
        for name in sorted(pipelines, key=lambda name: (name != DEFAULT, name))
    ]
    content = {
        "schema": GRAPH_SCHEMA,
        "project": {"name": project.name, "environment": project.env},
        "pipelines": listed,
        "layers": layer_order(element.get("layer") for element in builder.elements),
        "elements": builder.elements,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {**content, "key": f"sha256:{digest}", "problems": [problem_document(item) for item in problems]}


def pipeline_document(pipeline: Pipeline, catalog: DataCatalog | None = None) -> dict[str, Any]:
    """Return the graph of one pipeline that belongs to no project, such as one made in a notebook."""
    builder = _Builder(catalog)
    nodes = [builder.node(node) for node in pipeline.nodes]
    return {
        "schema": GRAPH_SCHEMA,
        "key": "",
        "project": {"name": "pipeline", "environment": "", "environments": [], "read_only": True},
        "pipelines": [{"name": DEFAULT, "nodes": nodes}],
        "layers": layer_order(element.get("layer") for element in builder.elements),
        "elements": builder.elements,
        "problems": [],
    }


def parents_of(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return node → the nodes that make what it reads, of all pipelines of a graph document, in order."""
    elements = document["elements"]
    numbers = dict.fromkeys(number for pipeline in document["pipelines"] for number in pipeline["nodes"])
    producer = {
        data: elements[number]["name"] for number in numbers for data in elements[number].get("outputs", ())
    }
    return {
        elements[number]["name"]: [
            producer[data] for data in elements[number].get("inputs", ()) if data in producer
        ]
        for number in numbers
    }


def element_id(kind: str, name: str) -> str:
    """Return how an element is called in addresses and searches: ``node:clean``, ``params:split``."""
    return name if kind == "parameter" else f"{kind}:{name}"


def problem_document(problem: PlaitError) -> dict[str, Any]:
    """Return an error as plain values, as a surface shows it."""
    where = [str(place) for place in problem.where]
    return {"message": problem.what, "where": where, "why": problem.why, "hint": problem.hint}


def place_of(entry: Entry) -> str | None:
    """Return where an entry's data lies: a path, a URL, or a table with its database where that is told."""
    table = entry.arguments.get("table_name")
    if entry.location is not None or (table is None and entry.type != "table"):
        return entry.location
    parts = table if isinstance(table, list | tuple) else (entry.name if table is None else table,)
    name = ".".join(map(str, parts))
    schema, database = entry.arguments.get("schema"), entry.arguments.get("database")
    if entry.type == "table" and database is None:
        from plait.datasets.duckdb.tables import DEFAULT_DATABASE

        database = DEFAULT_DATABASE
    name = f"{schema}.{name}" if isinstance(schema, str) else name
    return f"{redact(str(database))}#{name}" if database is not None else name


def layer_order(layers: Iterable[str | None]) -> list[str]:
    """Return the layers in use: Kedro's in their order, then others as they were first met."""
    used = dict.fromkeys(layer for layer in layers if layer)
    known = [layer for layer in _LAYERS if layer in used]
    return [*known, *(layer for layer in used if layer not in _LAYERS)]


def first_line(text: str | None) -> str | None:
    """Return the first line of a docstring or a description."""
    lines = (text or "").strip().splitlines()
    return lines[0].strip() if lines else None


def function_name(node: Node) -> str:
    """Return where a node's function is defined: module and qualified name."""
    func: Any = node.func
    while hasattr(func, "func"):  # partials
        func = func.func
    name = getattr(func, "__qualname__", type(func).__qualname__)
    return f"{getattr(func, '__module__', type(func).__module__)}.{name}"


def _label(name: str, namespace: str | None) -> str:
    return name.removeprefix(f"{namespace}.") if namespace else name


def _pipelines(project: Project) -> tuple[dict[str, Pipeline], list[PlaitError]]:
    found: dict[str, Pipeline] = {}
    problems: list[PlaitError] = []
    try:
        names = list(project.pipelines)
    except PlaitError as error:
        return {}, [error]
    for name in names:
        try:
            found[name] = project.pipelines[name]
        except PlaitError as error:
            if str(error) not in map(str, problems):
                problems.append(error)
    return found, problems


def _catalog(project: Project, problems: list[PlaitError]) -> DataCatalog | None:
    try:
        return project.catalog
    except PlaitError as error:
        problems.append(error)
        return None


class _Builder:
    """Numbers elements as they are met."""

    def __init__(self, catalog: DataCatalog | None) -> None:
        self._catalog = catalog
        self._numbers: dict[str, int] = {}
        self.elements: list[dict[str, Any]] = []

    def node(self, node: Node) -> int:
        """Return the number of a node, added with all it reads and writes where it is new."""
        known = self._numbers.get(f"node:{node.name}")
        if known is not None:
            return known
        inputs = [self._data(name) for name in node.reads]
        outputs = [self._data(name) for name in dict.fromkeys(map(strip_transcoding, node.outputs))]
        return self._add(
            {
                "kind": "node",
                "name": node.name,
                "label": _label(node.name, node.namespace),
                "namespace": node.namespace,
                "tags": sorted(node.tags),
                "function": function_name(node),
                "mode": "each" if node.maps else "new" if node.incremental else None,
                "inputs": inputs,
                "outputs": outputs,
                "doc": first_line(getattr(node.func, "__doc__", None)),
            }
        )

    def _data(self, name: str) -> int:
        kind = "parameter" if is_parameter(name) else "dataset"
        known = self._numbers.get(element_id(kind, name))
        if known is not None:
            return known
        return self._add(self._parameter(name) if kind == "parameter" else self._dataset(name))

    def _parameter(self, name: str) -> dict[str, Any]:
        plain = name.removeprefix("params:")
        namespace, _, label = plain.rpartition(".")
        return {"kind": "parameter", "name": name, "label": label, "namespace": namespace}

    def _dataset(self, name: str) -> dict[str, Any]:
        namespace, _, label = name.rpartition(".")
        element = {"kind": "dataset", "name": name, "label": label, "namespace": namespace}
        try:
            entry = self._catalog.entry(name) if self._catalog is not None else None
        except PlaitError:  # it is drawn all the same, and what is wrong is among its details
            return {**element, "type": "wrong", "wrong": True}
        if entry is None:
            return {**element, "type": "memory"}
        return {
            **element,
            "type": entry.type,
            "layer": entry.layer,
            "location": place_of(entry),
            "partitioned": entry.type.startswith("partitions"),
            "versioned": entry.versioned,
            "tags": sorted(entry.tags),
            "doc": first_line(entry.description),
        }

    def _add(self, element: Mapping[str, Any]) -> int:
        kept = {key: value for key, value in element.items() if value not in (None, "", False, [])}
        number = self._numbers[element_id(kept["kind"], kept["name"])] = len(self.elements)
        self.elements.append(kept)
        return number
