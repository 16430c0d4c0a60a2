"""Nodes in groups, for deployments that run a group at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from plait.errors import PipelineError, SelectionError
from plait.pipeline.graph import Graph
from plait.pipeline.node import Node

__all__ = ["GroupedNodes", "grouped"]


@dataclass
class GroupedNodes:
    """Nodes that are deployed together.

    Attributes:
        name: of the namespace, or of the one node.
        type: ``namespace`` or ``nodes``.
        nodes: their names, in topological order.
        dependencies: names of the groups that must be done before.
    """

    name: str
    type: str
    nodes: list[str] = field(default_factory=list)
    dependencies: list[str] = field(default_factory=list)


def grouped(graph: Graph, group_by: str | None) -> list[GroupedNodes]:
    """Group by top-level ``namespace``, or each node for itself (None or ``none``).

    Raises:
        SelectionError: another way of grouping is asked for.
        PipelineError: groups would wait for each other.
    """
    how = (group_by or "none").lower()
    if how not in ("namespace", "none"):
        raise SelectionError(
            f"nodes cannot be grouped by '{group_by}'", hint="group by 'namespace', or None for no groups"
        )
    by_namespace = how == "namespace"
    groups: dict[str, GroupedNodes] = {}
    for layer in graph.layers:
        for node in layer:
            key = _key(node, by_namespace)
            kind = "namespace" if by_namespace and node.namespace else "nodes"
            group = groups.setdefault(key, GroupedNodes(key, kind))
            group.nodes.append(node.name)
            parents = sorted(graph.parents(node), key=lambda parent: parent.name)
            _depend(group, (_key(parent, by_namespace) for parent in parents))
    _check_order(groups)
    return list(groups.values())


def _key(node: Node, by_namespace: bool) -> str:
    return node.namespace.split(".")[0] if by_namespace and node.namespace else node.name


def _depend(group: GroupedNodes, keys: Iterable[str]) -> None:
    known = set(group.dependencies)
    for key in keys:
        if key != group.name and key not in known:
            known.add(key)
            group.dependencies.append(key)


def _check_order(groups: dict[str, GroupedNodes]) -> None:
    waiting = {name: len(group.dependencies) for name, group in groups.items()}
    dependants: dict[str, list[str]] = {name: [] for name in groups}
    for name, group in groups.items():
        for dependency in group.dependencies:
            dependants[dependency].append(name)
    ready = [name for name, count in waiting.items() if not count]
    while ready:
        for name in dependants[ready.pop()]:
            waiting[name] -= 1
            if not waiting[name]:
                ready.append(name)
    stuck = sorted(name for name, count in waiting.items() if count)
    if stuck:
        raise PipelineError(
            f"the namespaces of this pipeline cannot be run one after the other: {_listed(stuck)} "
            "wait for each other",
            why="a namespace is left and entered again along a path of nodes",
            hint="move the nodes between into the namespace, or do not group: group_by=None",
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
