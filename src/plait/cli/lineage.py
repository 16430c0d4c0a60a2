"""``plait lineage``: what a dataset was made from, and what was made from it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from plait.cli.completion import complete_datasets
from plait.cli.options import Place, as_json, everywhere
from plait.cli.output import document, line, styled

if TYPE_CHECKING:
    from plait.project.lineage import Ancestor

__all__ = ["command"]

_WIDEST = 60  # letters of a parameter


@click.command()
@click.argument("dataset", shell_complete=complete_datasets)
@click.option(
    "--up/--down", default=True, help="What it was made from, or what was made from it.  [default: up]"
)
@as_json
@everywhere
def command(dataset: str, up: bool, json_: bool, place: Place) -> None:
    """Show what DATASET was made from: data, code, parameters and runs, up to the raw inputs.

    DATASET is a name in the catalog, or a model that a run told MLflow of: models:/name/version or
    models:/name@alias.
    """
    from plait.project.lineage import open_lineage

    with place.open() as project:
        lineage, name = open_lineage(project, dataset)
        found = lineage.up(name) if up else lineage.down(name)
    if json_:
        document(
            {
                "dataset": dataset,
                "direction": "up" if up else "down",
                "lineage": [asdict(one) for one in found],
            }
        )
        return
    for one in found:
        _show(one)


def _show(one: Ancestor) -> None:
    margin = "  " * one.depth
    mark = _short(one.fingerprint) or ("in memory" if one.location is None else "not recorded")
    line(f"{margin}{styled(one.dataset, '1')}  {one.location or ''}  {styled(mark, '2')}".rstrip())
    if one.node is None:
        return
    facts = [f"made by {one.node}"]
    facts += [f"run {one.run}"] if one.run else []
    facts += [one.model] if one.model else []
    facts += [f"code {_short(one.code)}"] if one.code else []
    facts += [f"{name}={_brief(value)}" for name, value in one.parameters.items()]
    line(f"{margin}  {styled('  '.join(facts), '2')}")


def _brief(value: str | None) -> str:
    """Return a parameter, or as much of it as fits into a line; ``--json`` has all of it."""
    if value is None:
        return "…"
    return value if len(value) <= _WIDEST else f"{value[:_WIDEST]}…"


def _short(token: str | None) -> str:
    """Return the beginning of a digest, as one recognises it."""
    if token is None:
        return ""
    kind, colon, value = token.rpartition(":")
    return f"{kind}{colon}{value[:12]}"
