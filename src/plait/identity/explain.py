"""What ``plait why`` prints: a decision as text, to the line that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from plait.events import Reason
from plait.identity.components import Components
from plait.identity.decide import Decision
from plait.identity.differing import differing
from plait.identity.manifest import CodeManifest
from plait.identity.texts import changed_lines

__all__ = ["explain", "told_keys"]

_HEADS = {
    "run": "{} would run",
    "skip": "{} is up to date",
    "maybe": "{} may run",
    "blocked": "{} cannot run",
}
#: How an action on keys is called after their number.
_KEYS = {
    "run": "to run",
    "maybe": "may run",
    "skip": "up to date",
    "blocked": "blocked",
    "unmatched": "unmatched",
    "retire": "to retire",
}
_WIDTH = 10
_MOST_LINES = 20

Source = Callable[[str], str | None]


def explain(
    node: str,
    decision: Decision,
    *,
    manifest: CodeManifest | None = None,
    current: Components | None = None,
    source: Source = lambda _: None,
    keys: Mapping[str, int] | None = None,
) -> str:
    """Return why a node runs or not, as a person reads it.

    Args:
        manifest: the present code, for what could not be seen in it.
        current: what the node depends on now, to count what did not change.
        source: gives the recorded source of a symbol by its digest, so that a change is shown as one.
        keys: what to do with how many of its keys; see :func:`told_keys`.
    """
    head = _HEADS[decision.action].format(node)
    reasons = [reason for reason in decision.reasons if reason.kind != "keys"]
    if decision.action == "run":
        head += f": {len(reasons)} reason{'' if len(reasons) == 1 else 's'}"
    lines = [head] + ([_row("keys", told_keys(keys))] if keys else [])
    for reason in reasons:
        lines += _reason(reason, source)
    for note in decision.notes:
        lines.append(_row("note", f"{note.text} (does not count under the policy 'warn')"))
    if manifest is not None:
        lines += [_row("note", text) for text in _problems(manifest)]
    if decision.adopted:
        lines.append(_row("adopted", f"{_joined(decision.adopted)}: not in the record, or of an older Plait"))
    if decision.action == "run":
        unchanged = "" if current is None else _unchanged(decision, current)
        lines += [f"  unchanged: {unchanged}"] if unchanged else []
        lines += _acceptable(node, decision)
    return "\n".join(lines)


def told_keys(counts: Mapping[str, int]) -> str:
    """Return how many keys of a partitioned node run, are up to date, and so on."""
    told = [f"{counts[kind]:,} {what}" for kind, what in _KEYS.items() if counts.get(kind)]
    return ", ".join(told) or "none"


def _reason(reason: Reason, source: Source) -> Iterator[str]:
    details = reason.details or {}
    if reason.kind == "code" and details.get("file"):
        via = details.get("via") or ()
        way = f"   ({' → '.join(via)})" if len(via) > 1 else ""
        short = str(details["symbol"]).rpartition(".")[2]
        yield _row("code", f"{details['file']}:{details['line']} {short} {details['change']}{way}")
        yield from _difference(details.get("then"), details.get("now"), source)
    elif reason.kind == "params" and _both_shown(details):
        for one in differing(details["then"], details["now"]):
            yield _row("params", f"{details['parameter']}{one.path}   {one.then} → {one.now}")
    else:
        yield _row(reason.kind.replace("_", " "), reason.text)
        if details.get("fix"):
            yield _row("", f"→ {details['fix']}")


def _both_shown(details: Mapping[str, Any]) -> bool:
    now, then = details.get("now"), details.get("then")
    return now is not None and then is not None and now != then


def _difference(then: str | None, now: str | None, source: Source) -> Iterator[str]:
    if then is None or now is None:
        return
    before, after = source(then), source(now)
    if before is None or after is None:
        return
    rows = changed_lines(before, after)
    for row in rows[:_MOST_LINES]:
        yield f"{'':{_WIDTH + 4}}{row}"
    if len(rows) > _MOST_LINES:
        yield f"{'':{_WIDTH + 4}}… {len(rows) - _MOST_LINES} more lines"


def _problems(manifest: CodeManifest) -> Iterator[str]:
    for problem in manifest.problems:
        yield problem.text + (": say version='…' on the node" if problem.needs_version else "")


def _unchanged(decision: Decision, current: Components) -> str:
    kinds = {reason.kind for reason in decision.reasons}
    if decision.trace is None:
        return ""
    changed = {(reason.details or {}).get("key") for reason in decision.reasons if reason.kind == "code"}
    same = [key for key, value in (current.code or {}).items() if value.startswith("sha256:")]
    parts = []
    if "input" not in kinds and current.inputs:
        parts.append(_counted(len(current.inputs), "input"))
    left = len([key for key in same if key not in changed])
    if left:
        parts.append(_counted(left, "other symbol" if "code" in kinds else "symbol"))
    if "params" not in kinds and current.params:
        parts.append(_counted(len(current.params), "parameter"))
    if "env" not in kinds and not decision.notes and current.env is not None:
        parts.append("env")
    return ", ".join(parts)


def _acceptable(node: str, decision: Decision) -> list[str]:
    kinds = {reason.kind for reason in decision.reasons}
    if kinds & {"output_missing", "never_ran", "forced", "always", "needed", "interrupted", "failed_last"}:
        return []
    return [f"  to accept without running: plait state accept {node}"]


def _row(kind: str, text: str) -> str:
    return f"  {kind:<{_WIDTH - 2}}{text}" if len(kind) < _WIDTH - 3 else f"  {kind}  {text}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names)
