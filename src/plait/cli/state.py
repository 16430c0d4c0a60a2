"""``plait state``: what Plait keeps in ``.plait``, and what it takes for right."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plait.cli.completion import complete_nodes
from plait.cli.options import Place, PlaitGroup, as_json, everywhere
from plait.cli.output import document, line

if TYPE_CHECKING:
    from plait.ledger.traces import TraceStore
    from plait.project import Project
    from plait.project.acceptance import Accepted

__all__ = ["command"]


@click.group(cls=PlaitGroup)
def command() -> None:
    """Accept what lies there as up to date; prune, export and import records."""


@command.command()
@click.argument("nodes", nargs=-1, required=True, shell_complete=complete_nodes)
@as_json
@everywhere
def accept(nodes: tuple[str, ...], json_: bool, place: Place) -> None:
    """Take what lies there for what NODES would make now: code, inputs, libraries and outputs.

    Nothing runs. The nodes are up to date until something changes again. '*' stands for all that can be.
    Of a node that runs key by key, the keys whose outputs are there are taken; of one that takes what is new,
    all there is now counts as taken.
    """
    from plait.project.acceptance import accept as accept_nodes

    with place.open() as project:
        accepted = accept_nodes(project, nodes)
    if json_:
        keys = {item.node: {"accepted": item.keys, "of": item.of} for item in accepted if item.of is not None}
        document({"accepted": [item.node for item in accepted], "keys": keys})
    else:
        line(f"accepted: {', '.join(map(_told, accepted))}")


def _told(accepted: Accepted) -> str:
    if accepted.of is None:
        return accepted.node
    return f"{accepted.node} ({accepted.keys:,} of {accepted.of:,} keys)"


@command.command()
@click.option(
    "--keep-runs", type=click.IntRange(min=0), metavar="N", help="Forget all but the N newest runs."
)
@click.option("--yes", is_flag=True, help="Do it. Without, it is only said what would go.")
@as_json
@everywhere
def prune(keep_runs: int | None, yes: bool, json_: bool, place: Place) -> None:
    """Forget the records of nodes that the project no longer has, and old runs with their logs."""
    from plait.ledger.traces import TraceStore
    from plait.ledger.upkeep import drop_runs, old_runs, size_of_runs

    with place.open() as project:
        database = project.ledger.database
        store = TraceStore(database)
        homes = _orphans(project, store)
        runs = [] if keep_runs is None else old_runs(database, keep_runs)
        size = size_of_runs(database, runs)
        if yes:
            store.forget(homes)
            drop_runs(database, runs)
            database.rows("VACUUM")
        if json_:
            document({"done": yes, "outputs": homes, "runs": runs, "bytes": size})
            return
        for home in homes:
            line(f"  record of {home}: no node of the project makes it")
        what = f"{len(homes)} records of outputs, {len(runs)} runs ({size / 1e6:.1f} MB)"
        line(
            f"forgot {what}"
            if yes
            else f"would forget {what}; to do it: plait state prune --yes{_keep(keep_runs)}"
        )


@command.command("export")
@click.argument("file", type=click.Path(), default="-")
@everywhere
def export(file: str, place: Place) -> None:
    """Write all records as JSON lines to FILE, or to the terminal."""
    from plait.ledger.upkeep import exported

    with place.open() as project:
        text = "".join(f"{row}\n" for row in exported(project.ledger.database))
    if file == "-":
        sys.stdout.write(text)
    else:
        Path(file).write_text(text, encoding="utf-8")
        line(f"wrote {file}")


@command.command("import")
@click.argument("file", type=click.Path(exists=True, allow_dash=True))
@as_json
@everywhere
def import_(file: str, json_: bool, place: Place) -> None:
    """Take in records that were exported elsewhere, in a copy of the project with the same data."""
    from plait.ledger.upkeep import import_lines

    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    with place.open() as project:
        counts = import_lines(project.ledger.database, text.splitlines())
    if json_:
        document({"imported": counts})
    else:
        line(f"imported {counts['trace']} records of outputs, {counts['run']} runs")


def _orphans(project: Project, store: TraceStore) -> list[str]:
    """Return the locations whose record no node of any pipeline of the project wrote, or writes now."""
    from plait.project.foresight import open_foresight
    from plait.project.running import RunRequest

    nodes = {node.name for name in project.pipelines for node in project.pipelines[name]}
    with open_foresight(project, RunRequest()) as foresight:
        judge = foresight.judge
        steps = foresight.prepared.plan.steps
        kept = set() if judge is None else {place for step in steps for place in judge.locations(step)}
    rows = store.everything()
    kept |= {row.home for row in rows if row.node in nodes}
    return sorted({row.home for row in rows} - kept)


def _keep(runs: int | None) -> str:
    return "" if runs is None else f" --keep-runs {runs}"
