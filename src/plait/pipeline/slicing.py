"""Nodes picked by what they are: named, tagged, within a namespace, next to a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plait.errors import SelectionError, did_you_mean
from plait.pipeline.graph import Graph
from plait.pipeline.node import Node

__all__ = ["as_names", "check_tags", "consuming", "named", "producing", "suggestion", "tagged", "within"]


_FEW = 12  # names that a person reads through


def as_names(names: str | Iterable[str]) -> list[str]:
    """Return names given as one string or as several."""
    return [names] if isinstance(names, str) else list(names)


def named(nodes: Mapping[str, Node], names: Iterable[str]) -> list[Node]:
    """Return the nodes of these names.

    Raises:
        SelectionError: there is no such node.
    """
    wanted = list(names)
    missing = [name for name in wanted if name not in nodes]
    if missing:
        raise _unknown("node", missing, nodes)
    return [nodes[name] for name in wanted]


def tagged(nodes: Mapping[str, Node], tags: Iterable[str]) -> dict[str, Node]:
    """Return the nodes that have any of ``tags``."""
    wanted = set(tags)
    return {name: node for name, node in nodes.items() if not wanted.isdisjoint(node.tags)}


def check_tags(nodes: Mapping[str, Node], tags: Iterable[str]) -> None:
    """Refuse tags that no node has.

    Raises:
        SelectionError: with close matches, or the tags there are.
    """
    known = {tag for node in nodes.values() for tag in node.tags}
    missing = [tag for tag in tags if tag not in known]
    if missing:
        raise _unknown("tag", missing, known)


def suggestion(kind: str, name: str, known: Iterable[str]) -> str | None:
    """Return which names may have been meant; where none is close, all of them if they are few."""
    names = sorted(set(known))
    close = did_you_mean(name, names)
    if close or kind in ("node", "dataset"):
        return close
    if not names:
        return f"there are no {kind}s here"
    more = " …" if len(names) > _FEW else ""
    return f"{kind}s are: {', '.join(names[:_FEW])}{more}"


def within(nodes: Mapping[str, Node], namespaces: Iterable[str]) -> dict[str, Node]:
    """Return the nodes in any of ``namespaces`` or below.

    Raises:
        SelectionError: a namespace has no node.
    """
    wanted = as_names(namespaces)
    known = {prefix for node in nodes.values() for prefix in node.namespace_prefixes}
    missing = [namespace for namespace in wanted if namespace not in known]
    if missing:
        raise _unknown("namespace", missing, known)
    chosen = set(wanted)
    return {name: node for name, node in nodes.items() if not chosen.isdisjoint(node.namespace_prefixes)}


def producing(graph: Graph, datasets: Iterable[str]) -> dict[str, Node]:
    """Return the nodes that make any of ``datasets``.

    Raises:
        SelectionError: the graph has no such dataset.
    """
    wanted = _known(graph, datasets)
    return {node.name: node for dataset in wanted for node in graph.producing(dataset)}


def consuming(graph: Graph, datasets: Iterable[str]) -> dict[str, Node]:
    """Return the nodes that read any of ``datasets``.

    Raises:
        SelectionError: the graph has no such dataset.
    """
    wanted = _known(graph, datasets)
    return {node.name: node for dataset in wanted for node in graph.consuming(dataset)}


def _known(graph: Graph, datasets: Iterable[str]) -> list[str]:
    wanted = list(datasets)
    missing = [name for name in wanted if name not in graph.producers and name not in graph.consumers]
    missing = [name for name in missing if name not in graph.datasets]
    if missing:
        raise _unknown("dataset", missing, graph.datasets)
    return wanted


def _unknown(kind: str, names: list[str], known: Iterable[str]) -> SelectionError:
    listed = ", ".join(f"'{name}'" for name in names)
    plural = "" if len(names) == 1 else "s"
    return SelectionError(
        f"the pipeline has no {kind}{plural} {listed}", hint=suggestion(kind, names[0], known)
    )
