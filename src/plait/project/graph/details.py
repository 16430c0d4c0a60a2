"""What is known of each node and dataset beyond the graph: code, documentation, where it is defined."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.errors import PlaitError
from plait.pipeline import Node, is_parameter, strip_transcoding
from plait.project.graph.document import function_name, place_of, problem_document

if TYPE_CHECKING:
    from plait.catalog import Entry
    from plait.identity.manifest import Codebase, CodeManifest
    from plait.project.project import Project

__all__ = ["project_details"]

_MOST_SYMBOLS = 40  # helpers of one node that are shown: beyond that a reader looks into the files

Highlight = Callable[[str], str]


def project_details(project: Project) -> dict[str, dict[str, Any]]:
    """Return element id → details, for all nodes and datasets of all pipelines that can be made."""
    from plait.identity.manifest import Codebase

    memory = project.code_memory
    codebase = Codebase(
        project.root, (project.source,), sources=memory.sources, distributions=memory.distributions
    )
    found: dict[str, dict[str, Any]] = {}
    nodes = _nodes(project)
    for node in nodes.values():
        found[f"node:{node.name}"] = _node_details(project, node, codebase)
    for name, (producer, consumers) in _data(nodes).items():
        found[f"dataset:{name}"] = _dataset_details(project, name, producer, consumers)
    return found


def _nodes(project: Project) -> dict[str, Node]:
    found: dict[str, Node] = {}
    with suppress(PlaitError):
        for name in project.pipelines:
            with suppress(PlaitError):
                found |= {node.name: node for node in project.pipelines[name].nodes}
    return found


def _data(nodes: Mapping[str, Node]) -> dict[str, tuple[str | None, list[str]]]:
    producers: dict[str, str] = {}
    consumers: dict[str, list[str]] = {}
    for node in nodes.values():
        producers |= {strip_transcoding(name): node.name for name in node.outputs}
        for name in dict.fromkeys(map(strip_transcoding, node.inputs)):
            if not is_parameter(name):
                consumers.setdefault(name, []).append(node.name)
    names = dict.fromkeys([*consumers, *producers])
    return {name: (producers.get(name), consumers.get(name, [])) for name in names}


def _node_details(project: Project, node: Node, codebase: Codebase) -> dict[str, Any]:
    manifest = codebase.manifest(node.func)
    file, line = _place(manifest)
    return {
        "name": node.name,
        "function": function_name(node),
        "file": file,
        "line": line,
        "doc": inspect.getdoc(node.func),
        "signature": _signature(node),
        "code": list(_code(manifest, codebase)),
        "inputs": [
            {"argument": item.argument or str(item.parameter), "dataset": item.dataset}
            for item in node.bindings
        ],
        "outputs": list(node.outputs),
        "parameters": [_parameter(project, name) for name in node.inputs if is_parameter(name)],
        "tags": sorted(node.tags),
        "namespace": node.namespace,
        "settings": _settings(node),
    }


def _place(manifest: CodeManifest) -> tuple[str | None, int | None]:
    first = next(iter(manifest.symbols.values()), None)
    return (None, None) if first is None else (first.file, first.line)


def _signature(node: Node) -> str | None:
    with suppress(TypeError, ValueError):
        return str(inspect.signature(node.func))
    return None


def _code(manifest: CodeManifest, codebase: Codebase) -> Iterator[dict[str, Any]]:
    """Give the function, and then the project's own helpers and constants that it reaches."""
    texts = codebase.written(manifest)
    shown = 0
    for symbol in manifest.symbols.values():
        text = texts.get(symbol.digest)
        if text is None or symbol.is_link or shown == _MOST_SYMBOLS:
            continue
        shown += 1
        yield {"symbol": symbol.name, "file": symbol.file, "line": symbol.line, "text": text}


def _parameter(project: Project, name: str) -> dict[str, Any]:
    path = name.removeprefix("params:")
    found: dict[str, Any] = {"name": name, "value": None, "file": None, "line": None}
    with suppress(PlaitError):
        parameters = project.parameters
        if parameters.is_secret(path):
            return {**found, "value": "***"}
        found["value"] = dict(parameters) if name == "parameters" else parameters.get_path(path)
        origin = parameters.origin(path)
        if origin is not None:
            found |= {"file": _relative(project.root, origin.file), "line": origin.line}
    return found


def _settings(node: Node) -> dict[str, Any]:
    values = {
        "cache": None if node.cache == "auto" else node.cache,
        "retries": node.retries or None,
        "timeout": node.timeout,
        "resources": dict(node.resources or {}) or None,
        "version": node.version,
        "on_error": node.on_error,
    }
    return {name: value for name, value in values.items() if value is not None}


def _dataset_details(
    project: Project, name: str, producer: str | None, consumers: list[str]
) -> dict[str, Any]:
    details: dict[str, Any] = {"name": name, "producer": producer, "consumers": consumers, "type": "memory"}
    try:
        entry: Entry | None = project.catalog.entry(name)
    except PlaitError as error:
        return {**details, "type": "wrong", "problem": problem_document(error)}
    if entry is None:
        return details
    origin = entry.origin
    return {
        **details,
        "type": entry.type,
        "doc": entry.description,
        "layer": entry.layer,
        "location": place_of(entry),
        "tags": sorted(entry.tags),
        "frame": entry.frame,
        "versioned": entry.versioned,
        "pattern": entry.pattern,
        "file": None if origin is None else _relative(project.root, origin.file),
        "line": None if origin is None else origin.line,
    }


def _relative(root: Path, file: Any) -> str:
    path = Path(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(file)
