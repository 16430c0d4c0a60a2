"""Running a pipeline of a project: select → plan → execute → record, with the project's own settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.catalog.protocols import Versions
from plait.catalog.versions import nearest_version
from plait.config import bind_parameters
from plait.engine import (
    IdentityOptions,
    Plan,
    RunOptions,
    RunResult,
    make_plan,
    run_plan,
    with_memory_producers,
)
from plait.engine.executors import choose_executor
from plait.errors import ProjectError, VersionNotFoundError
from plait.pipeline import Pipeline, select, selected_keys
from plait.project.in_workers import worker_setup
from plait.project.pipelines import DEFAULT, user_code
from plait.project.tracking import trackers
from plait.project.upstream import ancestors, stale_ancestors

if TYPE_CHECKING:
    import pluggy

    from plait.catalog import DataCatalog
    from plait.engine import Stop
    from plait.engine.perform import Interceptors
    from plait.engine.workers import Workers
    from plait.events import Observer
    from plait.project.parts import Parts
    from plait.project.project import Project
    from plait.project.settings import Settings

__all__ = ["Prepared", "RunRequest", "above", "prepared", "run_request", "selected", "stale_above"]


@dataclass(frozen=True)
class RunRequest:
    """What shall run, and how.

    Attributes:
        pipeline: the name of a pipeline, several with ``+`` between them, or a Pipeline.
        filters: Kedro's filters, as keywords of ``Pipeline.filter``.
        select: a selector within that.
        selection: how the caller spelled the selection, for the record.
        fresh: nodes that run whatever is there; None stands for all that are selected.
        wait: whether to wait for outputs that another run is writing.
        allow_removals: retire the keys that vanished from the inputs of partitioned nodes, however many.
        capture: turn what nodes print and log into events; ``echo`` also lets it through.
        on_plan: is told the plan before it is executed.
    """

    pipeline: str | Pipeline = DEFAULT
    filters: Mapping[str, Any] = field(default_factory=dict)
    select: str | None = None
    selection: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] | None = None
    executor: str | None = None
    workers: int | Workers | None = None
    observers: tuple[Observer, ...] = ()
    load_versions: Mapping[str, str] = field(default_factory=dict)
    save: bool | None = None
    fail_fast: bool = False
    fresh: frozenset[str] | None = frozenset()
    wait: bool = True
    allow_removals: bool = False
    capture: bool = False
    echo: bool = True
    stop: Stop | None = None
    on_plan: Callable[[Plan], None] | None = None


class Prepared(NamedTuple):
    """A request that is ready to be executed, or only looked at."""

    plan: Plan
    catalog: DataCatalog
    options: RunOptions


def selected(parts: Parts, request: RunRequest) -> Pipeline:
    """Return the part of the project that a request names.

    Raises:
        PipelineNotFoundError: there is no such pipeline.
        SelectionError: a selector names nothing, or nothing is left.
    """
    pipeline = _named(parts, request.pipeline)
    if request.filters:
        pipeline = pipeline.filter(**request.filters)
    if request.select:
        pipeline = select(pipeline, request.select, pipelines=parts.pipelines)
    return pipeline


def run_request(project: Project, parts: Parts, request: RunRequest) -> RunResult:
    """Run what is requested and return the result, whatever its status."""
    found = prepared(project, parts, request)
    plan, catalog, options = found
    if request.on_plan is not None:
        request.on_plan(plan)
    if parts.hooks is None:
        result = run_plan(plan, catalog, options)
    else:
        result = _hooked(parts.hooks, project, parts, request, plan, catalog, options)
    if result.status != "interrupted":
        result.stale_upstream = stale_above(parts, request, found)
    return result


def above(parts: Parts, request: RunRequest, found: Prepared) -> Pipeline | None:
    """Return what a selection builds on and leaves as it is; None where there is no selection."""
    if not (request.select or request.filters) or request.inputs:
        return None
    return ancestors(found.plan.pipeline, _named(parts, request.pipeline))


def stale_above(parts: Parts, request: RunRequest, found: Prepared) -> tuple[str, ...]:
    """Return the nodes that a selection builds on although they would run if they were selected."""
    left = above(parts, request, found)
    if not left:
        return ()
    whole = _named(parts, request.pipeline)
    return stale_ancestors(left, whole, found.catalog, parts.parameters, found.options)


def prepared(project: Project, parts: Parts, request: RunRequest) -> Prepared:
    """Return what a request comes to, before anything of it is done."""
    catalog = _pinned(parts.catalog, request.load_versions)
    chosen = selected(parts, request)
    parts.check_overrides(chosen)
    if not chosen.nodes and isinstance(request.pipeline, str):
        raise ProjectError(
            "There is nothing to run: the project has no nodes",
            where=f"pipeline '{request.pipeline}'",
            hint="plait pipeline new NAME adds a pipeline",
        )
    pipeline = with_memory_producers(chosen, _named(parts, request.pipeline), catalog, request.inputs)
    plan = make_plan(
        pipeline,
        catalog,
        bind_parameters(pipeline.nodes, parts.parameters),
        inputs=request.inputs,
        outputs=request.outputs,
        persist=request.save if request.save is not None else not request.inputs,
        keys=_keys(parts, request),
    )
    _demand_versions(catalog, request.load_versions)
    return Prepared(plan, catalog, _options(project, parts, request))


def _demand_versions(catalog: DataCatalog, names: Iterable[str]) -> None:
    """Raise VersionNotFoundError for a version that is asked for and not there, before anything runs."""
    with catalog.connections.in_use():
        for name in names:
            dataset, wanted = catalog.dataset(name), catalog.load_versions.get(name)
            with catalog.errors_named(name, "look up"):
                known = dataset.versions() if isinstance(dataset, Versions) else None
                if known is not None and wanted is not None and wanted not in known:
                    hint = nearest_version(wanted, known)
                    raise VersionNotFoundError(f"there is no version '{wanted}'", hint=hint)


def _keys(parts: Parts, request: RunRequest) -> Mapping[str, tuple[str, ...]]:
    """Return the partition keys that a selector such as ``features[2024/01]`` bounds nodes to."""
    if not request.select or "[" not in request.select:
        return {}
    return selected_keys(_named(parts, request.pipeline), request.select, pipelines=parts.pipelines)


def _named(parts: Parts, pipeline: str | Pipeline) -> Pipeline:
    if isinstance(pipeline, Pipeline):
        return parts.completed(pipeline)
    names = [name for name in pipeline.split(",") if name] or [DEFAULT]
    first, *others = [parts.pipelines[name] for name in names]
    return sum(others, first)


def _pinned(catalog: DataCatalog, versions: Mapping[str, str]) -> DataCatalog:
    return catalog.with_load_versions(versions) if versions else catalog


def _options(project: Project, parts: Parts, request: RunRequest) -> RunOptions:
    settings = parts.settings
    name = request.pipeline if isinstance(request.pipeline, str) else "(given)"
    executor = _executor(request, settings)
    return RunOptions(
        executor=executor,
        workers=_workers(project, executor, request.workers or settings.workers),
        limits=settings.limits,
        setup=worker_setup(project, parts, request.load_versions) if executor == "processes" else None,
        pipeline_name=name,
        environment=project.env,
        selection=request.selection or request.select,
        state=None if request.inputs else project.state,
        ledger=None if request.inputs else project.ledger,
        identity=identity_options(project, request),
        observers=(*parts.observers, *request.observers, *_watchers(project, parts, request)),
        seed=settings.seed,
        seed_globals=settings.seed_globals,
        spill_limit=settings.spill_limit,
        capture=request.capture,
        echo=request.echo,
        fail_fast=request.fail_fast,
        allow_removals=request.allow_removals,
        stop=request.stop,
        git=project.git,
        interceptors=_interceptors(parts),
        parameters=parts.parameters,
    )


def _watchers(project: Project, parts: Parts, request: RunRequest) -> tuple[Observer, ...]:
    """Return who tells others what happens; nobody where nothing is kept."""
    if request.inputs:
        return ()
    from plait.ledger.live import LiveFeed

    return (LiveFeed(project.state), *trackers(project, parts, request.selection or request.select))


def _executor(request: RunRequest, settings: Settings) -> str:
    declared = None if settings.executor == "inline" else settings.executor
    return choose_executor(request.executor or declared, request.workers)


def _workers(project: Project, executor: str, workers: int | Workers | None) -> int | Workers | None:
    if executor == "processes" and (workers is None or isinstance(workers, int)):
        return project.workers(workers)
    return None if executor == "inline" else workers


def identity_options(project: Project, request: RunRequest) -> IdentityOptions:
    """Return how a run of the project tells what is up to date."""
    return IdentityOptions(
        project.root,
        (project.source,),
        fresh=request.fresh,
        env_policy=project.settings.env_policy,
        lock=project.root / "uv.lock",
        wait=request.wait,
        memory=project.code_memory,
    )


def _interceptors(parts: Parts) -> Callable[[DataCatalog, str], Interceptors] | None:
    if parts.hooks is None:
        return None
    from plait.engine.hooks import RunHooks

    return partial(RunHooks, parts.hooks)


def _hooked(
    hooks: pluggy.PluginManager,
    project: Project,
    parts: Parts,
    request: RunRequest,
    plan: Plan,
    catalog: DataCatalog,
    options: RunOptions,
) -> RunResult:
    """Run with Kedro's pipeline hooks around it."""
    call = partial(
        _call, hooks.hook, project.root, _run_params(project, parts, request), plan.pipeline, catalog
    )
    call("before_pipeline_run")
    try:
        result = run_plan(plan, catalog, options)
    except Exception as error:
        call("on_pipeline_error", error=error)
        raise
    if result.error is None:
        call("after_pipeline_run", run_result=result)
    else:
        call("on_pipeline_error", error=result.error)
    return result


def _call(
    hook: Any,
    root: Path,
    run_params: dict[str, Any],
    pipeline: Pipeline,
    catalog: DataCatalog,
    name: str,
    **more: Any,
) -> None:
    with user_code("A hook failed", f"hook {name}", root):
        getattr(hook, name)(run_params=run_params, pipeline=pipeline, catalog=catalog, **more)


def _run_params(project: Project, parts: Parts, request: RunRequest) -> dict[str, Any]:
    """Return what Kedro tells its hooks of a run, by Kedro's keys."""
    filters = request.filters
    name = request.pipeline if isinstance(request.pipeline, str) else None
    return {
        "project_path": str(project.root),
        "env": project.env,
        "tags": list(filters.get("tags") or ()),
        "from_nodes": list(filters.get("from_nodes") or ()),
        "to_nodes": list(filters.get("to_nodes") or ()),
        "node_names": list(filters.get("node_names") or ()),
        "from_inputs": list(filters.get("from_inputs") or ()),
        "to_outputs": list(filters.get("to_outputs") or ()),
        "namespaces": list(filters.get("node_namespaces") or ()),
        "load_versions": dict(request.load_versions),
        "runtime_params": dict(parts.runtime_parameters),
        "pipeline_names": name.split(",") if name else [],
        "runner": request.executor or parts.settings.executor,
        "only_missing_outputs": False,
        "select": request.select,
    }
