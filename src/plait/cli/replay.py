"""``plait replay``: one node of an earlier run again, in the debugger where it fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plait.cli.completion import complete_nodes
from plait.cli.failures import NODE_FAILED
from plait.cli.options import Place, everywhere
from plait.cli.output import line

if TYPE_CHECKING:
    from plait.engine import NodeResult

__all__ = ["command", "open_debugger"]


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[RUN] NODE", shell_complete=complete_nodes)
@everywhere
def command(words: tuple[str, ...], place: Place) -> None:
    """Call NODE with the inputs, parameters and seed it had in RUN, by default the last one.

    Nothing is saved or recorded. Where it fails, the debugger opens on a terminal; elsewhere the traceback
    is printed and the exit code is 1. What the node had in memory was kept if it failed in that run.
    """
    from plait.project.replay import recorded_run, replay, run_parameters

    if len(words) > 2:
        raise click.UsageError("plait replay takes a run and a node")
    run, node = ("last", *words) if len(words) == 1 else words
    with place.open() as project:
        record = recorded_run(project, run, node)
    environment = place.environment or record.environment
    with Place(place.folder, environment).open(params=run_parameters(record)) as project:
        result = replay(project, record, node)
    (only,) = result.nodes.values()
    if only.status == "done":
        line(f"{node} succeeds with the inputs it had in run {record.id}")
        return
    open_debugger(only)
    raise SystemExit(NODE_FAILED)


def open_debugger(node: NodeResult) -> None:
    """Print the traceback of a node, and open the debugger where it failed if somebody is there."""
    line(node.traceback)
    if node.error is not None and sys.stdin.isatty() and sys.stdout.isatty():
        import pdb

        pdb.post_mortem(node.error.__traceback__)
