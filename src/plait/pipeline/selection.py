"""Which nodes a selector picks, and the familiar flags spelled as selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from itertools import product

from plait.errors import SelectionError, close_matches, did_you_mean
from plait.pipeline import slicing
from plait.pipeline.node import Node
from plait.pipeline.pipeline import Pipeline
from plait.pipeline.selector import STATES, Around, Atom, Between, Exclude, Point, Selector, Term, parse

__all__ = ["StateResolver", "select", "selected_keys", "spell_flags"]

StateResolver = Callable[[str], Iterable[str]]
"""Given a state such as ``failed``, the names of the nodes in it."""

Nodes = dict[str, Node]


def select(
    pipeline: Pipeline,
    expression: str | Iterable[str] | Selector,
    *,
    pipelines: Mapping[str, Pipeline] | None = None,
    state: StateResolver | None = None,
) -> Pipeline:
    """Return the part of ``pipeline`` that a selector picks; all of it for an empty one.

    Args:
        expression: see :mod:`plait.pipeline.selector` for the grammar.
        pipelines: what ``pipeline:x`` can name.
        state: resolves ``state:x``.

    Raises:
        SelectionError: the selector is malformed, a name is unknown or ambiguous, or nothing is left.
    """
    selector = expression if isinstance(expression, Selector) else parse(expression)
    if not selector.terms and not selector.without:
        return pipeline
    chosen = _Evaluation(pipeline, pipelines or {}, state).of(selector)
    if not chosen:
        raise SelectionError(f"'{selector}' picks none of the {len(pipeline)} nodes")
    return pipeline.only_nodes(*chosen)


def selected_keys(
    pipeline: Pipeline,
    expression: str | Iterable[str] | Selector,
    *,
    pipelines: Mapping[str, Pipeline] | None = None,
    state: StateResolver | None = None,
) -> dict[str, tuple[str, ...]]:
    """Return node → patterns of the partition keys that a selector bounds it to.

    A node that is also picked without a key is not bounded. With ``features[2024/01]+`` the key holds for all
    that are called once per key.

    Raises:
        SelectionError: see :func:`select`.
    """
    selector = expression if isinstance(expression, Selector) else parse(expression)
    if not any(_key_of(point) for term in selector.terms for point in term.points):
        return {}
    evaluation = _Evaluation(pipeline, pipelines or {}, state)
    bounds: dict[str, tuple[str, ...]] = {}
    unbounded: set[str] = set()
    for term in selector.terms:
        points = [(evaluation.point(point), _key_of(point)) for point in term.points]
        for name, node in evaluation.term(term).items():
            keys = [key for found, key in points if key is not None and name in found]
            if keys and node.maps:
                bounds[name] = tuple(dict.fromkeys([*bounds.get(name, ()), *keys]))
            else:
                unbounded.add(name)
    return {name: keys for name, keys in bounds.items() if name not in unbounded}


def _key_of(point: Point) -> str | None:
    if isinstance(point, Between):
        return point.first.key or point.last.key
    return (point.atom if isinstance(point, Around) else point).key


class _Evaluation:
    """One selector applied to one pipeline."""

    def __init__(
        self, pipeline: Pipeline, pipelines: Mapping[str, Pipeline], state: StateResolver | None
    ) -> None:
        self.pipeline = pipeline
        self.graph = pipeline._graph
        self.nodes: Nodes = self.graph.by_name
        self.pipelines = pipelines
        self.state = state
        self.known: dict[Point, Nodes] = {}

    def of(self, selector: Selector) -> Nodes:
        found: Nodes = {} if selector.terms else dict(self.nodes)
        for term in selector.terms:
            found |= self.term(term)
        return self.without(found, selector.without)

    def term(self, term: Term) -> Nodes:
        found = reduce(_both, (self.point(point) for point in term.points))
        return self.without(found, term.without)

    def without(self, found: Nodes, excluded: tuple[Exclude, ...]) -> Nodes:
        for exclude in excluded:
            if _key_of(exclude.point) is not None:
                raise SelectionError(
                    f"'{exclude}' excludes a partition, and only nodes can be excluded",
                    hint="name the keys that shall run: node[2024/*]",
                )
            gone = self.point(exclude.point)
            found = {name: node for name, node in found.items() if name not in gone}
        return found

    def point(self, point: Point) -> Nodes:
        if point not in self.known:
            self.known[point] = self._point(point)
        return self.known[point]

    def _point(self, point: Point) -> Nodes:
        if isinstance(point, Between):
            return self.between(point)
        if isinstance(point, Around):
            return self.around(point)
        return self.atom(point)

    def around(self, point: Around) -> Nodes:
        found: Nodes = {}
        if point.ancestors:
            found |= self.graph.ancestors(self.atom(point.atom).values())
        if point.descendants:
            found |= self.graph.descendants(self.starts(point.atom).values())
        return found

    def between(self, point: Between) -> Nodes:
        after = self.graph.descendants(self.starts(point.first).values())
        before = self.graph.ancestors(self.atom(point.last).values())
        found = _both(after, before)
        if not found:
            raise SelectionError(
                f"no path leads from '{point.first}' to '{point.last}'",
                hint=f"try '{point.last}..{point.first}'"
                if _both(
                    self.graph.descendants(self.starts(point.last).values()),
                    self.graph.ancestors(self.atom(point.first).values()),
                )
                else None,
            )
        return found

    def starts(self, atom: Atom) -> Nodes:
        """Return the nodes that paths from ``atom`` start with: those that read a dataset."""
        if self.kind(atom) != "dataset":
            return self.atom(atom)
        return slicing.consuming(self.graph, self.datasets(atom))

    def atom(self, atom: Atom) -> Nodes:
        """Return the nodes that ``atom`` stands for: of a dataset, those that make it."""
        found = _RULES[self.kind(atom)](self, atom)
        whole = [name for name, node in found.items() if not node.maps]
        if atom.key is not None and whole:
            raise SelectionError(
                f"'{atom}' asks for one partition, but node '{whole[0]}' is not called once per key",
                hint=f"leave [{atom.key}] out to run the whole node",
            )
        return found

    def kind(self, atom: Atom) -> str:
        if atom.kind is not None:
            return atom.kind
        if atom.is_glob:
            return "node"
        is_node, is_dataset = atom.name in self.nodes, atom.name in self.graph.datasets
        if is_node and is_dataset:
            raise SelectionError(
                f"'{atom.name}' is both a node and a dataset",
                hint=f"write node:{atom.name} or dataset:{atom.name}",
            )
        if not is_node and not is_dataset:
            raise self.unknown_word(atom.name)
        return "node" if is_node else "dataset"

    def unknown_word(self, word: str) -> SelectionError:
        spelled = [f"{kind}:{word}" for kind, names in self.labels().items() if word in names]
        hint = f"did you mean {' or '.join(spelled)}?" if spelled else None
        return SelectionError(
            f"no node or dataset is called '{word}'",
            hint=hint or did_you_mean(word, {*self.nodes, *self.graph.datasets}) or self.near_label(word),
        )

    def labels(self) -> dict[str, set[str]]:
        return {
            "tag": {tag for node in self.nodes.values() for tag in node.tags},
            "ns": {prefix for node in self.nodes.values() for prefix in node.namespace_prefixes},
            "pipeline": set(self.pipelines),
        }

    def near_label(self, word: str) -> str | None:
        near = [
            f"{kind}:{match}"
            for kind, names in self.labels().items()
            for match in close_matches(word, names, 1)
        ]
        return f"did you mean {' or '.join(near)}?" if near else None

    def named(self, atom: Atom) -> Nodes:
        return {name: self.nodes[name] for name in self.matching(atom, "node", self.nodes)}

    def making(self, atom: Atom) -> Nodes:
        datasets = self.datasets(atom)
        found = slicing.producing(self.graph, datasets)
        if not found:
            raise SelectionError(
                f"no node makes '{atom.name}': it is an input of the pipeline",
                hint=f"dataset:{atom.name}+ picks the nodes that need it",
            )
        return found

    def tagged(self, atom: Atom) -> Nodes:
        return slicing.tagged(self.nodes, self.matching(atom, "tag", self.labels()["tag"]))

    def within(self, atom: Atom) -> Nodes:
        return slicing.within(self.nodes, self.matching(atom, "namespace", self.labels()["ns"]))

    def listed(self, atom: Atom) -> Nodes:
        names = self.matching(atom, "pipeline", self.pipelines)
        wanted = {node for name in names for node in self.pipelines[name]}
        return {name: node for name, node in self.nodes.items() if node in wanted}

    def in_state(self, atom: Atom) -> Nodes:
        if atom.name not in STATES:
            raise SelectionError(
                f"'{atom.name}' is no state of a node",
                hint=slicing.suggestion("state", atom.name, STATES),
            )
        if self.state is None:
            raise SelectionError(
                f"'{atom}' asks for the state of earlier runs, and there is no record of them here"
            )
        names = set(self.state(atom.name))
        return {name: node for name, node in self.nodes.items() if name in names}

    def datasets(self, atom: Atom) -> list[str]:
        return self.matching(atom, "dataset", self.graph.datasets)

    def matching(self, atom: Atom, what: str, names: Iterable[str]) -> list[str]:
        if atom.is_glob:
            pattern = _pattern(atom.name)
            found = sorted(name for name in names if pattern.fullmatch(name))
            hint = None
        else:
            found = [atom.name] if atom.name in names else []
            hint = slicing.suggestion(what, atom.name, names) if not found else None
        if not found:
            where = "fits" if atom.is_glob else "is called"
            raise SelectionError(f"no {what} {where} '{atom.name}'", hint=hint)
        return found


_RULES: Mapping[str, Callable[[_Evaluation, Atom], Nodes]] = {
    "node": _Evaluation.named,
    "dataset": _Evaluation.making,
    "tag": _Evaluation.tagged,
    "ns": _Evaluation.within,
    "pipeline": _Evaluation.listed,
    "state": _Evaluation.in_state,
}


def _both(one: Nodes, other: Nodes) -> Nodes:
    return {name: node for name, node in one.items() if name in other}


def _pattern(glob: str) -> re.Pattern[str]:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in glob)
    return re.compile("".join(parts))


def spell_flags(
    *,
    nodes: Iterable[str] = (),
    from_nodes: Iterable[str] = (),
    to_nodes: Iterable[str] = (),
    from_inputs: Iterable[str] = (),
    to_outputs: Iterable[str] = (),
    tags: Iterable[str] = (),
    namespaces: Iterable[str] = (),
) -> str:
    """Return the selector that Kedro's flags stand for: the intersection of all that are given.

    ``--from-nodes a,b --tags t`` is ``node:a+,tag:t node:b+,tag:t``. Nothing given is an empty text.
    """
    flags = [
        [f"tag:{name}" for name in tags],
        [f"node:{name}+" for name in from_nodes],
        [f"+node:{name}" for name in to_nodes],
        [f"node:{name}" for name in nodes],
        [f"dataset:{name}+" for name in from_inputs],
        [f"+dataset:{name}" for name in to_outputs],
        [f"ns:{name}" for name in namespaces],
    ]
    given = [spelled for spelled in flags if spelled]
    return " ".join(",".join(parts) for parts in product(*given)) if given else ""
