"""An opt-in rule: one thing has one name, in the function, the node and the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from plait.pipeline import Node, strip_transcoding
from plait.project.check.facts import Facts
from plait.project.check.findings import Finding, warning

__all__ = ["disagreeing_names"]


def disagreeing_names(facts: Facts) -> Iterator[Finding]:
    """Nodes are called after their functions, and arguments after what they are given."""
    if not facts.naming:
        return
    for node in facts.nodes:
        yield from _node_name(node, facts)
        for binding in node.bindings:
            name = _bare(binding.dataset)
            if name != binding.parameter and binding.dataset != "parameters":
                yield warning(
                    "naming",
                    f"Argument '{binding.parameter}' of node '{node.name}' is given '{binding.dataset}'",
                    where=facts.places(node),
                    hint=f"call the argument '{name}'",
                )


def _node_name(node: Node, facts: Facts) -> Iterator[Finding]:
    function = getattr(node.func, "__name__", None)
    if node.is_named and function is not None and _last(node.name) != function:
        yield warning(
            "naming",
            f"Node '{node.name}' calls a function called '{function}'",
            where=facts.places(node),
            hint="leave name= out, or give both the same name",
        )


def _bare(dataset: str) -> str:
    return _last(strip_transcoding(dataset).removeprefix("params:"))


def _last(name: str) -> str:
    return name.rpartition(".")[2]
