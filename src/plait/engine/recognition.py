"""Recognising a step that is as a record says, by comparing plain values.

Most steps of a run are. Only for those that differ is it worth while to take their components apart and to
say what is different; here a step either is found to be the very same, or nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from plait.engine.identify import Identifier
from plait.engine.plan import Step
from plait.events import Reason
from plait.identity.components import Components, InputIdentity, Trace, components_from_json
from plait.identity.decide import Decision, unchanged
from plait.ledger.traces import TraceRow
from plait.values import Fingerprint

__all__ = ["Recognition"]


class Recognition:
    """Recognises steps. What steps and records share is compared once, and told once."""

    def __init__(self, identifier: Identifier) -> None:
        self._identifier = identifier
        self._same: dict[tuple[int, int], bool] = {}
        self._components: dict[int, Components] = {}
        self._reasons: dict[tuple[str, int, int, int], Reason] = {}

    def decide(
        self,
        step: Step,
        rows: Sequence[TraceRow],
        data: Mapping[str, Fingerprint | None],
        outputs: Mapping[str, str | None],
    ) -> Decision | None:
        """Return that a step is up to date, or None for one that has to be judged.

        Args:
            rows: its traces, newest first; what they share is one object.
            data: name → fingerprint of its inputs.
            outputs: location → what identifies that which lies there.
        """
        facts = self._identifier.recorded(step) if rows and None not in outputs.values() else None
        if facts is None:
            return None
        inputs = self._identifier.given(step, data)
        for row in rows:
            if row.outputs == outputs and _same_data(row.inputs, inputs) and self._is_same(row.facts, facts):
                return Decision("skip", (self._reason(row),), trace=self._trace(row))
        return None

    def _is_same(self, recorded: Any, facts: Mapping[str, Any]) -> bool:
        pair = id(recorded), id(facts)
        known = self._same.get(pair)
        if known is None:
            known = self._same[pair] = recorded == facts
        return known

    def _reason(self, row: TraceRow) -> Reason:
        kind = row.run, id(row.facts), len(row.inputs), len(row.outputs)
        known = self._reasons.get(kind)
        if known is None:
            given = {argument: InputIdentity(*item) for argument, item in row.inputs.items()}
            trace = self._trace(row)
            whole = replace(trace, components=replace(trace.components, inputs=given))
            known = self._reasons[kind] = unchanged(whole)
        return known

    def _trace(self, row: TraceRow) -> Trace:
        """Return the trace of a row without its inputs: they are those of now."""
        shared = self._components.get(id(row.facts))
        if shared is None:
            shared = self._components[id(row.facts)] = components_from_json(row.facts)
        return Trace(shared, row.outputs, row.node, row.run, row.time)


def _same_data(recorded: Mapping[str, Sequence[Any]], given: Mapping[str, tuple[Any, ...]]) -> bool:
    """Say whether the same arguments got the same data in the same way, whatever it was called."""
    if recorded.keys() != given.keys():
        return False
    return all(
        item[0] is not None and item == tuple(recorded[argument][1:]) for argument, item in given.items()
    )
