"""``plait run``."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from plait.cli.failures import INTERRUPTED, NODE_FAILED
from plait.cli.options import Place, everywhere
from plait.cli.selecting import Asked, asked, selecting
from plait.errors import PlaitError

if TYPE_CHECKING:
    from plait.engine import RunResult
    from plait.project import Project
    from plait.project.running import RunRequest
    from plait.project.watch import Watch

__all__ = ["command"]

_RUNNERS = {"SequentialRunner": "inline", "ThreadRunner": "threads", "ParallelRunner": "processes"}


@click.command()
@selecting
@click.option("--executor", metavar="NAME", help="Where nodes run.  [default: inline]")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Run N nodes at once, in processes.")
@click.option("--fresh", is_flag=True, help="Run all that is selected, changed or not.")
@click.option("--no-wait", is_flag=True, help="Fail where another run is writing the same output.")
@click.option("--allow-removals", is_flag=True, help="Retire parts that vanished upstream, however many.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--pdb", is_flag=True, help="Open the debugger where a node fails.")
@click.option("--json", "json_", is_flag=True, help="Print one JSON event a line.")
@click.option("--runner", "-r", hidden=True)
@click.option("--async", "async_", is_flag=True, hidden=True)
@click.option("--only-missing-outputs", is_flag=True, hidden=True)
@everywhere
def command(selectors: tuple[str, ...], place: Place, **options: Any) -> None:
    """Run the project, or the part of it that SELECTORS pick.

    \b
      plait run                        everything
      plait run train_model            one node
      plait run +train_model           it and all that leads to it
      plait run clean+ not:report      clean and all that follows, but not report
      plait run tag:daily ns:europe    by tag and namespace
      plait run --params model.depth=6 'cities=[a, b]'
      plait run --fresh tag:daily      although nothing changed
      plait run pipeline.py            one file that holds a pipeline
    """
    _refuse_kedro_only(options)
    question = asked(selectors, place, options)
    forced = options["fresh"] or options["allow_removals"]
    known = options["executor"] in {None, *_RUNNERS.values()}  # a wrong one is told also when nothing changed
    if known and not forced and _nothing_to_do(question, as_json=options["json_"]):
        return
    with question.open() as project:
        _log(project)
        request = _request(question, options)
        watch = _import_watched(project, request)
        with _connections_kept(project):
            result = _run(project, request, options)
            _finish(project, result, options)
            _remember_complete(project, question, request, watch)


def _nothing_to_do(question: Asked, *, as_json: bool) -> bool:
    """Say that everything is up to date, if that can be told without importing the project."""
    from plait.cli.unchanged import say_unchanged

    return say_unchanged(question, as_json=as_json)


def _import_watched(project: Project, request: RunRequest) -> Watch:
    """Make pipelines, hooks and catalog, noting whether their code reaches for more than what is watched."""
    from plait.project.running import selected
    from plait.project.watch import Watch

    # The folder of a script may hold anything, and only Python files in it are sources.
    free = [project.conf] if project.package is None else [project.source, project.conf]
    watch = Watch([project.source], free)
    parts = project.parts()
    with watch.watching():
        selected(parts, request)
        if parts.hooks is not None:
            _ = parts.catalog  # hooks are told of it
    return watch


def _connections_kept(project: Project) -> AbstractContextManager[None]:
    """Keep open what the run opens until its result was looked at: a second login may take seconds."""
    try:
        return project.catalog.connections.in_use()
    except PlaitError:  # the run tells it
        return nullcontext()


def _remember_complete(project: Project, question: Asked, request: RunRequest, watch: Watch) -> None:
    """Let the next run see at a glance whether anything changed."""
    from dataclasses import replace

    from plait.project.complete import remember_complete

    remember_complete(project, replace(request, fresh=frozenset()), question.question(), watch)


def _request(question: Asked, options: dict[str, Any]) -> RunRequest:
    return question.request(
        executor=options["executor"],
        workers=options["workers"],
        fail_fast=options["fail_fast"],
        fresh=None if options["fresh"] else frozenset(),
        wait=not options["no_wait"],
        allow_removals=options["allow_removals"],
    )


def _refuse_kedro_only(options: dict[str, Any]) -> None:
    from plait.errors import UsageError

    if options["runner"]:
        name = options["runner"].rpartition(".")[2]
        raise UsageError(
            "--runner is called --executor here",
            hint=f"plait run --executor {_RUNNERS.get(name, 'inline')}",
        )
    if options["only_missing_outputs"] or options["async_"]:
        flag = "--async" if options["async_"] else "--only-missing-outputs"
        raise UsageError(f"There is no {flag} here", hint="leave it out: plait run")


def _log(project: Project) -> None:
    from plait.project.log_config import apply_logging, listen_to

    layers = (*reversed(project.environments), "base", ".")
    if not any(apply_logging(project.conf / layer) for layer in layers):
        listen_to(project.package)


def _run(project: Project, request: RunRequest, options: dict[str, Any]) -> RunResult:
    from dataclasses import replace

    from plait.cli.names import remember
    from plait.cli.output import warning
    from plait.cli.progress import begin
    from plait.cli.stopping import stoppable
    from plait.engine import Stop
    from plait.project.running import run_request

    parts = project.parts()
    if project.ledger.notice is not None:
        warning(project.ledger.notice)
    progress = begin(project, as_json=options["json_"])
    stop = Stop()
    request = replace(
        request,
        observers=(progress,),
        stop=stop,
        capture=True,
        echo=False,
        on_plan=lambda plan: progress.announce(plan, parts.catalog),
    )
    try:
        with stoppable(stop, progress.note), progress:
            return run_request(project, parts, request)
    finally:
        remember(project)


def _finish(project: Project, result: RunResult, options: dict[str, Any]) -> None:
    from plait.cli.ending import ending

    if options["json_"]:
        _tell_stale(result)
    else:
        ending(result, project, click.get_current_context().find_root().obj)
    if options["pdb"]:
        _debug(project, result)
    if result.status != "done":
        raise SystemExit(INTERRUPTED if result.status == "interrupted" else NODE_FAILED)


def _tell_stale(result: RunResult) -> None:
    from plait.cli.output import SCHEMA

    if result.stale_upstream:
        told = {"schema": SCHEMA, "event": "stale_upstream", "nodes": list(result.stale_upstream)}
        click.echo(json.dumps(told))


def _debug(project: Project, result: RunResult) -> None:
    """Open the debugger on the first failed node, called again where its frames were left in a worker."""
    from plait.cli.replay import open_debugger
    from plait.project.replay import recorded_run, replay

    failed = next(iter(result.with_status("failed")), None)
    if failed is None:
        return
    if failed.error is None or failed.error.__traceback__ is None:
        again = replay(project, recorded_run(project, result.run_id, failed.name), failed.name)
        failed = again.nodes[failed.name]
    open_debugger(failed)
