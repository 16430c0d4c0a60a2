"""``plait run``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plait.cli.completion import (
    complete_datasets,
    complete_nodes,
    complete_pipelines,
    complete_selectors,
    complete_tags,
)
from plait.cli.failures import INTERRUPTED, NODE_FAILED
from plait.cli.options import Place, everywhere

if TYPE_CHECKING:
    from plait.engine import RunResult
    from plait.project import Project
    from plait.project.running import RunRequest

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])

_FILTERS = {
    "from_nodes": "from_nodes",
    "to_nodes": "to_nodes",
    "nodes": "node_names",
    "from_inputs": "from_inputs",
    "to_outputs": "to_outputs",
    "tags": "tags",
    "namespaces": "node_namespaces",
}
_RUNNERS = {"SequentialRunner": "inline", "ThreadRunner": "threads", "ParallelRunner": "processes"}


class Names(click.ParamType[list[str]]):
    """A list with commas, where brackets keep commas together."""

    name = "names"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> list[str]:
        return value if isinstance(value, list) else split_names(value)


def split_names(text: str) -> list[str]:
    """Split at commas outside brackets: ``f([a,b]) -> [c], g`` are two names."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _names(*flags: str, complete: Any, help: str) -> Callable[[F], F]:  # noqa: A002 - click's word
    return click.option(
        *flags, type=Names(), metavar="NAMES", multiple=True, shell_complete=complete, help=help
    )


@click.command()
@click.argument("selectors", nargs=-1, shell_complete=complete_selectors)
@_names(
    "--pipelines", "--pipeline", "-p", complete=complete_pipelines, help="Pipelines to run.  [default: all]"
)
@_names("--nodes", "-n", complete=complete_nodes, help="Only these nodes.")
@_names("--from-nodes", complete=complete_nodes, help="These nodes and all that follows from them.")
@_names("--to-nodes", complete=complete_nodes, help="These nodes and all that leads to them.")
@_names("--from-inputs", complete=complete_datasets, help="All that follows from these datasets.")
@_names("--to-outputs", complete=complete_datasets, help="All that leads to these datasets.")
@_names("--tags", "-t", complete=complete_tags, help="Nodes with any of these tags.")
@_names("--namespaces", "-ns", complete=None, help="Nodes in these namespaces.")
@click.option("--params", metavar="KEY=VALUE", multiple=True, help="Override parameters; values are YAML.")
@_names(
    "--load-versions", "--load-version", "-lv", complete=complete_datasets, help="DATASET:VERSION to load."
)
@click.option("--executor", metavar="NAME", help="Where nodes run.  [default: inline]")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Run N nodes at once, in processes.")
@click.option("--conf-source", type=click.Path(), help="Another configuration folder.")
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
      plait run pipeline.py            one file that holds a pipeline
    """
    _refuse_kedro_only(options)
    words, overrides = _told_apart(selectors, options["params"])
    script = words.pop(0) if words and _is_script(words[0]) else None
    with Place(script or place.folder, place.environment).open(
        params=_overrides(overrides), conf=options["conf_source"]
    ) as project:
        _finish(project, _run(project, _request(words, options), options), options)


def _told_apart(words: tuple[str, ...], params: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Split selectors from further overrides: ``--params a=1 b=2`` leaves ``b=2`` among the words."""
    overrides = [*params, *(word for word in words if "=" in word)]
    return [word for word in words if "=" not in word], overrides


def _overrides(texts: list[str]) -> dict[str, Any]:
    if not texts:
        return {}
    from plait.config import parse_overrides

    return parse_overrides(texts)


def _is_script(word: str) -> bool:
    return word.endswith(".py") and Path(word).is_file()


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


def _request(words: list[str], options: dict[str, Any]) -> RunRequest:
    from plait.pipeline import spell_flags
    from plait.project.running import RunRequest

    given = {flag: [name for names in options[flag] for name in names] for flag in _FILTERS}
    pipelines = [name for names in options["pipelines"] for name in names]
    select = " ".join(words) or None
    return RunRequest(
        pipeline=",".join(pipelines) or "__default__",
        filters={_FILTERS[flag]: names for flag, names in given.items() if names},
        select=select,
        selection=" ".join(text for text in (spell_flags(**given), select) if text) or None,
        executor=options["executor"],
        workers=options["workers"],
        load_versions=dict(_version(text) for names in options["load_versions"] for text in names),
        fail_fast=options["fail_fast"],
    )


def _version(text: str) -> tuple[str, str]:
    from plait.errors import UsageError

    name, colon, version = text.partition(":")
    if not colon or not version:
        raise UsageError(
            f"'{text}' names no version", hint="write DATASET:VERSION; plait versions list shows them"
        )
    return name, version


def _run(project: Project, request: RunRequest, options: dict[str, Any]) -> RunResult:
    from dataclasses import replace

    from plait.cli.names import remember
    from plait.cli.progress import begin
    from plait.cli.stopping import stoppable
    from plait.engine import Stop
    from plait.project.log_config import apply_logging, listen_to
    from plait.project.running import run_request

    if not any(
        apply_logging(project.conf / layer) for layer in (*reversed(project.environments), "base", ".")
    ):
        listen_to(project.package)
    parts = project.parts()
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

    if not options["json_"]:
        ending(result, project, click.get_current_context().find_root().obj)
    if options["pdb"]:
        _debug(result)
    if result.status != "done":
        raise SystemExit(INTERRUPTED if result.status == "interrupted" else NODE_FAILED)


def _debug(result: RunResult) -> None:
    failed = [node for node in result.with_status("failed") if node.error is not None]
    if failed:
        import pdb

        assert failed[0].error is not None
        pdb.post_mortem(failed[0].error.__traceback__)
