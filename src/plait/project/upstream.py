"""What lies above a selection: nodes that are left as they are, and which of them are stale.

A selection bounds what may run. What it builds on may have been made by code, parameters or data of before;
that is no error, but whoever selects should know.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plait.config import bind_parameters
from plait.engine import make_plan, with_memory_producers
from plait.engine.foresee import Foreseen, foresee
from plait.engine.judging import open_judge
from plait.errors import PlaitError

if TYPE_CHECKING:
    from plait.catalog import DataCatalog
    from plait.config import Parameters
    from plait.engine import Plan, RunOptions
    from plait.pipeline import Pipeline

__all__ = ["ancestors", "stale_ancestors"]

#: Reasons to run that do not tell that what is there was made otherwise: nothing is known to differ.
_NOT_STALE = frozenset({"always", "forced", "keys", "needed", "never_ran", "unrecorded", "unversioned"})


def ancestors(chosen: Pipeline, whole: Pipeline) -> Pipeline:
    """Return the nodes of ``whole`` that lead to those of ``chosen`` and are none of them."""
    names = [node.name for node in chosen]
    return whole.to_nodes(*names) - chosen if names else chosen


def stale_ancestors(
    above: Pipeline, whole: Pipeline, catalog: DataCatalog, parameters: Parameters, options: RunOptions
) -> tuple[str, ...]:
    """Return those of the nodes ``above`` a selection whose results are not what they would make now.

    Nodes that only follow from those, and such as cannot be planned, are not named.
    """
    if options.identity is None:
        return ()
    options = replace(options, identity=replace(options.identity, fresh=frozenset()))
    pipeline = with_memory_producers(above, whole, catalog)
    try:
        bound = bind_parameters(pipeline.nodes, parameters)
        steps = _foreseen(make_plan(pipeline, catalog, bound), catalog, options)
    except PlaitError:  # it is not what was asked for, so it must not stand in the way of that
        return ()
    names = {node.name for node in above}
    return tuple(step.node for step in steps if step.node in names and _is_stale(step))


def _foreseen(plan: Plan, catalog: DataCatalog, options: RunOptions) -> tuple[Foreseen, ...]:
    judge = open_judge(plan, catalog, options, options.ledger)
    if judge is None:
        return ()
    try:
        return foresee(plan, judge)
    finally:
        judge.close()


def _is_stale(step: Foreseen) -> bool:
    return step.action == "run" and any(reason.kind not in _NOT_STALE for reason in step.reasons)
