"""Rules about what nodes read and make."""

from __future__ import annotations

from collections.abc import Iterator

from plait.errors import did_you_mean
from plait.pipeline import Node, is_parameter, strip_transcoding
from plait.project.check.facts import Facts
from plait.project.check.findings import Finding, error

__all__ = ["free_inputs", "unlisted_outputs"]


def free_inputs(facts: Facts) -> Iterator[Finding]:
    """Every dataset that a node reads is made by a node or listed in the catalog."""
    for node in facts.nodes:
        for name in dict.fromkeys(node.inputs):
            if is_parameter(name) or strip_transcoding(name) in facts.producers:
                continue
            if name not in facts.catalog:
                yield _unknown(name, node, facts)
            elif (entry := facts.entries.get(name)) is not None and entry.is_memory:
                yield error(
                    "free-input",
                    f"Nothing puts data into '{name}', which lives in memory",
                    where=[*facts.places(node), *facts.entry_places([name])],
                    hint=f"add a node that makes '{name}', or give its entry a path",
                )


def _unknown(name: str, node: Node, facts: Facts) -> Finding:
    return error(
        "free-input",
        f"Nothing provides '{name}'",
        where=facts.places(node),
        why="No node makes it, and the catalog does not list it",
        hint=did_you_mean(name, facts.known) or f"add '{name}' to conf/base/catalog.yml",
    )


def unlisted_outputs(facts: Facts) -> Iterator[Finding]:
    """Every dataset that nobody reads is in the catalog: else its data would be lost."""
    if not facts.whole:
        return
    for node in facts.nodes:
        for name in node.outputs:
            if strip_transcoding(name) in facts.consumers or name in facts.catalog:
                continue
            near = did_you_mean(name, facts.known - {name})
            yield error(
                "unlisted-output",
                f"'{name}' is stored nowhere and read by nobody",
                where=facts.places(node),
                why="No node reads it, and the catalog does not list it",
                hint=near or f"add '{name}' to conf/base/catalog.yml ('{name}: memory' to keep it in memory)",
            )
