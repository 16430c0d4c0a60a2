"""The last lines of a run: what failed, where all of it is told, and the one command that goes on."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from plait.cli.output import duration, line, styled

if TYPE_CHECKING:
    from plait.engine import NodeResult, RunResult
    from plait.project import Project

__all__ = ["ending"]

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
    for text in result.observer_errors:
        line(styled(f"  observer {text}", "33"))
    if result.status == "done":
        return
    if failed:
        line(f"  full traceback: plait runs logs {result.run_id} {shlex.quote(failed[0].name)}")
    line(f"  to go on: plait {shlex.join(words)}")


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
