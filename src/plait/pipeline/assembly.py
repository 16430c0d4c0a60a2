"""From nodes and pipelines to one checked graph: unique names, outputs and confirms, one spelling, no cycle.

Two graphs are united by adding the smaller to the larger. Both were checked when they were made, so
only what the smaller one touches is looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Set

from plait.errors import ConfirmNotUniqueError, NodeError, OutputNotUniqueError, PipelineError
from plait.pipeline.graph import Graph
from plait.pipeline.names import TRANSCODING_SEPARATOR, strip_transcoding
from plait.pipeline.node import Node

__all__ = ["assemble", "unite"]

_POLICY = ("confirms", "cache", "retries", "timeout", "resources", "version", "on_error")


def assemble(nodes: Collection[Node]) -> Graph:
    """Return the checked graph of ``nodes``; unnamed ones that would share a name get their long names.

    Raises:
        NodeError: two nodes have one name, or a dataset is used with and without a format.
        OutputNotUniqueError, ConfirmNotUniqueError, CircularDependencyError: nodes do not fit together.
    """
    named = _with_unique_names(nodes)
    graph = Graph(named)
    _check_outputs(named, graph)
    _check_confirms(named)
    _check_spelling(graph, graph.transcoded)
    graph.layers  # noqa: B018 - raises where there is a cycle
    return graph


def unite(one: Graph, other: Graph) -> Graph:
    """Return the graph of the nodes of both; equal nodes are one, with the tags of both.

    Raises: what :func:`assemble` raises.
    """
    large, small = (one, other) if len(one.by_name) >= len(other.by_name) else (other, one)
    new = {name: node for name, node in small.by_name.items() if large.by_name.get(name) is not node}
    if not new:
        return large
    added = _named_beside(large, new)
    if added is None:
        return assemble(_merged([*one.by_name.values(), *other.by_name.values()]))
    graph = large.extended(added)
    if len(graph.producers) != len(large.producers) + sum(len(node.writes) for node in added.values()):
        _check_outputs(list(graph.by_name.values()), graph)
    if any(node.confirms for node in added.values()):
        _check_confirms(graph.by_name.values())
    _check_spelling(graph, {name for node in added.values() for name in (*node.reads, *node.writes)})
    if _goes_both_ways(large, added):
        graph.layers  # noqa: B018 - raises where there is a cycle
    return graph


def _named_beside(large: Graph, added: dict[str, Node]) -> dict[str, Node] | None:
    """Return ``added`` under names that are free in ``large``, or None when ``large`` must change."""
    named = {}
    for node in added.values():
        if not node.is_named:
            if node.base_name in large.by_name:
                return None
            # Here all of that name bear their long names already.
            node = node.qualified() if node.base_name in large.unnamed else node
        if node.name in large.by_name or node.name in named:
            return None
        named[node.name] = node
    return named


def _goes_both_ways(large: Graph, added: dict[str, Node]) -> bool:
    """Say whether data flows to and fro: two graphs without cycle make one only then."""
    makes = large.producers
    uses = large.consumers
    takes = any(name in makes for node in added.values() for name in node.reads)
    return takes and any(name in uses for node in added.values() for name in node.writes)


def _merged(nodes: Iterable[Node]) -> list[Node]:
    found: dict[Node, Node] = {}
    for node in nodes:
        twin = found.get(node)
        found[node] = node if twin is None else _same_node(twin, node)
    return list(found.values())


def _same_node(one: Node, other: Node) -> Node:
    """Return the one node that two equal ones are; the longer name and all tags are kept."""
    for option in _POLICY:
        if getattr(one, option) != getattr(other, option):
            raise NodeError(
                f"node '{one.name}' is defined twice, with different {option}: "
                f"{getattr(one, option)!r} and {getattr(other, option)!r}",
                where=[one.place, other.place],
                hint="define it once, or give one of the two another name",
            )
    kept = max(one, other, key=lambda node: (node.is_named, len(node.name)))
    return kept.tag(one.tags | other.tags)


def _with_unique_names(nodes: Collection[Node]) -> list[Node]:
    named = list(nodes)
    if len({node.base_name for node in named}) == len(named):
        return named
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for i, node in enumerate(named):
        groups[node.base_name].append(i)
    for members in groups.values():
        if len(members) > 1:
            for i in members:
                named[i] = named[i].qualified()
    _check_names(named)
    return named


def _check_names(nodes: list[Node]) -> None:
    groups: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        groups[node.name].append(node)
    twice = {name: members for name, members in groups.items() if len(members) > 1}
    if twice:
        name, members = min(twice.items())
        others = f" (and {len(twice) - 1} more names)" if len(twice) > 1 else ""
        raise NodeError(
            f"{len(members)} nodes are named '{name}'{others}: nodes must have unique names",
            where=[f"{node.place} ({node})" for node in members],
            why="they are equal: the same node is listed twice" if members[0] == members[1] else None,
            hint="give each its own name: node(…, name='…')",
        )


def _check_outputs(nodes: Collection[Node], graph: Graph) -> None:
    if len(graph.producers) == sum(len(node.writes) for node in nodes):
        return
    makers: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        for dataset in node.writes:
            makers[dataset].append(node)
    raise _not_unique(OutputNotUniqueError, "made", makers)


def _check_confirms(nodes: Iterable[Node]) -> None:
    confirming: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        for dataset in dict.fromkeys(map(strip_transcoding, node.confirms)):
            confirming[dataset].append(node)
    if any(len(members) > 1 for members in confirming.values()):
        raise _not_unique(ConfirmNotUniqueError, "confirmed", confirming)


def _not_unique(error: type[PipelineError], verb: str, users: dict[str, list[Node]]) -> PipelineError:
    twice = {name: members for name, members in sorted(users.items()) if len(members) > 1}
    lines = [
        f"'{name}' by {' and '.join(sorted(repr(node.name) for node in members))}"
        for name, members in twice.items()
    ]
    what = "a dataset is" if len(twice) == 1 else f"{len(twice)} datasets are"
    first = next(iter(twice.values()))
    return error(
        f"{what} {verb} by more than one node: {lines[0]}" + (", …" if len(lines) > 1 else ""),
        where=[f"{node.place} ({node.name})" for node in sorted(first)],
        why="\n".join(lines) if len(lines) > 1 else None,
        hint="one node makes a dataset; let the others write to names of their own"
        if verb == "made"
        else None,
    )


def _check_spelling(graph: Graph, touched: Set[str]) -> None:
    """Refuse a dataset that is named both ``x`` and ``x@format``."""
    for dataset in sorted(graph.transcoded & touched):
        users = [*graph.consumers.get(dataset, ()), *graph.producing(dataset)]
        plain = [node for node in users if dataset in node.inputs or dataset in node.outputs]
        if plain:
            formats = {name for node in users for name in (*node.inputs, *node.outputs)}
            spelled = sorted(name for name in formats if name.startswith(dataset + TRANSCODING_SEPARATOR))
            raise NodeError(
                f"'{dataset}' is used both without a format and as {', '.join(map(repr, spelled))}",
                where=[f"{node.place} ({node.name})" for node in sorted(plain)],
                hint=f"write '{spelled[0]}' here too, or leave the format out everywhere",
            )
