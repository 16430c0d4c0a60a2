"""Accepting what lies in the catalog as what the code of now would make, without running it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from plait.errors import UsageError
from plait.ledger import new_run_id
from plait.project.foresight import open_foresight
from plait.project.running import RunRequest

if TYPE_CHECKING:
    from plait.engine.foresee import Foreseen
    from plait.events import Reason
    from plait.project.foresight import Foresight
    from plait.project.project import Project

__all__ = ["accept"]


def accept(project: Project, nodes: tuple[str, ...]) -> list[str]:
    """Record code, inputs, libraries and outputs of some nodes as they are now; return the nodes.

    A name with ``*``, ``?`` or ``[…]`` stands for all nodes it fits whose outputs can be accepted.

    Raises:
        UsageError: there is no such node, or it has no stored output, or one does not lie there.
    """
    with open_foresight(project, RunRequest()) as foresight:
        chosen = {name: step for node in nodes for name, step in _meant(node, foresight).items()}
        judge, run = foresight.judge, f"accepted {new_run_id()}"
        if judge is None:
            return []
        for step in foresight.steps:
            if step.node in chosen:
                judge.accept(run, step.step)
            judge.assume(step.step)
    return list(chosen)


def _meant(node: str, foresight: Foresight) -> dict[str, Foreseen]:
    if not set("*?[") & set(node):
        return {node: _acceptable(foresight.step(node))}
    fitting = [step for step in foresight.steps if fnmatchcase(step.node, node)]
    found = {step.node: step for step in fitting if _stores(step) and not _missing(step)}
    if not found:
        raise UsageError(f"'{node}' fits no node whose outputs could be accepted", hint="see `plait plan`")
    return found


def _stores(step: Foreseen) -> bool:
    return any(save.place == "stored" for save in step.step.saves)


def _missing(step: Foreseen) -> list[Reason]:
    return [reason for reason in step.reasons if reason.kind in ("output_missing", "never_ran")]


def _acceptable(step: Foreseen) -> Foreseen:
    if not _stores(step):
        raise UsageError(f"'{step.node}' stores nothing that could be accepted")
    missing = _missing(step)
    if missing:
        raise UsageError(
            f"The outputs of '{step.node}' cannot be accepted",
            why="; ".join(reason.text for reason in missing),
            hint=f"plait run {step.node}",
        )
    return step
