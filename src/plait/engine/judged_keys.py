"""Judging the keys of a step one after another.

Most keys of a large dataset are as they were: those are recognised by comparing plain values, and only the
others are judged and explained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from plait.engine.key_plan import KeyPlan
from plait.events import Reason
from plait.identity.components import Components, InputIdentity, Trace, components_from_json
from plait.identity.decide import Decision, NodeFacts, OutputState, decide
from plait.ledger.traces import TraceRow

__all__ = ["JudgedKeys"]

_REASONS = 8  # different reasons that are told of a node's keys


class JudgedKeys:
    """The keys of one step, judged one after another.

    Args:
        facts: what the decision about each key rests on.
        components: what the step is made of.
        recorded: the same as a trace has it, without inputs.
        locations: where the step writes.
        marks: key → how it ended when it last began, where that was no success.

    Attributes:
        run: the keys that run, in order.
        kept: how many are up to date.
        maybe: how many are up to date unless what comes before makes other data.
    """

    def __init__(
        self,
        facts: NodeFacts,
        components: Components,
        recorded: Mapping[str, Any],
        locations: Sequence[str],
        marks: Mapping[str, str],
    ) -> None:
        self._facts = facts
        self._components = components
        self._recorded = recorded
        self._locations = locations
        self._marks = marks
        self._same: dict[int, bool] = {}
        self._unrecorded: dict[object, Decision] = {}
        self._plain = not (
            facts.forced or facts.cache != "auto" or facts.pending or facts.unversioned or facts.needs_version
        )
        self.run: list[str] = []
        self.kept = 0
        self.maybe = 0
        self._first: dict[tuple[str, str], Reason] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def take(
        self,
        key: str,
        rows: Sequence[TraceRow],
        inputs: Mapping[str, Any],
        outputs: Mapping[str, str | None],
    ) -> None:
        """Judge one key by its traces, what its inputs are, and what lies there of its outputs."""
        if self._plain and key not in self._marks and self._is_as_recorded(rows, inputs, outputs):
            self.kept += 1
            return
        decision = (
            self._decide(key, rows, inputs, outputs) if rows else self._without_record(key, inputs, outputs)
        )
        if decision.action == "skip":
            self.kept += 1
            return
        if decision.action == "maybe":
            self.maybe += 1
        else:
            self.run.append(key)
        for reason in decision.reasons:
            told = reason.kind, reason.text
            self._counts[told] += 1
            self._first.setdefault(told, reason)

    def decision(self, plan: KeyPlan, total: int) -> Decision:
        """Return the decision about the step from those about its keys."""
        if plan.is_done and self.maybe:
            return Decision("maybe", self._told())
        counts = {**plan.to_json(), "keys": total}
        held = () if plan.held is None else (plan.held,)
        if plan.is_done:
            return Decision("skip", (*held, Reason("unchanged", _unchanged(total), counts)))
        summary = Reason("keys", f"{len(plan.run):,} of {total:,} keys", counts)
        return Decision("run", (summary, *self._told(), *plan.reasons(), *held))

    def _told(self) -> tuple[Reason, ...]:
        """Return the different reasons of keys, the most frequent first, each with its number of keys."""
        found = []
        for told, count in self._counts.most_common(_REASONS):
            first = self._first[told]
            text = f"{first.text} ({count:,} key{'' if count == 1 else 's'})"
            found.append(Reason(first.kind, text, {**(first.details or {}), "keys": count}))
        return tuple(found)

    def _is_as_recorded(
        self, rows: Sequence[TraceRow], inputs: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> bool:
        """Say whether a record says the very same; where none does, the key is judged."""
        return len(outputs) == len(self._locations) and any(
            row.inputs == inputs
            and row.outputs == outputs
            and None not in outputs.values()
            and self._has_same_facts(row.facts)
            for row in rows
        )

    def _has_same_facts(self, facts: Any) -> bool:
        known = self._same.get(id(facts))
        if known is None:
            known = self._same[id(facts)] = facts == self._recorded
        return known

    def _without_record(
        self, key: str, inputs: Mapping[str, Any], outputs: Mapping[str, str | None]
    ) -> Decision:
        """Decide a key like the others that nothing is recorded of: there is nothing to compare with."""
        unversioned = tuple([name for name, item in inputs.items() if item[1] is None])
        kind = self._marks.get(key), tuple(outputs), unversioned
        found = self._unrecorded.get(kind)
        if found is None:
            found = self._unrecorded[kind] = self._decide(key, (), inputs, outputs)
        return found

    def _decide(
        self, key: str, rows: Sequence[TraceRow], inputs: Mapping[str, Any], outputs: Mapping[str, str | None]
    ) -> Decision:
        mark = self._marks.get(key)
        last: Any = None if mark is None else "interrupted" if mark == "started" else "failed"
        unversioned = {name: item[0] for name, item in inputs.items() if item[1] is None}
        facts = replace(
            self._facts,
            last=last,
            unversioned={**self._facts.unversioned, **_unless(unversioned, self._facts)},
        )
        current = _with_inputs(self._components, inputs)
        states = {
            location: OutputState(location in outputs, outputs.get(location)) for location in self._locations
        }
        return decide(facts, current, [_trace(row) for row in rows], states)


def _unless(unversioned: Mapping[str, str], facts: NodeFacts) -> Mapping[str, str]:
    return {name: dataset for name, dataset in unversioned.items() if name not in facts.pending}


def _with_inputs(components: Components, inputs: Mapping[str, Any]) -> Components:
    return replace(components, inputs={name: InputIdentity(*item) for name, item in inputs.items()})


def _trace(row: TraceRow) -> Trace:
    components = components_from_json({**row.facts, "inputs": row.inputs})
    return Trace(components, row.outputs, row.node, row.run, row.time)


def _unchanged(total: int) -> str:
    if not total:
        return "it has no keys"
    return f"{total:,} key{'' if total == 1 else 's'} match what was recorded"
