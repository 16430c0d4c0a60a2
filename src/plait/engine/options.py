"""How a plan is executed and what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plait.catalog import DataCatalog
from plait.engine.execute import Stop
from plait.engine.perform import Interceptors
from plait.engine.provenance import GitWatch
from plait.events import Observer

__all__ = ["RunOptions"]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a plan is executed and what is recorded of it.

    Attributes:
        pipeline_name: what the pipeline is called in the record.
        state: the state folder; None records nothing.
        git: who knows the state of the repository; None leaves it out of the record.
        interceptors: makes the hooks that see the data, given the catalog and the id of the run.
        seed: the project seed.
        seed_globals: seed the global random generators around each node.
        capture: turn what nodes print and log into events; ``echo`` also lets it through.
        fail_fast: stop at the first failure instead of finishing independent branches.
        stop: asks the run to start nothing more.
        parameters: what the record says the parameters were; secrets are left out.
    """

    executor: str = "inline"
    pipeline_name: str = "__default__"
    environment: str | None = None
    selection: str | None = None
    state: Path | None = None
    git: GitWatch | None = None
    observers: tuple[Observer, ...] = ()
    interceptors: Callable[[DataCatalog, str], Interceptors] | None = None
    seed: int = 0
    seed_globals: bool = False
    capture: bool = False
    echo: bool = True
    fail_fast: bool = False
    stop: Stop | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
