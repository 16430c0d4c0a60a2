"""``plait plan``: what a run would do and why, without running anything."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from plait.cli.ending import stale_upstream
from plait.cli.options import Place, as_json, everywhere
from plait.cli.output import document, duration, line, styled, warning
from plait.cli.selecting import asked, selecting

if TYPE_CHECKING:
    from plait.engine.foresee import Foreseen
    from plait.project.foresight import Expected, Foresight

__all__ = ["command"]

_MARKS = {"run": ("▸", "36"), "maybe": ("?", "33"), "blocked": ("○", "31"), "skip": ("·", "2")}
_OVERWRITING = {
    "replace": "{} would be replaced",
    "append": "rows would be added again to {}",
    "merge": "rows of the same key would be replaced in {}",
}
_LARGE = 100_000_000  # bytes to read from which on it is worth a word before


@click.command()
@selecting
@click.option("--fresh", is_flag=True, help="As if all that is selected were to run.")
@click.option("--exit-code", is_flag=True, help="Return 1 if anything would run.")
@as_json
@everywhere
def command(
    selectors: tuple[str, ...], fresh: bool, exit_code: bool, json_: bool, place: Place, **options: Any
) -> None:
    """Show what a run would do, and why.

    \b
      run      something changed, or the result is not there
      maybe    an earlier node runs; whether this one has to depends on what that makes
      blocked  an input does not exist
      skip     what lies in the catalog is what the node would make
    """
    from plait.project.foresight import open_foresight

    question = asked(selectors, place, options)
    request = question.request(fresh=None if fresh else frozenset())
    with question.open() as project, open_foresight(project, request) as foresight:
        if foresight.ledger.notice is not None:
            warning(foresight.ledger.notice)
        size = foresight.bytes_to_hash()
        if size > _LARGE and not json_:
            line(styled(f"reading {size / 1e9:.1f} GB for the first time", "2"))
        if json_:
            document(_document(foresight, size))
        else:
            _show(foresight)
        active = any(step.action in ("run", "maybe") for step in foresight.steps)
    if exit_code and active:
        raise SystemExit(1)


def _document(foresight: Foresight, size: int) -> dict[str, Any]:
    from plait.project.foresight import expected_document

    return {
        "steps": [
            {
                "node": step.node,
                "action": step.action,
                "reasons": [reason.to_json() for reason in step.reasons],
                "notes": [reason.to_json() for reason in step.decision.notes],
                "keys": None if step.keys is None else step.keys.to_json(),
                "seconds": foresight.usual_seconds.get(step.node),
            }
            for step in foresight.steps
        ],
        "counts": dict(Counter(step.action for step in foresight.steps)),
        "bytes_to_hash": size,
        **expected_document(foresight.expected_seconds()),
        "stale_upstream": list(foresight.stale_upstream),
    }


def _show(foresight: Foresight) -> None:
    names = max((len(step.node) for step in foresight.steps), default=0)
    for step in foresight.steps:
        mark, code = _MARKS[step.action]
        line(
            f"{styled(mark, code)} {step.action:<7}  {step.node:<{names}}  {styled(_why(step), '2')}".rstrip()
        )
    line()
    line(_summary(foresight))
    stale_upstream(foresight.stale_upstream)
    _tell_unidentified(foresight)
    _tell_overwritten(foresight)


def _tell_overwritten(foresight: Foresight) -> None:
    """Say what becomes of outputs in which there is something that no run has made."""
    found = foresight.overwritten()
    for overwriting, names in found.items():
        outputs = f"{len(names)} output{'' if len(names) == 1 else 's'} that Plait did not make"
        line(styled(f"  {_OVERWRITING[overwriting].format(outputs)}: ", "33") + ", ".join(names[:5]))
    if found:
        line("  → to keep them: plait state accept NODE")


def _tell_unidentified(foresight: Foresight) -> None:
    """Say which nodes always run because nothing identifies what they read, and what helps."""
    found: dict[tuple[str, str], list[str]] = {}
    for step in foresight.steps:
        for reason in step.reasons:
            fix = (reason.details or {}).get("fix")
            if reason.kind == "unversioned" and fix:
                found.setdefault((reason.text, fix), []).append(step.node)
    for (text, fix), nodes in found.items():
        verb = "runs" if len(nodes) == 1 else "run"
        line(styled(f"  {text}, so {', '.join(nodes)} always {verb}", "33"))
        line(f"  → {fix}")


def _why(step: Foreseen) -> str:
    """Return the first reason, how many more there are, and what is to be done with the keys."""
    reasons = [reason for reason in step.reasons if reason.kind != "keys"]
    more = f"  (+{len(reasons) - 1})" if len(reasons) > 1 else ""
    why = f"{reasons[0].text}{more}" if reasons else ""
    if step.keys is None:
        return why
    from plait.identity.explain import told_keys

    return f"keys: {told_keys(step.keys.to_json())}; {why}"


def _summary(foresight: Foresight) -> str:
    counts: Counter[str] = Counter(step.action for step in foresight.steps)
    told = ", ".join(f"{counts[action]} {action}" for action in _MARKS if counts[action]) or "no nodes"
    if set(counts) == {"skip"}:
        return f"{styled('✓', '32')} everything is up to date: {told}"
    expected = foresight.expected_seconds()
    return told + (f"; {_told(expected)}, by what the nodes took before" if expected else "")


def _told(expected: Expected) -> str:
    least, most = expected
    if most == least:
        return f"about {duration(least)}"
    bounds = [f"at least {duration(least)}"] if least else []
    return ", ".join([*bounds, *([] if most is None else [f"at most {duration(most)}"])])
