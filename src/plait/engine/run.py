"""Running a pipeline: plan → execute → record."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.catalog import DataCatalog
from plait.config import Parameters, bind_parameters
from plait.engine.data import RunData
from plait.engine.execute import Execution
from plait.engine.executors import Site, check_fit, choose_executor, make_executor
from plait.engine.judge import Judge
from plait.engine.judging import open_judge, own_source_roots
from plait.engine.keeping import Keeping
from plait.engine.leftovers import remove_leftovers
from plait.engine.main_script import refuse_while_importing
from plait.engine.memory import RunMemory
from plait.engine.options import IdentityOptions, RunOptions, fresh_nodes
from plait.engine.perform import Performer, RunFacts
from plait.engine.plan import Plan, make_plan
from plait.engine.provenance import GitWatch
from plait.engine.record import Record
from plait.engine.result import RunResult
from plait.engine.trash import Trash
from plait.errors import UsageError, did_you_mean
from plait.events import Observer, RunStatus
from plait.ledger import Ledger
from plait.ledger.leases import Leases
from plait.pipeline import Pipeline, strip_transcoding

if TYPE_CHECKING:
    from plait.engine.workers import Workers

__all__ = ["run", "run_plan"]

_MOST_NAMES = 8


def run(
    pipeline: Pipeline,
    catalog: DataCatalog | Mapping[str, Any] | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    outputs: Iterable[str] | None = None,
    executor: str | None = None,
    workers: int | Workers | None = None,
    limits: Mapping[str, float] | None = None,
    state: str | Path | None = None,
    observers: Iterable[Observer] = (),
    save: bool | None = None,
    seed: int = 0,
    fail_fast: bool = False,
    fresh: bool | Iterable[str] = False,
    keys: Mapping[str, Iterable[str]] | None = None,
    allow_removals: bool = False,
    raise_errors: bool = True,
) -> RunResult:
    """Run a pipeline as a library, without any project.

    Args:
        catalog: a catalog, or a mapping from names to datasets, entries as in YAML, or raw data.
            Names that it lacks live in memory.
        parameters: nested values for ``params:…`` inputs.
        inputs: data to use in place of what nodes or the catalog would provide. Such a run is not
            recorded and saves stored outputs only with ``save=True``.
        outputs: names to compute and keep; by default all free outputs.
        executor: where nodes run: ``inline`` (default), ``threads`` or ``processes``.
        workers: how many nodes run at once, or a :class:`plait.Workers`; alone it means processes.
        limits: how much there is of what nodes name in ``resources``, such as ``{"gpu": 1}``.
        state: a folder for the ledger; without it nothing but the outputs is written.
        observers: objects with ``on_event(event)``.
        seed: the seed that injected generators are derived from.
        fail_fast: stop at the first failure instead of finishing independent branches.
        fresh: True runs everything whatever is there; names run those nodes.
        keys: node → the partition keys it may work on (``*`` and ``?`` as in selectors).
        allow_removals: retire the keys that vanished from the inputs of partitioned nodes, however many.
        raise_errors: False returns a failed result instead of raising it.

    Returns:
        The result; ``result["name"]`` is data the run left.

    Raises:
        RunError: nodes failed; ``error.result`` is the result.
        PlaitError: the pipeline, catalog or parameters do not fit together; nothing ran.
    """
    chosen = choose_executor(executor, workers)
    catalog = catalog if isinstance(catalog, DataCatalog) else DataCatalog.from_mapping(catalog or {})
    given = parameters if isinstance(parameters, Parameters) else Parameters(dict(parameters or {}))
    persist = save if save is not None else not inputs
    if catalog.may_refer:
        pipeline = pipeline.reading_through(catalog.references)
    plan = make_plan(
        pipeline,
        catalog,
        bind_parameters(pipeline.nodes, given),
        inputs=inputs,
        outputs=outputs,
        persist=persist,
        keys=keys,
    )
    folder = None if state is None or inputs else Path(state)
    options = RunOptions(
        executor=chosen,
        workers=workers,
        limits=dict(limits or {}),
        state=folder,
        identity=None if folder is None else _library_identity(pipeline, folder, fresh),
        git=None if folder is None else GitWatch(folder.resolve().parent),
        observers=tuple(observers),
        seed=seed,
        fail_fast=fail_fast,
        allow_removals=allow_removals,
        parameters=given,
    )
    result = run_plan(plan, catalog, options)
    if raise_errors and result.error is not None:
        raise result.error
    return result


def run_plan(plan: Plan, catalog: DataCatalog, options: RunOptions) -> RunResult:
    """Execute a plan and record it.

    Raises LedgerError when the record cannot be written, and KeyboardInterrupt when the user breaks
    a running call off; whatever was finished by then is recorded. Raises UsageError before anything runs when
    the plan does not suit the executor, or lacks a node that is to run afresh.
    """
    refuse_while_importing()
    _refuse_unknown_fresh(plan, options)
    check_fit(plan, options)
    with _open_ledger(options) as ledger, catalog.connections.in_use():
        return _run_recorded(plan, catalog, options, ledger)


def _refuse_unknown_fresh(plan: Plan, options: RunOptions) -> None:
    names = [step.node.name for step in plan.steps]
    fresh = (options.identity.fresh if options.identity is not None else None) or frozenset()
    for name in sorted(fresh.difference(names)):
        raise UsageError(
            f"There is no node '{name}' in this run to run afresh",
            where="fresh",
            hint=did_you_mean(name, names) or f"its nodes: {', '.join(names[:_MOST_NAMES])}",
        )


def _run_recorded(plan: Plan, catalog: DataCatalog, options: RunOptions, ledger: Ledger | None) -> RunResult:
    begun = time.perf_counter()
    record = Record.begin(plan, options, ledger)
    catalog = catalog.for_run(record.run_id)
    memory = RunMemory(plan.consumers, plan.kept, plan.copy_modes)
    for name, value in plan.injected.items():
        memory.inject(strip_transcoding(name), value)
    trash = None if options.state is None else Trash(options.state / "trash", record.run_id)
    judge = open_judge(plan, catalog, options, ledger, None if trash is None else trash.place)
    if judge is not None and options.state is not None and options.identity is not None:
        remove_leftovers(options.state, options.identity.root, judge.unfinished())
    leases = None if judge is None or ledger is None else Leases(ledger.database, record.run_id)
    keeping = _keeping(options, record.run_id, catalog, memory, judge, trash)
    facts = _facts(options, record.run_id, judge)
    performer = Performer(
        RunData(catalog, memory),
        facts,
        record.journal.tell if record.observed else None,
        None if options.interceptors is None else options.interceptors(catalog, record.run_id),
    )
    executor = make_executor(
        Site(
            plan,
            options,
            catalog,
            memory,
            performer,
            facts,
            record.journal.tell,
            record.observed,
            lambda parts: execution.report(parts),
        )
    )
    execution = Execution(
        plan,
        catalog,
        memory,
        executor,
        record.journal,
        judge=judge,
        leases=leases,
        fail_fast=options.fail_fast,
        wait=options.identity is None or options.identity.wait,
        stop=options.stop,
        limits=options.limits,
        keeping=keeping,
    )
    status: RunStatus = "interrupted"
    try:
        with record.listening(performer):
            execution.run()
        status = _status(execution)
        if keeping is not None:
            keeping.finish(status)
    finally:
        seconds = time.perf_counter() - begun
        for held in (judge, leases):
            if held is not None:
                held.close()
        record.end(status, seconds, execution.nodes.values())
    stored = {name: partial(catalog.load, name) for name in plan.stored}
    return RunResult(
        record.run_id, status, execution.nodes, seconds, record.observer_errors, memory.kept(), stored
    )


def _keeping(
    options: RunOptions,
    run_id: str,
    catalog: DataCatalog,
    memory: RunMemory,
    judge: Judge | None,
    trash: Trash | None,
) -> Keeping | None:
    if judge is None or trash is None or options.state is None or options.identity is None:
        return None
    root, limit = options.identity.root, options.spill_limit
    return Keeping(options.state, root, run_id, catalog, memory, judge, trash, limit)


@contextmanager
def _open_ledger(options: RunOptions) -> Iterator[Ledger | None]:
    """Give the ledger that the run writes to, opened for it unless the caller keeps one open."""
    if options.ledger is not None or options.state is None:
        yield options.ledger
        return
    with Ledger.open(options.state) as ledger:
        yield ledger


def _library_identity(pipeline: Pipeline, state: Path, fresh: bool | Iterable[str]) -> IdentityOptions:
    """Count as the user's own all code that lies beside the functions of the nodes."""
    return IdentityOptions(state.resolve().parent, own_source_roots(pipeline), fresh_nodes(fresh))


def _facts(options: RunOptions, run_id: str, judge: Judge | None) -> RunFacts:
    return RunFacts(
        run_id,
        options.seed,
        options.seed_globals,
        judge.random_nodes() if judge is not None and options.seed_globals else None,
        options.environment,
        None if options.state is None else options.state.resolve() / "scratch",
        version=run_id,
        fingerprint=judge is not None,
    )


def _status(execution: Execution) -> RunStatus:
    statuses = {node.status for node in execution.nodes.values()}
    if statuses & {"failed", "blocked"}:
        return "failed"
    return "interrupted" if "not run" in statuses else "done"
