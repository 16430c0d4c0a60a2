"""What is recorded of the steps of a plan: traces, and the marks of those that began and did not succeed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from plait.engine.identify import Identifier, Identity
from plait.engine.plan import Step
from plait.engine.shared_traces import SharedTraces
from plait.identity.components import Trace, components_from_json, components_to_json
from plait.ledger.traces import Mark, TraceRow, TraceStore
from plait.values import Fingerprint

__all__ = ["StepTraces"]


class StepTraces:
    """Reads and writes the traces of steps that store something; of all others there are none.

    Args:
        shared: the traces that lie beside data on shared stores.
    """

    def __init__(
        self, steps: Iterable[Step], identifier: Identifier, store: TraceStore, shared: SharedTraces
    ) -> None:
        self._identifier = identifier
        self._store = store
        self._shared = shared
        found = {step.node.name: self.locations(step) for step in steps}
        self._homes = {name: min(locations) for name, locations in found.items() if locations}
        self._rows = store.of(self._homes.values())
        self._marks = store.begun(self._homes.values())
        self._traces: dict[str, tuple[Trace, ...]] = {}
        self._told: set[str] = set()

    def locations(self, step: Step) -> list[str]:
        """Return where a step writes."""
        return [self._identifier.location(save.name) for save in step.saves if save.place == "stored"]

    def home(self, step: Step) -> str | None:
        """Return where the traces of a step are filed, or None where it stores nothing."""
        return self._homes.get(step.node.name)

    def rows(self, step: Step) -> Sequence[TraceRow]:
        """Return the traces of a step as they are stored, newest first."""
        return self._rows.get(self._homes.get(step.node.name, ""), ())

    def of(self, step: Step) -> tuple[Trace, ...]:
        """Return the traces of a step, newest first, and after them those that were learnt from others."""
        name = step.node.name
        if name not in self._traces:
            self._traces[name] = tuple([_trace(row) for row in self.rows(step)])
        return self._traces[name]

    def last(self, step: Step) -> Literal["interrupted", "failed"] | None:
        """Return how a step ended when it last began, or None where that was a success or never."""
        mark = self._marks.get(self._homes.get(step.node.name, ""))
        if mark is None:
            return None
        return "interrupted" if mark.status == "started" else "failed"

    def unfinished(self, steps: Iterable[Step]) -> list[Step]:
        """Return the steps that an earlier run began and that have not succeeded since."""
        homes = self._store.unfinished()
        return [step for step in steps if self.home(step) in homes]

    def learn_from_others(self, step: Step) -> bool:
        """Look for traces beside the data of a step; return whether there were any."""
        rows = [
            row
            for save in step.saves
            if save.place == "stored"
            for row in self._shared.of(save.name, self._identifier.location(save.name))
        ]
        fitting = [_trace(row) for row in rows if row.home == self.home(step)]
        if fitting:
            self._traces[step.node.name] = (*self._traces.get(step.node.name, ()), *fitting)
        return bool(fitting)

    def mark(self, run_id: str, steps: Iterable[Step], status: Literal["started", "failed"]) -> None:
        """Record, durably, that steps begin or failed."""
        named = [(step.node.name, home) for step in steps if (home := self.home(step)) is not None]
        self._store.mark([(home, None, run_id, name, status) for name, home in named])
        for _, home in named:
            self._marks[home] = Mark(run_id, status)

    def unmark(self, step: Step) -> None:
        """Take back that a step began: it ended, although nothing was recorded of what it made."""
        self._store.unmark([self._homes[step.node.name]])

    def add(
        self, run_id: str, step: Step, identity: Identity, outputs: Mapping[str, Fingerprint | None]
    ) -> None:
        """Record what a step made of what, for whoever sees its data.

        Args:
            outputs: name → fingerprint of what is stored.
        """
        row = self._row(run_id, step, identity, outputs)
        self._store.add([row], self._new_texts(identity))
        for save in step.saves:
            if save.place == "stored":
                self._shared.add(save.name, self._identifier.location(save.name), row)

    def complete(self, trace: Trace, step: Step, identity: Identity) -> None:
        """Record a trace again with what it lacks, as it is now; for this project alone."""
        row = self._row(trace.run_id, step, identity, {})
        self._store.add([row._replace(outputs=dict(trace.outputs))], self._new_texts(identity))

    def newest(self, step: Step) -> tuple[int, int] | None:
        """Return the number of the newest trace that is known here, and of the newest one that is filed."""
        home = self.home(step)
        if home is None:
            return None
        return max((row.number for row in self.rows(step)), default=0), self._store.newest(home)

    def look_again(self, step: Step) -> None:
        """Read what is recorded of a step once more: another run has just finished with it."""
        home = self._homes[step.node.name]
        self._rows.update(self._store.of([home]) or {home: []})
        self._traces.pop(step.node.name, None)
        self._marks.pop(home, None)
        self._marks.update(self._store.begun([home]))

    def source(self, digest: str) -> str | None:
        """Return the source of a symbol as it was when a trace was recorded."""
        return self._store.source(digest)

    def _row(
        self, run_id: str, step: Step, identity: Identity, outputs: Mapping[str, Fingerprint | None]
    ) -> TraceRow:
        facts: dict[str, Any] = components_to_json(identity.components)
        inputs = facts.pop("inputs", {})
        tokens = {
            self._identifier.location(name): None if item is None else item.token
            for name, item in outputs.items()
        }
        home = self._homes[step.node.name]
        return TraceRow(home, step.node.name, None, run_id, time.time(), facts, inputs, tokens)

    def _new_texts(self, identity: Identity) -> dict[str, str]:
        """Return the source of a code that was not recorded in this run yet."""
        if identity.manifest.digest in self._told:
            return {}
        self._told.add(identity.manifest.digest)
        return self._identifier.texts(identity.manifest)


def _trace(row: TraceRow) -> Trace:
    components = components_from_json({**row.facts, "inputs": row.inputs})
    return Trace(components, row.outputs, row.node, row.run, row.time)
