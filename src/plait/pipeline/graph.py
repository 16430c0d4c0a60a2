"""Who makes and who uses what: the indices of a set of nodes, and walks along them.

A graph is built in one pass over its nodes and never changes. Datasets are known here without their
format, so that ``x@spark`` made by one node and ``x@pandas`` read by another connect the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from plait.errors import CircularDependencyError
from plait.pipeline.names import TRANSCODING_SEPARATOR, strip_transcoding
from plait.pipeline.node import Node

__all__ = ["Graph"]


class Graph:
    """Nodes by name, and for each dataset its producer and its consumers.

    Attributes:
        by_name: in the order in which nodes were added.
        producers: dataset → the node that makes it.
        consumers: dataset → the nodes that read it.
        transcoded: datasets that some node names with a format.
        unnamed: base names of the nodes that were not given a name.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.by_name: dict[str, Node] = {node.name: node for node in nodes}
        self.producers: dict[str, Node] = {}
        self.consumers: dict[str, tuple[Node, ...]] = {}
        self.transcoded: set[str] = set()
        self.unnamed: set[str] = set()
        self._add(self.by_name.values())

    def _add(self, nodes: Iterable[Node]) -> None:
        producers, consumers = self.producers, self.consumers
        several: dict[str, list[Node]] = {}
        for node in nodes:
            if not node.is_named:
                self.unnamed.add(node.base_name)
            if node.transcoded:
                self.transcoded.update(node.transcoded)
            for dataset in node.writes:
                producers[dataset] = node
            for dataset in node.reads:
                if dataset in several:
                    several[dataset].append(node)
                elif dataset in consumers:
                    several[dataset] = [*consumers[dataset], node]
                else:
                    consumers[dataset] = (node,)
        for dataset, readers in several.items():
            consumers[dataset] = tuple(readers)

    def extended(self, nodes: Mapping[str, Node]) -> Graph:
        """Return a graph with ``nodes`` added; what is there is copied, not looked at."""
        made = object.__new__(Graph)
        made.by_name = {**self.by_name, **nodes}
        made.producers = self.producers.copy()
        made.consumers = self.consumers.copy()
        made.transcoded = self.transcoded.copy()
        made.unnamed = self.unnamed.copy()
        made._add(nodes.values())
        return made

    def parents(self, node: Node) -> list[Node]:
        """Return the nodes whose outputs ``node`` reads, each once."""
        producers = self.producers
        found = {producers[name].name: producers[name] for name in node.reads if name in producers}
        return list(found.values())

    def children(self, node: Node) -> list[Node]:
        """Return the nodes that read outputs of ``node``, each once."""
        consumers = self.consumers
        found = {child.name: child for name in node.writes for child in consumers.get(name, ())}
        return list(found.values())

    def ancestors(self, nodes: Iterable[Node]) -> dict[str, Node]:
        """Return ``nodes`` and all that they need, by name; touches nothing else."""
        found = {node.name: node for node in nodes}
        waiting = list(found.values())
        producers = self.producers
        while waiting:
            for dataset in waiting.pop().reads:
                parent = producers.get(dataset)
                if parent is not None and parent.name not in found:
                    found[parent.name] = parent
                    waiting.append(parent)
        return found

    def descendants(self, nodes: Iterable[Node]) -> dict[str, Node]:
        """Return ``nodes`` and all that need them, by name; touches nothing else."""
        found = {node.name: node for node in nodes}
        waiting = list(found.values())
        consumers = self.consumers
        while waiting:
            for dataset in waiting.pop().writes:
                for child in consumers.get(dataset, ()):
                    if child.name not in found:
                        found[child.name] = child
                        waiting.append(child)
        return found

    def producing(self, dataset: str) -> list[Node]:
        """Return the node that makes ``dataset``; with a format, only if it makes that one."""
        node = self.producers.get(strip_transcoding(dataset))
        if node is None or (TRANSCODING_SEPARATOR in dataset and dataset not in node.outputs):
            return []
        return [node]

    def consuming(self, dataset: str) -> list[Node]:
        """Return the nodes that read ``dataset``; with a format, only those that read that one."""
        readers = self.consumers.get(strip_transcoding(dataset), ())
        if TRANSCODING_SEPARATOR not in dataset:
            return list(readers)
        return [node for node in readers if dataset in node.inputs]

    @cached_property
    def datasets(self) -> frozenset[str]:
        """Every name that can be asked for: as it is written, and without its format."""
        spelled = (name for node in self.by_name.values() for name in (*node.inputs, *node.outputs))
        return frozenset(spelled) | self.producers.keys() | self.consumers.keys()

    @cached_property
    def layers(self) -> tuple[tuple[Node, ...], ...]:
        """The nodes in topological order: each layer needs only earlier ones, and is sorted by name.

        Raises:
            CircularDependencyError: there is none; the message shows one cycle in order.
        """
        waiting = self._open_inputs()
        ready = [node for name, node in self.by_name.items() if not waiting[name]]
        layers = []
        placed = 0
        while ready:
            ready.sort(key=_by_name)
            layers.append(tuple(ready))
            placed += len(ready)
            ready = list(self._freed(ready, waiting))
        if placed < len(waiting):
            raise _cycle_error(self._cycle({name for name, count in waiting.items() if count}))
        return tuple(layers)

    def _open_inputs(self) -> dict[str, int]:
        producers = self.producers
        return {
            name: sum([dataset in producers for dataset in node.reads]) for name, node in self.by_name.items()
        }

    def _freed(self, done: Iterable[Node], waiting: dict[str, int]) -> Iterator[Node]:
        consumers = self.consumers
        for node in done:
            for dataset in node.writes:
                for child in consumers.get(dataset, ()):
                    left = waiting[child.name] - 1
                    waiting[child.name] = left
                    if not left:
                        yield child

    def _cycle(self, stuck: set[str]) -> list[tuple[Node, str]]:
        """Return one cycle in order, each node with the dataset it hands on."""
        node = self.by_name[min(stuck)]
        steps: dict[str, tuple[Node, str]] = {}
        while node.name not in steps:
            dataset, parent = min(
                (name, self.producers[name])
                for name in node.reads
                if name in self.producers and self.producers[name].name in stuck
            )
            steps[node.name] = (parent, dataset)
            node = parent
        cycle: list[tuple[Node, str]] = []
        start = node.name
        while not cycle or node.name != start:
            cycle.append(steps[node.name])
            node = steps[node.name][0]
        cycle.reverse()
        first = cycle.index(min(cycle, key=lambda step: step[0].name))
        return cycle[first:] + cycle[:first]


def _by_name(node: Node) -> str:
    return node.name


def _cycle_error(cycle: list[tuple[Node, str]]) -> CircularDependencyError:
    steps = " → ".join(f"{node.name} → ({dataset})" for node, dataset in cycle)
    names = [node.name for node, _ in cycle]
    what = f"{len(names)} nodes wait for each other: {steps} → {names[0]}"
    return CircularDependencyError(
        what,
        where=[f"{node.place} ({node.name})" for node, _ in cycle[:8]],
        hint=f"let '{names[0]}' read something else than '{cycle[-1][1]}', or give its output another name",
    )
