"""The last lines of a run: what failed, where all of it is told, and the one command that goes on."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from plait.cli.output import duration, line, styled

if TYPE_CHECKING:
    from plait.engine import NodeResult, RunResult
    from plait.project import Project

__all__ = ["ending", "stale_upstream"]

_PLAIN = {"", "never_ran", "needed"}  # what needs no explanation
#: How a kind of reason is called after a number of nodes.
_CALLED = {
    "code": "for code",
    "env": "for a library",
    "failed_last": "that had failed",
    "forced": "because asked for",
    "always": "that always run",
    "input": "for their input",
    "interrupted": "that had been interrupted",
    "kept": "kept as they are",
    "keys": "for some of their keys",
    "needed": "because needed",
    "new": "for what is new",
    "never_ran": "for the first time",
    "not_needed": "not needed",
    "output_missing": "for a missing output",
    "output_modified": "for a changed output",
    "params": "for parameters",
    "removals_held": "up to date but for parts that vanished",
    "restored": "restored from the run that failed",
    "spec": "for the way of saving",
    "unchanged": "up to date",
    "unrecorded": "for output not made by Plait",
    "unversioned": "for input that cannot be identified",
}
_LONGEST = 30  # lines of one traceback
_WIDEST = 1_000  # letters of one line of it
_MOST = 5  # failures shown in full


def ending(result: RunResult, project: Project, words: Sequence[str]) -> None:
    """Print how a run ended; ``words`` are those of the command that began it."""
    failed = result.with_status("failed")
    for node in failed[:_MOST]:
        _failure(node, project)
    _missing(result)
    line()
    line(_summary(result))
    for text in _why(result):
        line(f"  {text}")
    stale_upstream(result.stale_upstream)
    _held(result, words)
    for text in result.observer_errors:
        line(styled(f"  observer {text}", "33"))
    if result.status == "done":
        return
    if failed:
        line(f"  full traceback: plait runs logs {result.run_id} {shlex.quote(failed[0].name)}")
    line(f"  to go on: plait {shlex.join(words)}")


def stale_upstream(names: Sequence[str]) -> None:
    """Name the nodes that a selection builds on although they would run again, if there are any."""
    if not names:
        return
    shown = ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
    line(styled(f"  stale upstream, outside the selection and left as it is: {shown}", "33"))
    line(f"  → plait why {shlex.quote(names[0])}")


def _held(result: RunResult, words: Sequence[str]) -> None:
    """Repeat what was kept although its inputs vanished, and the command that retires it."""
    held = [
        reason.text
        for node in result.nodes.values()
        for reason in node.reasons
        if reason.kind == "removals_held"
    ]
    if not held:
        return
    for text in dict.fromkeys(held):
        line(styled(f"  {text}", "33"))
    line(f"  → plait {shlex.join([*words, '--allow-removals'])}")


def _why(result: RunResult) -> list[str]:
    """Return one line on what ran and why, one on what was skipped, and one on what was replaced."""
    ran = Counter(_first(node) for node in result.with_status("done", "failed"))
    skipped = Counter(_first(node) for node in result.with_status("skipped"))
    texts = [f"ran: {_counted(ran)}"] if set(ran) - _PLAIN else []
    texts += [f"skipped: {_counted(skipped)}"] if skipped else []
    done = result.with_status("done")  # a node that failed replaced nothing
    kept = sum(reason.kind == "kept" for node in done for reason in node.reasons)
    if kept:
        verb = "s that Plait did not make were" if kept > 1 else " that Plait did not make was"
        what = f"{kept} output{verb}"
        texts.append(styled(f"{what} replaced; what lay there is in .plait/trash for seven days", "33"))
    return texts


def _first(node: NodeResult) -> str:
    return node.reasons[0].kind if node.reasons else ""


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {_CALLED.get(kind, kind)}" for kind, count in kinds.most_common() if kind)


def _failure(node: NodeResult, project: Project) -> None:
    line()
    line(styled(f"✗ {node.name}", "31;1"))
    lines = node.traceback.replace(f"{project.root}/", "").splitlines()
    if len(lines) > _LONGEST:
        left = len(lines) - _LONGEST
        lines = [*lines[:5], f"  … {left} more lines …", *lines[5 - _LONGEST :]]
    for text in lines:
        line(f"  {text if len(text) <= _WIDEST else text[:_WIDEST] + '…'}")


def _missing(result: RunResult) -> None:
    texts = [
        reason.text
        for node in result.with_status("blocked")
        for reason in node.reasons
        if reason.kind == "input_missing"
    ]
    if texts:
        line()
    for text in dict.fromkeys(texts):
        line(styled(f"✗ {text}", "31"))


def _summary(result: RunResult) -> str:
    counts = [
        (len(result.with_status("failed")), "failed"),
        (len(result.with_status("blocked")), "blocked"),
        (len(result.with_status("not run")), "not run"),
        (len(result.with_status("skipped")), "skipped"),
        (len(result.with_status("done")), "done"),
    ]
    told = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to run"
    mark, code = {"done": ("✓", "32"), "failed": ("✗", "31;1")}.get(result.status, ("■", "33"))
    return f"{styled(mark, code)} {told} in {duration(result.seconds)}   run {result.run_id}"
