"""Accepting what lies in the catalog as what the code of now would make, without running it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from plait.errors import UsageError
from plait.ledger import new_run_id
from plait.project.foresight import open_foresight
from plait.project.running import RunRequest

if TYPE_CHECKING:
    from plait.engine.foresee import Foreseen
    from plait.engine.judge import Judge
    from plait.project.foresight import Foresight
    from plait.project.project import Project

__all__ = ["Accepted", "accept"]


class Accepted(NamedTuple):
    """A node that was accepted; how many of its keys, where it is called key by key, and how many it has."""

    node: str
    keys: int | None = None
    of: int | None = None


def accept(project: Project, nodes: tuple[str, ...]) -> list[Accepted]:
    """Record code, inputs, libraries and outputs of some nodes as they are now; return the nodes.

    A name with ``*``, ``?`` or ``[…]`` stands for all nodes it fits whose outputs can be accepted. Of a node
    that is called key by key, those keys are accepted whose outputs lie there. A node that takes what is new
    is to pass over all there is now; by a pattern only if nothing says what it has taken.

    Raises:
        UsageError: there is no such node, or it has no stored output, or one does not lie there.
    """
    with open_foresight(project, RunRequest()) as foresight:
        judge, run = foresight.judge, f"accepted {new_run_id()}"
        if judge is None:
            return []
        chosen = {name for node in nodes for name in _meant(node, foresight, judge)}
        accepted = []
        for step in foresight.steps:
            if step.node in chosen:
                judge.accept(run, step.step)
                accepted.append(_accepted(step, judge))
            judge.assume(step.step)
    return accepted


def _accepted(step: Foreseen, judge: Judge) -> Accepted:
    if not step.step.node.maps:
        return Accepted(step.node)
    return Accepted(step.node, len(judge.acceptable_keys(step.step)), len(judge.parts.all_keys(step.step)))


def _meant(node: str, foresight: Foresight, judge: Judge) -> list[str]:
    if not set("*?[") & set(node):
        return [_acceptable(foresight.step(node), judge)]
    fitting = [step for step in foresight.steps if fnmatchcase(step.node, node)]
    found = [
        step.node for step in fitting if _stores(step) and not _missing(step, judge) and not _goes_on(step)
    ]
    if not found:
        raise UsageError(f"'{node}' fits no node whose outputs could be accepted", hint="see `plait plan`")
    return found


def _stores(step: Foreseen) -> bool:
    return any(save.place == "stored" for save in step.step.saves)


def _goes_on(step: Foreseen) -> bool:
    """Say whether a node knows what it has taken: a pattern must not make it pass over what is new."""
    return step.step.node.incremental and all(reason.kind != "no_progress" for reason in step.reasons)


def _missing(step: Foreseen, judge: Judge) -> list[str]:
    """Return what keeps the outputs of a node from being accepted."""
    missing = [f"'{name}' does not exist" for name in judge.lacking(step.step)]
    if not missing and step.step.node.maps and not judge.acceptable_keys(step.step):
        return ["no key of its inputs has an output"]
    return missing


def _acceptable(step: Foreseen, judge: Judge) -> str:
    if not _stores(step):
        raise UsageError(f"'{step.node}' stores nothing that could be accepted")
    missing = _missing(step, judge)
    if missing:
        raise UsageError(
            f"The outputs of '{step.node}' cannot be accepted",
            why="; ".join(missing),
            hint=f"plait run {step.node}",
        )
    return step.node
