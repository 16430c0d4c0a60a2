"""What an executor knows of the run it works for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plait.catalog import DataCatalog
from plait.engine.memory import RunMemory
from plait.engine.options import RunOptions
from plait.engine.parts import Part
from plait.engine.perform import Performer, RunFacts
from plait.engine.plan import Plan
from plait.events import Event

__all__ = ["Site"]


@dataclass(frozen=True, slots=True)
class Site:
    """What an executor knows of the run it works for.

    Attributes:
        performer: performs tasks in this process.
        tell: takes events of nodes that run elsewhere.
        observed: whether anybody listens to these events.
        report: takes the partitions that nodes have saved; called by the thread that drives the executor.
    """

    plan: Plan
    options: RunOptions
    catalog: DataCatalog
    memory: RunMemory
    performer: Performer
    facts: RunFacts
    tell: Callable[[Event], None]
    observed: bool
    report: Callable[[list[Part]], None] = lambda _: None
