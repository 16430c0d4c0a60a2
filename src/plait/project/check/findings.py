"""What a check found: an error of the kind a run would raise, and how bad it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from plait.errors import PlaitError, Problems

__all__ = ["Finding", "Severity", "error", "flattened", "warning"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (``error``) or doubtful (``warning``).

    Attributes:
        rule: a short, stable name of what was looked for.
        problem: what, where, why and what to do.
    """

    severity: Severity
    rule: str
    problem: PlaitError

    def __str__(self) -> str:
        return str(self.problem)

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        problem = self.problem
        return {
            "severity": self.severity,
            "rule": self.rule,
            "what": problem.what,
            "where": list(problem.where),
            "why": problem.why,
            "hint": problem.hint,
        }


def error(rule: str, what: str, **parts: Any) -> Finding:
    """Return a finding that would make a run fail."""
    return Finding("error", rule, PlaitError(what, **parts))


def warning(rule: str, what: str, **parts: Any) -> Finding:
    """Return a finding that a run would survive."""
    return Finding("warning", rule, PlaitError(what, **parts))


def flattened(rule: str, problem: PlaitError) -> Iterable[Finding]:
    """Return one finding for each problem in an error that may hold several."""
    if isinstance(problem, Problems):
        for part in problem.problems:
            yield from flattened(rule, part)
    else:
        yield Finding("error", rule, problem)
