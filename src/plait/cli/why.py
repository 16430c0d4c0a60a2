"""``plait why``: why one node runs or not, to the line that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plait.cli.completion import complete_nodes
from plait.cli.options import Place, as_json, everywhere
from plait.cli.output import document, line, warning

if TYPE_CHECKING:
    from plait.engine.foresee import Foreseen
    from plait.events import Reason
    from plait.project.foresight import Foresight

__all__ = ["command"]


@click.command()
@click.argument("node", shell_complete=complete_nodes)
@as_json
@everywhere
@click.option("--params", metavar="KEY=VALUE", multiple=True, help="Override parameters; values are YAML.")
def command(node: str, params: tuple[str, ...], json_: bool, place: Place) -> None:
    """Explain why NODE would run, or why it would not."""
    from plait.config import parse_overrides
    from plait.project.foresight import open_foresight
    from plait.project.running import RunRequest

    with (
        place.open(params=parse_overrides(params)) as project,
        open_foresight(project, RunRequest()) as foresight,
    ):
        if foresight.ledger.notice is not None:
            warning(foresight.ledger.notice)
        step = foresight.step(node)
        if json_:
            document(_document(foresight, step))
        else:
            line(foresight.explain(step))


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
