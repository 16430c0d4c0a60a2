"""How a plan is executed and what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from plait.engine.spill import SPILL_LIMIT

if TYPE_CHECKING:
    from plait.catalog import DataCatalog
    from plait.engine.perform import Interceptors
    from plait.engine.provenance import GitWatch
    from plait.engine.stop import Stop
    from plait.engine.workers import Workers
    from plait.events import Observer
    from plait.identity.distributions import Distributions
    from plait.identity.sources import Sources
    from plait.ledger import Ledger

__all__ = ["CodeMemory", "RunOptions", "Surroundings", "WorkerSetup", "fresh_nodes"]


class WorkerSetup(NamedTuple):
    """How a worker process gets what cannot be sent: a function by name, and what it is called with.

    ``call`` is ``module:function``; it is called with a dictionary that lives as long as the worker, to keep
    things in from run to run, and with ``arguments``, and returns :class:`Surroundings`.
    """

    call: str
    arguments: tuple[Any, ...] = ()


class Surroundings(NamedTuple):
    """What the nodes of a run have around them in a worker process."""

    catalog: DataCatalog
    interceptors: Callable[[DataCatalog, str], Interceptors] | None = None


class CodeMemory(NamedTuple):
    """What is known of source files and installed packages, kept from run to run."""

    sources: Sources
    distributions: Distributions


@dataclass(frozen=True, slots=True)
class IdentityOptions:
    """How a run tells what is up to date.

    Attributes:
        root: the project's folder; files of its code and data are named relative to it.
        source_roots: folders whose code is the project's own.
        fresh: nodes that run whatever is there; None stands for all.
        env_policy: what a change of a library means: ``ignore``, ``warn``, ``reached`` or ``lock``.
        lock: the lock file, for the policy of that name.
        wait: whether to wait for outputs that another run is writing.
        memory: what earlier runs have learnt of the code.
    """

    root: Path
    source_roots: tuple[Path, ...] = ()
    fresh: frozenset[str] | None = frozenset()
    env_policy: Literal["ignore", "warn", "reached", "lock"] = "warn"
    lock: Path | None = None
    wait: bool = True
    memory: CodeMemory | None = None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a plan is executed and what is recorded of it.

    Attributes:
        executor: where nodes run.
        workers: how many at once, or the workers to use; None is as many as there are cores.
        limits: how much there is of what nodes name in ``resources``.
        setup: how a worker process gets catalog and hooks; None sends it the catalog.
        pipeline_name: what the pipeline is called in the record.
        state: the state folder; None records nothing.
        ledger: the open ledger of that folder; None opens it for the run.
        identity: how to tell what is up to date; None runs everything.
        git: who knows the state of the repository; None leaves it out of the record.
        interceptors: makes the hooks that see the data, given the catalog and the id of the run.
        seed: the project seed.
        seed_globals: seed the global random generators around each node.
        capture: turn what nodes print and log into events; ``echo`` also lets it through.
        fail_fast: stop at the first failure instead of finishing independent branches.
        allow_removals: retire keys that vanished upstream however many they are.
        stop: asks the run to start nothing more.
        spill_limit: bytes that the state folder may keep of what failed nodes had in memory.
        parameters: what the record says the parameters were; secrets are left out.
    """

    executor: str = "inline"
    workers: int | Workers | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    setup: WorkerSetup | None = None
    pipeline_name: str = "__default__"
    environment: str | None = None
    selection: str | None = None
    state: Path | None = None
    ledger: Ledger | None = None
    identity: IdentityOptions | None = None
    git: GitWatch | None = None
    observers: tuple[Observer, ...] = ()
    interceptors: Callable[[DataCatalog, str], Interceptors] | None = None
    seed: int = 0
    seed_globals: bool = False
    capture: bool = False
    echo: bool = True
    fail_fast: bool = False
    allow_removals: bool = False
    stop: Stop | None = None
    spill_limit: int = SPILL_LIMIT
    parameters: Mapping[str, Any] = field(default_factory=dict)


def fresh_nodes(fresh: bool | str | Iterable[str]) -> frozenset[str] | None:
    """Return the nodes that run whatever is there, as a caller names them; None stands for all."""
    if isinstance(fresh, bool):
        return None if fresh else frozenset()
    return frozenset([fresh] if isinstance(fresh, str) else fresh)
