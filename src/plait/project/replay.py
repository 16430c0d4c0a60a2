"""Calling one node of an earlier run again, with the inputs, parameters and seed that it had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plait.config import bind_parameters
from plait.engine import RunResult, make_plan, run_plan
from plait.engine.spill import Spill
from plait.errors import UsageError, did_you_mean
from plait.pipeline import Node, Pipeline, strip_transcoding
from plait.project.running import RunRequest, prepared

if TYPE_CHECKING:
    from plait.ledger import RunRecord
    from plait.project.project import Project

__all__ = ["recorded_run", "replay", "run_parameters"]


def recorded_run(project: Project, run: str, node: str) -> RunRecord:
    """Return a run that had a node. Raises UsageError when there is none."""
    record = project.ledger.run(run)
    names = [item.node for item in project.ledger.nodes(record.id)]
    if node not in names:
        raise UsageError(
            f"Run {record.id} had no node '{node}'",
            hint=did_you_mean(node, names) or f"plait runs show {record.id}",
        )
    return record


def run_parameters(record: RunRecord) -> dict[str, Any]:
    """Return the parameters a run had, without those of which only a digest was kept."""
    return {name: value for name, value in record.parameters.items() if not _secret(value)}


def replay(project: Project, record: RunRecord, node: str) -> RunResult:
    """Call a node with what it had in a run; nothing is saved and nothing recorded.

    Raises:
        UsageError: the project has no such node any more, or an input that was in memory was not kept.
    """
    plan, catalog, options = prepared(project, project.parts(), RunRequest())
    step = next((step for step in plan.steps if step.node.name == node), None)
    if step is None:
        raise UsageError(f"The project has no node '{node}' any more", hint="plait pipeline show")
    inputs = _kept(project, record, step.node, step.reads)
    alone = Pipeline([step.node])
    single = make_plan(
        alone, catalog, bind_parameters(alone.nodes, project.parts().parameters), inputs=inputs, persist=False
    )
    options = replace(
        options,
        executor="inline",
        workers=None,
        state=None,
        ledger=None,
        identity=None,
        observers=(),
        stop=None,
    )
    return run_plan(single, catalog, options)


def _kept(project: Project, record: RunRecord, node: Node, reads: tuple[str, ...]) -> Mapping[str, Any]:
    spill = Spill(project.state / "spill")
    there = spill.of_run(record.id)
    spelled = {strip_transcoding(name): name for name in node.inputs}
    found = {}
    for name in reads:
        try:
            found[spelled.get(name, name)] = spill.get(there[name].token)
        except KeyError:
            raise UsageError(
                f"'{name}', which '{node.name}' had in memory, was not kept",
                where=f"run {record.id}",
                hint=f"plait run --to-nodes {node.name} makes it again",
            ) from None
    return found


def _secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_secret(item) for item in value.values())
    return isinstance(value, str) and value.startswith("sha256:")
