"""The runs that are going on, and how far each has come: for pages that are opened in their middle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["GoingOn"]

_STATES = {
    "node_started": "running",
    "node_finished": "done",
    "node_failed": "failed",
    "node_skipped": "skipped",
    "node_blocked": "blocked",
}


class GoingOn:
    """Adds up the events of runs."""

    def __init__(self) -> None:
        self._runs: dict[str, dict[str, Any]] = {}

    def note(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take events; a run begins with its ``run_so_far``."""
        for event in events:
            run = event["run_id"]
            if event["event"] == "run_so_far":
                self._runs[run] = {**event, "states": dict(event["states"]), "keys": dict(event["keys"])}
            elif event["event"] == "run_finished":
                self.forget(run)
            elif run in self._runs:
                _follow(self._runs[run], event)

    def forget(self, run: str) -> None:
        """Leave out a run that has ended."""
        self._runs.pop(run, None)

    def is_stopping(self, run: str) -> bool:
        """Return whether a run was asked to stop when its running nodes are done."""
        return run in self._runs and bool(self._runs[run].get("stopping"))

    def processes(self) -> dict[str, str]:
        """Return run → the signature of its coordinating process."""
        return {run: known["process"] for run, known in self._runs.items()}

    def so_far(self) -> list[dict[str, Any]]:
        """Return one event for each run, which sums up all there were."""
        return [
            {**known, "states": dict(known["states"]), "keys": dict(known["keys"])}
            for known in self._runs.values()
        ]


def _follow(known: dict[str, Any], event: Mapping[str, Any]) -> None:
    node = event.get("node")
    if event["event"] == "run_stopping":
        known["stopping"] = True
    elif event["event"] == "partition_done":
        known["keys"][node] = known["keys"].get(node, 0) + 1
    elif event["event"] in _STATES:
        known["states"][node] = _STATES[event["event"]]
