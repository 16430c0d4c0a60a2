"""``plait why``: why a node, or the node that makes a dataset, runs or not, to the line that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plait.cli.completion import complete_nodes
from plait.cli.options import Place, as_json, everywhere
from plait.cli.output import document, line, warning

if TYPE_CHECKING:
    from plait.engine.foresee import Foreseen
    from plait.events import Reason
    from plait.project.foresight import Asked, Foresight

__all__ = ["command"]


@click.command()
@click.argument("node", shell_complete=complete_nodes)
@as_json
@everywhere
@click.option("--params", metavar="KEY=VALUE", multiple=True, help="Override parameters; values are YAML.")
def command(node: str, params: tuple[str, ...], json_: bool, place: Place) -> None:
    """Explain why NODE would run, or why it would not.

    The name of a dataset stands for the node that makes it; of one that no node makes, its state is told.
    """
    from plait.config import parse_overrides
    from plait.project.foresight import open_foresight
    from plait.project.running import RunRequest

    with (
        place.open(params=parse_overrides(params)) as project,
        open_foresight(project, RunRequest()) as foresight,
    ):
        if foresight.ledger.notice is not None:
            warning(foresight.ledger.notice)
        asked = foresight.asked(node)
        if json_:
            document(_answer(foresight, asked))
            return
        if asked.dataset is not None:
            line(_of_dataset(asked))
        if asked.step is not None:
            line(foresight.explain(asked.step))


def _of_dataset(asked: Asked) -> str:
    """Return what a dataset is: what makes it, or whether it is there and who reads it."""
    if asked.step is not None:
        return f"'{asked.dataset}' is made by {asked.step.node}"
    state = "is there" if asked.exists else "does not exist"
    return f"'{asked.dataset}' is an input that no node makes; it {state}; read by {', '.join(asked.readers)}"


def _answer(foresight: Foresight, asked: Asked) -> dict[str, Any]:
    about = {} if asked.step is None else _document(foresight, asked.step)
    if asked.dataset is None:
        return about
    return {"dataset": asked.dataset, "exists": asked.exists, "read_by": list(asked.readers), **about}


def _document(foresight: Foresight, step: Foreseen) -> dict[str, Any]:
    judge = foresight.judge
    return {
        "node": step.node,
        "action": step.action,
        "reasons": [_reason(reason, foresight, step) for reason in step.reasons],
        "notes": [_reason(reason, foresight, step) for reason in step.decision.notes],
        "keys": None if step.keys is None else step.keys.to_json(),
        "adopted": list(step.decision.adopted),
        "trace": None if step.decision.trace is None else {"run": step.decision.trace.run_id},
        "code": {}
        if judge is None
        else {
            key: {"symbol": item.name, "file": item.file, "line": item.line, "digest": item.digest}
            for key, item in judge.identity(step.step).manifest.symbols.items()
        },
    }


def _reason(reason: Reason, foresight: Foresight, step: Foreseen) -> dict[str, Any]:
    details = dict(reason.details or {})
    found = {"kind": reason.kind, "text": reason.text, **details}
    if reason.kind == "code":
        found["before"] = foresight.source(step, details.get("then"))
        found["after"] = foresight.source(step, details.get("now"))
    return found
