"""A pipeline: an immutable set of nodes that fit together."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, NoReturn

from plait.errors import SelectionError, UsageError
from plait.pipeline import slicing
from plait.pipeline.assembly import assemble, unite
from plait.pipeline.definition import labels
from plait.pipeline.graph import Graph
from plait.pipeline.grouping import GroupedNodes, grouped
from plait.pipeline.modes import Each, New
from plait.pipeline.modular import Names, remapped
from plait.pipeline.names import strip_transcoding
from plait.pipeline.node import Node

__all__ = ["Pipeline", "pipeline"]


class Pipeline:
    """An immutable set of nodes that fit together; see :func:`pipeline` for the arguments.

    ``+`` and ``|`` unite, ``-`` and ``&`` compare nodes by equality, ``sum`` works. Every operation
    touches only the nodes it needs; what was checked once is not checked again.
    """

    def __init__(
        self,
        nodes: Iterable[Node | Pipeline] | Pipeline,
        *,
        inputs: Names = None,
        outputs: Names = None,
        parameters: Names = None,
        tags: str | Iterable[str] | None = None,
        namespace: str | None = None,
        prefix_datasets_with_namespace: bool = True,
    ) -> None:
        graph = nodes._graph if isinstance(nodes, Pipeline) else assemble(_flat(nodes))
        if tags:
            graph = Graph(node.tag(tags) for node in graph.by_name.values())
        if inputs or outputs or parameters or namespace:
            graph = assemble(
                remapped(
                    graph,
                    inputs=inputs,
                    outputs=outputs,
                    parameters=parameters,
                    namespace=namespace,
                    prefix_datasets=prefix_datasets_with_namespace,
                )
            )
        self.__dict__["_graph"] = graph

    def __setattr__(self, attribute: str, value: object) -> NoReturn:
        raise AttributeError(f"a pipeline is a value: '{attribute}' cannot be changed; make another one")

    def __reduce__(self) -> tuple[Any, ...]:
        return _of_nodes, (tuple(self._graph.by_name.values()),)

    @cached_property
    def _graph(self) -> Graph:
        return Graph(self._chosen.values())

    @cached_property
    def _chosen(self) -> dict[str, Node]:
        """The nodes by name; of a slice known before its graph is needed."""
        return self._graph.by_name

    def _slice(self, chosen: dict[str, Node]) -> Pipeline:
        """Return the pipeline of some of these nodes, which need no further check."""
        return self if len(chosen) == len(self._chosen) else _of_checked(chosen)

    # --- as a collection ---

    @cached_property
    def _ordered(self) -> tuple[Node, ...]:
        return tuple(node for layer in self._graph.layers for node in layer)

    @property
    def nodes(self) -> list[Node]:
        """Its nodes in topological order, which does not depend on how it was put together."""
        return list(self._ordered)

    @property
    def grouped_nodes(self) -> list[list[Node]]:
        """Its nodes in layers: each needs only earlier ones, and is sorted by name."""
        return [list(layer) for layer in self._graph.layers]

    def __iter__(self) -> Iterator[Node]:
        return iter(self._ordered)

    def __len__(self) -> int:
        return len(self._chosen)

    def __contains__(self, item: object) -> bool:
        """Say whether it has a node, or a node of a name."""
        return item in self._chosen if isinstance(item, str) else item in self._members

    @cached_property
    def _members(self) -> frozenset[Node]:
        return frozenset(self._chosen.values())

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Pipeline):
            return NotImplemented
        return len(self) == len(other) and self._members == other._members

    def __hash__(self) -> int:
        return hash(self._members)

    def _repr_html_(self) -> str | None:
        """Display as a drawing in a notebook, where the browser view is installed; else as text."""
        # By name: drawing lies layers above, and only a notebook that displays a pipeline asks for it.
        try:
            notebook = importlib.import_module("plait.ui.notebook")
        except ImportError:
            return None
        return str(notebook.show(self)._repr_html_())

    def __repr__(self) -> str:
        shown = [repr(node) for node in self._ordered[:10]]
        return f"Pipeline([{', '.join(shown + ['…'] * (len(self) > 10))}])"

    # --- algebra ---

    def __add__(self, other: object) -> Pipeline:
        if not isinstance(other, Pipeline):
            return NotImplemented
        if not len(other) or other is self:
            return self
        return _of_graph(unite(self._graph, other._graph))

    __or__ = __add__

    def __radd__(self, other: object) -> Pipeline:
        return self if other == 0 and isinstance(other, int) else NotImplemented

    def __sub__(self, other: object) -> Pipeline:
        if not isinstance(other, Pipeline):
            return NotImplemented
        members = other._members
        return self._slice({name: node for name, node in self._chosen.items() if node not in members})

    def __and__(self, other: object) -> Pipeline:
        if not isinstance(other, Pipeline):
            return NotImplemented
        members = other._members
        return self._slice({name: node for name, node in self._chosen.items() if node in members})

    # --- its data ---

    @property
    def by_name(self) -> Mapping[str, Node]:
        """Node name → node."""
        return MappingProxyType(self._chosen)

    @property
    def producers(self) -> Mapping[str, Node]:
        """Dataset, without format → the node that makes it."""
        return MappingProxyType(self._graph.producers)

    @property
    def consumers(self) -> Mapping[str, tuple[Node, ...]]:
        """Dataset or parameter, without format → the nodes that read it."""
        return MappingProxyType(self._graph.consumers)

    def parents(self, node: Node | str) -> tuple[Node, ...]:
        """Return the nodes that make what ``node`` reads, sorted by name."""
        return tuple(sorted(self._graph.parents(self._own(node)), key=_name))

    def children(self, node: Node | str) -> tuple[Node, ...]:
        """Return the nodes that read what ``node`` makes, sorted by name."""
        return tuple(sorted(self._graph.children(self._own(node)), key=_name))

    def _own(self, node: Node | str) -> Node:
        name = node if isinstance(node, str) else node.name
        return slicing.named(self._chosen, [name])[0]

    @property
    def node_dependencies(self) -> dict[Node, set[Node]]:
        """Each node with the nodes it needs directly."""
        return {node: set(self._graph.parents(node)) for node in self._ordered}

    def all_inputs(self) -> set[str]:
        """Return the names of all that any node reads, as they are written."""
        return {binding.dataset for node in self._chosen.values() for binding in node.bindings}

    def all_outputs(self) -> set[str]:
        """Return the names of all that any node makes, as they are written."""
        return {name for node in self._chosen.values() for name in node.outputs}

    def inputs(self) -> set[str]:
        """Return the names of what must be given: read by a node, made by none."""
        producers = self._graph.producers
        return {name for name in self.all_inputs() if strip_transcoding(name) not in producers}

    def outputs(self) -> set[str]:
        """Return the names of what is left at the end: made by a node, read by none."""
        consumers = self._graph.consumers
        return {name for name in self.all_outputs() if strip_transcoding(name) not in consumers}

    def datasets(self) -> set[str]:
        """Return the names of all that is read, also through others, or made."""
        through = (names for node in self._chosen.values() for names in node.through.values())
        return self.all_inputs().union(self.all_outputs(), *through)

    # --- slices ---

    def only_nodes(self, *node_names: str) -> Pipeline:
        """Return the pipeline of these nodes.

        Raises:
            SelectionError: there is no such node.
        """
        return self._slice({node.name: node for node in slicing.named(self._chosen, node_names)})

    def only_nodes_with_tags(self, *tags: str) -> Pipeline:
        """Return the pipeline of the nodes that have any of these tags; empty without tags."""
        return self._slice(slicing.tagged(self._chosen, tags))

    def only_nodes_with_namespaces(self, node_namespaces: Iterable[str]) -> Pipeline:
        """Return the pipeline of the nodes in these namespaces or below.

        Raises:
            SelectionError: a namespace has no node.
        """
        return self._slice(slicing.within(self._chosen, node_namespaces))

    def only_nodes_with_inputs(self, *inputs: str) -> Pipeline:
        """Return the pipeline of the nodes that read any of these datasets.

        ``x`` stands for every format of x, ``x@pandas`` for that one.

        Raises:
            SelectionError: there is no such dataset.
        """
        return self._slice(slicing.consuming(self._graph, inputs))

    def only_nodes_with_outputs(self, *outputs: str) -> Pipeline:
        """Return the pipeline of the nodes that make any of these datasets.

        Raises:
            SelectionError: there is no such dataset.
        """
        return self._slice(slicing.producing(self._graph, outputs))

    def from_nodes(self, *node_names: str) -> Pipeline:
        """Return the pipeline of these nodes and all that need them.

        Raises:
            SelectionError: there is no such node.
        """
        return self._slice(self._graph.descendants(slicing.named(self._chosen, node_names)))

    def to_nodes(self, *node_names: str) -> Pipeline:
        """Return the pipeline of these nodes and all that they need.

        Raises:
            SelectionError: there is no such node.
        """
        return self._slice(self._graph.ancestors(slicing.named(self._chosen, node_names)))

    def from_inputs(self, *inputs: str) -> Pipeline:
        """Return the pipeline of all nodes that need these datasets, directly or not.

        Raises:
            SelectionError: there is no such dataset.
        """
        return self._slice(self._graph.descendants(slicing.consuming(self._graph, inputs).values()))

    def to_outputs(self, *outputs: str) -> Pipeline:
        """Return the pipeline of all nodes that are needed to make these datasets.

        Raises:
            SelectionError: there is no such dataset.
        """
        return self._slice(self._graph.ancestors(slicing.producing(self._graph, outputs).values()))

    def filter(
        self,
        tags: Iterable[str] | None = None,
        from_nodes: Iterable[str] | None = None,
        to_nodes: Iterable[str] | None = None,
        node_names: Iterable[str] | None = None,
        from_inputs: Iterable[str] | None = None,
        to_outputs: Iterable[str] | None = None,
        node_namespaces: Iterable[str] | None = None,
    ) -> Pipeline:
        """Return the pipeline of the nodes that every given condition picks from the whole.

        Raises:
            SelectionError: a name is unknown, or nothing is left.
        """
        asked = [
            (self._tagged, tags),
            (self.from_nodes, from_nodes),
            (self.to_nodes, to_nodes),
            (self.only_nodes, node_names),
            (self.from_inputs, from_inputs),
            (self.to_outputs, to_outputs),
        ]
        found = [method(*slicing.as_names(names)) for method, names in asked if names]
        if node_namespaces:
            found.append(self.only_nodes_with_namespaces(slicing.as_names(node_namespaces)))
        left = self._chosen
        for part in found:
            left = {name: node for name, node in left.items() if name in part._chosen}
        if not left:
            raise SelectionError(
                "no node meets all these conditions",
                why=f"each picks, of {len(self)} nodes: {', '.join(str(len(part)) for part in found)}"
                if found
                else "the pipeline is empty",
                hint="conditions are applied together: a node must meet every one of them",
            )
        return self._slice(left)

    def _tagged(self, *tags: str) -> Pipeline:
        slicing.check_tags(self._chosen, tags)
        return self.only_nodes_with_tags(*tags)

    def tag(self, tags: str | Iterable[str]) -> Pipeline:
        """Return this pipeline with ``tags`` added to every node.

        Raises:
            NodeError: a tag is not valid.
        """
        added = labels("tag", tags)
        return _of_checked({name: node.tag(added) for name, node in self._chosen.items()})

    def reading_through(self, references: Callable[[str], Iterable[str]]) -> Pipeline:
        """Return this pipeline with each node after whoever makes what its inputs refer to.

        Args:
            references: gives the datasets that a dataset refers to, as a query does to tables.

        Raises:
            CircularDependencyError: a node would wait for itself.
        """
        nodes = {name: node.reading_through(references) for name, node in self._chosen.items()}
        if all(node is self._chosen[name] for name, node in nodes.items()):
            return self
        return _of_graph(assemble(nodes.values()))

    # --- for people and programs ---

    def describe(self, names_only: bool = True) -> str:
        """Return its inputs, its nodes in order, and its outputs, as text."""
        lines = [node.name if names_only else str(node) for node in self._ordered]
        return "\n".join(
            [
                "#### Pipeline execution order ####",
                f"Inputs: {', '.join(sorted(self.inputs())) or 'None'}",
                "",
                "\n".join(lines),
                "",
                f"Outputs: {', '.join(sorted(self.outputs())) or 'None'}",
                "##################################",
            ]
        )

    def to_json(self) -> str:
        """Return its nodes in order as JSON: ``{"schema": 1, "pipeline": [{"name", "inputs", …}]}``."""
        import json  # 4 ms, for the few who ask

        nodes = [
            {
                "name": node.name,
                "inputs": node.inputs,
                "outputs": node.outputs,
                "tags": sorted(node.tags),
                **_modes(node),
            }
            for node in self._ordered
        ]
        return json.dumps({"schema": 1, "pipeline": nodes})

    def group_nodes_by(self, group_by: str | None = "namespace") -> list[GroupedNodes]:
        """Group nodes by top-level ``namespace``, or each for itself (None).

        Raises:
            SelectionError: another way of grouping is asked for.
            PipelineError: groups would wait for each other.
        """
        return grouped(self._graph, group_by)


def pipeline(
    nodes: Iterable[Node | Pipeline] | Pipeline,
    *,
    inputs: Names = None,
    outputs: Names = None,
    parameters: Names = None,
    tags: str | Iterable[str] | None = None,
    namespace: str | None = None,
    prefix_datasets_with_namespace: bool = True,
) -> Pipeline:
    """Make a pipeline of nodes and other pipelines; with a namespace, to use one again.

    Args:
        nodes: nodes and pipelines in any order.
        inputs: with ``namespace``, free inputs that keep their names, or a dict of old and new names.
        outputs: the same for what the nodes make.
        parameters: the same for parameters, with or without ``params:``; ``a`` stands for ``a.x`` too.
        tags: added to every node.
        namespace: a prefix for the names of nodes, and of all datasets and parameters not listed above.
        prefix_datasets_with_namespace: False gives the prefix to the nodes only.

    Raises:
        PipelineError: the nodes do not fit together, or a mapped name does not exist.
        NodeError: two nodes have the same name.
    """
    return Pipeline(
        nodes,
        inputs=inputs,
        outputs=outputs,
        parameters=parameters,
        tags=tags,
        namespace=namespace,
        prefix_datasets_with_namespace=prefix_datasets_with_namespace,
    )


def _of_graph(graph: Graph) -> Pipeline:
    made = object.__new__(Pipeline)
    made.__dict__["_graph"] = graph
    return made


def _of_checked(chosen: dict[str, Node]) -> Pipeline:
    made = object.__new__(Pipeline)
    made.__dict__["_chosen"] = chosen
    return made


def _of_nodes(nodes: tuple[Node, ...]) -> Pipeline:
    return _of_checked({node.name: node for node in nodes})


def _modes(node: Node) -> dict[str, list[str]]:
    """Return which inputs a node takes by ``each`` and by ``new``, where it takes any so."""
    kinds = {"each": Each, "new": New} if node.maps or node.incremental else {}
    found = {
        word: [b.dataset for b in node.bindings if isinstance(b.mode, kind)] for word, kind in kinds.items()
    }
    return {word: names for word, names in found.items() if names}


def _name(node: Node) -> str:
    return node.name


def _flat(nodes: Iterable[Node | Pipeline]) -> list[Node]:
    if nodes is None or not isinstance(nodes, Iterable):
        raise UsageError(
            f"a pipeline is made of nodes and pipelines, not of {nodes!r}",
            hint="Pipeline([node(…), node(…)])",
        )
    found: list[Node] = []
    for item in nodes:
        if isinstance(item, Node):
            found.append(item)
        elif isinstance(item, Pipeline):
            found += item._chosen.values()
        else:
            raise UsageError(
                f"a pipeline is made of nodes and pipelines, and {item!r} is neither",
                hint="node(function, inputs, outputs) makes a node",
            )
    return found
