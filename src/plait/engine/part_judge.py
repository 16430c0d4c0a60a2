"""Deciding a node key by key, and recording each key as it is done.

The decision about a key is the one about a node, with the fingerprints of its parts as inputs and outputs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from plait.catalog import DataCatalog
from plait.catalog.stores import tree_fingerprint
from plait.engine.fingerprints import Fingerprints
from plait.engine.identify import Identifier, Identity, data_arguments
from plait.engine.judged_keys import JudgedKeys
from plait.engine.key_plan import KeyPlan, changed_reason, held_reason
from plait.engine.keys import Joined, RunKeys, is_partitioned
from plait.engine.parts import Part
from plait.engine.plan import Step
from plait.engine.shared_keys import SharedKeys, together
from plait.engine.shared_traces import SharedTraces
from plait.events import Reason
from plait.identity.components import (
    components_to_json,
)
from plait.identity.decide import Decision, NodeFacts
from plait.ledger.traces import TraceRow, TraceStore
from plait.pipeline import Each
from plait.values import Fingerprint, Strength

__all__ = ["PartJudge"]

_TENTH = 10


@dataclass(slots=True)
class _Known:
    """What is known of a step whose keys are decided or run."""

    step: Step
    identity: Identity
    facts: dict[str, Any]
    shared: dict[str, Any]
    plan: KeyPlan
    tokens: dict[str, Mapping[str, Fingerprint]]
    newest: int = 0
    told: bool = False
    run: str = ""
    recorded: list[str] = field(default_factory=list)
    learned: Mapping[str, Sequence[TraceRow]] = field(default_factory=dict)


class PartJudge:
    """Decides and records the keys of steps. Used by one thread.

    Args:
        identify: takes what the keys of a step have in common.
        home: says where the traces of a step are filed.
        shared: the traces beside data that others see too.
        allow_removals: whether keys may be retired however many they are.
        trash: where what is retired goes.
    """

    def __init__(
        self,
        catalog: DataCatalog,
        identifier: Identifier,
        fingerprints: Fingerprints,
        store: TraceStore,
        identify: Callable[[Step], Identity],
        home: Callable[[Step], str | None],
        shared: SharedTraces,
        *,
        allow_removals: bool = False,
        trash: Path | None = None,
    ) -> None:
        self._catalog = catalog
        self._identifier = identifier
        self._fingerprints = fingerprints
        self._store = store
        self._identify = identify
        self._home = home
        self._shared = SharedKeys(shared, identifier.location)
        self._allow_removals = allow_removals
        self._trash = trash
        self._parts: dict[str, dict[str, Fingerprint]] = {}
        self._made: set[str] = set()
        self._known: dict[str, _Known] = {}
        self.keys = RunKeys(catalog)

    # --- Deciding

    def decide(self, step: Step, facts: NodeFacts) -> Decision:
        """Decide a step that is mapped over keys; :meth:`plan` then says what to do with each."""
        known = self._look(step)
        joined = self.keys.of(step, self.parts)
        rows = self._rows(step)
        known.newest = max((row.number for found in rows.values() for row in found), default=0)
        judged = self._judged(known, facts, joined.keys, rows)
        if judged.run and not facts.forced:
            judged = self._judged_with_others(known, facts, joined.keys, rows, judged)
        retire, held = self._vanished(step, joined, rows, facts)
        known.plan = KeyPlan(
            tuple(judged.run), judged.kept, joined.unmatched, joined.blocked, retire, held, judged.maybe
        )
        if known.plan.is_done and not judged.maybe:
            self._settle(step)
        return judged.decision(known.plan, len(joined.keys))

    def plan(self, step: Step) -> KeyPlan:
        """Return what was decided about the keys of a step."""
        return self._known[step.node.name].plan

    def newest(self, step: Step) -> int:
        """Return the number of the last trace of a key that was known when the step was decided, or 0."""
        known = self._known.get(step.node.name)
        return 0 if known is None else known.newest

    def completed(self, step: Step, facts: NodeFacts) -> frozenset[str]:
        """Return the keys that a generator has committed for the code and inputs it has now."""
        if facts.forced or not self._has_only_parts(step):
            return frozenset()
        known = self._look(step)
        own = self._rows(step)
        rows = together(own, self._from_others(known, own))
        judged = self._judged(known, replace(facts, cache="auto", last=None), rows, rows)
        return frozenset(rows).difference(judged.run)

    def parts(self, name: str) -> Mapping[str, Fingerprint]:
        """Return what identifies each part of a dataset, looked at once in a run unless it is made in it."""
        if name not in self._parts:
            self._parts[name] = self._fingerprints.parts(self._catalog.dataset(name), self._strength(name))
        return self._parts[name]

    def foreign(self, step: Step) -> dict[str, tuple[str, ...]]:
        """Return output → keys that will run although something lies there that Plait did not save."""
        known, marks = self._known[step.node.name], self._marks(step)
        # Under a key that was broken off there may be what that run saved, and had no time to record.
        return self._foreign(known, [key for key in known.plan.run if marks.get(key) != "started"])

    def foreign_to_stream(self, step: Step) -> dict[str, tuple[str, ...]]:
        """Return partitioned output → keys of what lies there that Plait did not save."""
        names = [save.name for save in step.saves if save.place == "stored"]
        there = {key for name in names if self._is_partitioned(name) for key in self.parts(name)}
        found = self._foreign(self._look(step), sorted(there)) if self._has_only_parts(step) else {}
        return {name: found.get(name, ()) for name in names if self._is_partitioned(name)}

    def _foreign(self, known: _Known, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
        there = {key: found for key in keys if (found := self._outputs_of(known, key))}
        if not there:
            return {}
        rows: Mapping[str, Sequence[TraceRow]] = self._rows(known.step)
        if any(not _made_in(rows.get(key, ()), found) for key, found in there.items()):
            rows = together(rows, self._from_others(known, rows))
        names = {self._identifier.location(save.name): save.name for save in known.step.saves}
        foreign: dict[str, list[str]] = {}
        for key, found in there.items():
            for location, token in found.items():
                if not _made_in(rows.get(key, ()), {location: token}):
                    foreign.setdefault(names[location], []).append(key)
        return {name: tuple(found) for name, found in foreign.items()}

    def forget(self, step: Step) -> None:
        """Forget what was known of a step's outputs: another run has just finished with them."""
        for save in step.saves:
            self._parts.pop(save.name, None)

    def whole(self, name: str) -> Fingerprint | None:
        """Return what identifies all parts of a dataset together."""
        return tree_fingerprint(self.parts(name))

    def made_whole(self, step: Step) -> dict[str, Fingerprint | None]:
        """Return what identifies the partitioned outputs of a step that was called once."""
        names = [
            save.name for save in step.saves if save.place == "stored" and self._is_partitioned(save.name)
        ]
        if not step.node.streams:
            self.forget(step)
        return {name: self.whole(name) for name in names}

    # --- Recording

    def begin(self, run_id: str, step: Step, keys: Iterable[str]) -> None:
        """Record, durably, that keys begin."""
        home = self._home(step)
        if home is not None:
            self._store.mark([(home, key, run_id, step.node.name, "started") for key in keys])

    def done(self, run_id: str, step: Step, parts: Sequence[Part]) -> list[Reason]:
        """Record, durably, what became of keys; return why some were not recorded."""
        home = self._home(step)
        if home is None:
            return []
        known = self._known.get(step.node.name) or self._look(step)
        good = [part for part in parts if part.error is None]
        changed = self._changed(known, good)
        rows = [self._row(run_id, known, home, part) for part in good if part.key not in changed]
        for part in good:
            for name, fingerprint in part.saved:
                if fingerprint is not None:
                    self._outputs(name)[part.key] = fingerprint
        failed = [part.key for part in parts if part.error is not None]
        if rows:
            self._store.add(rows, {} if known.told else self._identifier.texts(known.identity.manifest))
            known.told, known.run = True, run_id
            known.recorded += [row.part or "" for row in rows]
            self._shared.add(step, rows)
        if failed:
            self._store.mark([(home, key, run_id, step.node.name, "failed") for key in failed])
        return [changed_reason(step, changed)] if changed else []

    def finish(self, step: Step, changed: Reason | None = None) -> Reason | None:
        """Settle the outputs of a step whose keys are done, and retire those that vanished.

        Args:
            changed: an input that all keys share changed meanwhile, so none of them may be recorded.

        Returns:
            Why keys were not recorded after all.
        """
        known = self._known[step.node.name]
        if changed is not None:
            self._take_back(known, known.recorded)
        else:
            changed = self._changed_behind_url(known)
        self.keep_learned(step)
        self.retire(step, known.plan.retire)
        self._settle(step)
        self._shared.settle(step)
        return changed

    def known_whole(self, name: str) -> Fingerprint | None:
        """Return what identifies a partitioned dataset, if its parts were asked for."""
        return self.whole(name) if name in self._parts else None

    def all_keys(self, step: Step) -> tuple[str, ...]:
        """Return the keys that a step's inputs have."""
        return self.keys.of(step, self.parts).keys

    def complete_keys(self, step: Step) -> tuple[str, ...]:
        """Return the keys of a step whose parts lie in all outputs."""
        names = [save.name for save in step.saves if save.place == "stored"]
        return tuple([key for key in self.all_keys(step) if all(key in self.parts(name) for name in names)])

    def accept(self, run_id: str, step: Step) -> None:
        """Record the keys whose outputs lie there as if they had just been made."""
        home = self._home(step)
        if home is None:
            return
        known = self._look(step)
        names = [save.name for save in step.saves if save.place == "stored"]
        rows = []
        for key in self.complete_keys(step):
            saved = tuple([(name, self.parts(name)[key]) for name in names])
            rows.append(self._row(run_id, known, home, Part(step.node.name, key, 1, 0.0, 0.0, saved=saved)))
        self._store.add(rows, self._identifier.texts(known.identity.manifest))
        self._shared.add(step, rows)
        self._shared.settle(step)

    def keep_learned(self, step: Step) -> None:
        """Record what others have recorded of keys that are up to date because of it."""
        known = self._known.get(step.node.name)
        if known is None or not known.learned:
            return
        fitting = [
            row
            for key, rows in known.learned.items()
            if (row := self._of_what_lies_there(known, key, rows)) is not None
        ]
        known.learned = {}
        if fitting:
            self._store.add(fitting)

    def finish_stream(self, step: Step, yielded: Iterable[str], facts: NodeFacts) -> Reason | None:
        """Retire what a generator no longer yields when it has ended; return why not, if held back."""
        if not self._has_only_parts(step):
            return None
        joined = Joined(tuple(sorted(yielded)))
        retire, held = self._vanished(step, joined, self._rows(step), facts)
        self.retire(step, retire)
        self._settle(step)
        self._shared.settle(step)
        return held

    def retire(self, step: Step, keys: Sequence[str]) -> None:
        """Move the parts of keys that vanished to the trash, and forget their records."""
        home = self._home(step)
        if not keys or home is None:
            return
        for save in step.saves:
            dataset: Any = self._catalog.dataset(save.name)
            there = [key for key in keys if key in self.parts(save.name)]
            with self._catalog.errors_named(save.name, "retire parts"):
                dataset.retire(there, self._trash)
            for key in there:
                del self._outputs(save.name)[key]
        self._store.forget_parts(home, keys)

    # --- What others have recorded

    def _judged_with_others(
        self,
        known: _Known,
        facts: NodeFacts,
        keys: Iterable[str],
        rows: Mapping[str, Sequence[TraceRow]],
        before: JudgedKeys,
    ) -> JudgedKeys:
        """Judge again with the records beside the data, if there are any."""
        others = self._from_others(known, rows)
        if not others:
            return before
        judged = self._judged(known, facts, keys, together(rows, others))
        learned = set(before.run).difference(judged.run)
        known.learned = {key: others[key] for key in learned if key in others}
        return judged

    def _from_others(self, known: _Known, own: Mapping[str, Sequence[TraceRow]]) -> dict[str, list[TraceRow]]:
        """Return key → records beside the data, and put there what is known here only."""
        home = self._home(known.step)
        if home is None:
            return {}
        fitting = (self._of_what_lies_there(known, key, rows) for key, rows in own.items())
        return self._shared.exchange(known.step, home, (row for row in fitting if row is not None))

    def _of_what_lies_there(self, known: _Known, key: str, rows: Sequence[TraceRow]) -> TraceRow | None:
        there = self._outputs_of(known, key)
        return next((row for row in rows if there and row.outputs == there), None)

    def _take_back(self, known: _Known, keys: Sequence[str]) -> None:
        """Drop what was recorded of keys in this run."""
        home = self._home(known.step)
        if home is None or not keys:
            return
        self._store.forget_parts(home, keys)
        self._shared.withdraw(known.step, home, known.run, keys)

    # --- Inside

    def _judged(
        self,
        known: _Known,
        facts: NodeFacts,
        keys: Iterable[str],
        rows: Mapping[str, Sequence[TraceRow]],
    ) -> JudgedKeys:
        step = known.step
        judged = JudgedKeys(
            facts, known.identity.components, known.facts, self._locations(step), self._marks(step)
        )
        for key in keys:
            judged.take(key, rows.get(key, ()), self._inputs_of(known, key), self._outputs_of(known, key))
        return judged

    def _look(self, step: Step) -> _Known:
        identity = self._identify(step)
        facts: dict[str, Any] = components_to_json(identity.components)
        shared = facts.pop("inputs", {})
        tokens = {
            argument: self.parts(load.name)
            for argument, (_, load) in data_arguments(step).items()
            if isinstance(load.mode, Each)
        }
        known = self._known[step.node.name] = _Known(step, identity, facts, shared, KeyPlan(), tokens)
        return known

    def _inputs_of(self, known: _Known, key: str) -> dict[str, Any]:
        """Return what the inputs of a key are, as they are recorded."""
        if not known.tokens:
            return known.shared
        found = dict(known.shared)
        for argument, tokens in known.tokens.items():
            token, strength = tokens.get(key) or (None, None)
            dataset, _, _, binding = found[argument]
            found[argument] = [dataset, token, strength, binding]
        return found

    def _outputs_of(self, known: _Known, key: str) -> dict[str, str | None]:
        """Return location → token of the parts of a key that lie there."""
        return {
            self._identifier.location(save.name): found.token
            for save in known.step.saves
            if (found := self.parts(save.name).get(key)) is not None
        }

    def _locations(self, step: Step) -> list[str]:
        """Return where a step writes."""
        return [self._identifier.location(save.name) for save in step.saves if save.place == "stored"]

    def _rows(self, step: Step) -> dict[str, list[TraceRow]]:
        home = self._home(step)
        return {} if home is None else self._store.parts_of(home)

    def _marks(self, step: Step) -> Mapping[str, str]:
        """Return key → how it ended when it last began, where that was no success."""
        home = self._home(step)
        return (
            {} if home is None else {key: item.status for key, item in self._store.parts_begun(home).items()}
        )

    def _row(self, run_id: str, known: _Known, home: str, part: Part) -> TraceRow:
        outputs = {
            self._identifier.location(name): None if item is None else item.token for name, item in part.saved
        }
        inputs = self._inputs_of(known, part.key)
        return TraceRow(
            home, known.step.node.name, part.key, run_id, time.time(), known.facts, inputs, outputs
        )

    def _changed(self, known: _Known, parts: Sequence[Part]) -> dict[str, str]:
        """Return key → dataset for parts of the inputs that changed while the keys ran."""
        found: dict[str, str] = {}
        keys = [part.key for part in parts]
        for load in known.step.loads:
            if not isinstance(load.mode, Each) or load.name in self._made or not keys:
                continue
            if self._is_behind_url(load.name):
                continue  # a listing for each group of keys would cost more than the keys
            before = self.parts(load.name)
            now = self._fingerprints.parts(self._catalog.dataset(load.name), self._strength(load.name), keys)
            found |= {key: load.name for key in keys if now.get(key) != before.get(key)}
        return found

    def _changed_behind_url(self, known: _Known) -> Reason | None:
        """Look once more at inputs that are looked at by listing; take back keys whose part changed."""
        found: dict[str, str] = {}
        for load in known.step.loads:
            if not isinstance(load.mode, Each) or load.name in self._made or not known.recorded:
                continue
            if self._is_behind_url(load.name):
                before = self.parts(load.name)
                now = self._fingerprints.parts(self._catalog.dataset(load.name), self._strength(load.name))
                found |= {key: load.name for key in known.recorded if now.get(key) != before.get(key)}
        self._take_back(known, list(found))
        return changed_reason(known.step, found) if found else None

    def _is_behind_url(self, name: str) -> bool:
        return self._fingerprints.is_listed(self._catalog.dataset(name))

    def _vanished(
        self, step: Step, joined: Joined, rows: Mapping[str, Sequence[TraceRow]], facts: NodeFacts
    ) -> tuple[tuple[str, ...], Reason | None]:
        """Return the keys to retire, or why none is."""
        if step.keys is not None or facts.pending:
            return (), None
        here = {*joined.keys, *joined.blocked, *(key for gap in joined.unmatched.values() for key in gap)}
        known = self._known.get(step.node.name) or self._look(step)
        gone = [key for key in sorted(rows.keys() - here) if self._is_ours(known, key, rows[key])]
        if not gone or self._allow_removals:
            return tuple(gone), None
        if not here or len(gone) * _TENTH > len(rows):
            return (), held_reason(step, len(gone), len(rows))
        return tuple(gone), None

    def _is_ours(self, known: _Known, key: str, rows: Sequence[TraceRow]) -> bool:
        """Say whether what lies under a key is what Plait saved there."""
        there = self._outputs_of(known, key)
        return bool(there) and _made_in(rows, there)

    def _settle(self, step: Step) -> None:
        self._made.update(save.name for save in step.saves)

    def _outputs(self, name: str) -> dict[str, Fingerprint]:
        self.parts(name)
        return self._parts[name]

    def _has_only_parts(self, step: Step) -> bool:
        return all(save.place == "stored" and self._is_partitioned(save.name) for save in step.saves)

    def _is_partitioned(self, name: str) -> bool:
        return is_partitioned(self._catalog.dataset(name))

    def _strength(self, name: str) -> Strength | None:
        entry = self._catalog.entry(name)
        return None if entry is None else cast("Strength | None", entry.fingerprint)


def _made_in(rows: Iterable[TraceRow], found: Mapping[str, str | None]) -> bool:
    """Say whether all that was found, location → token, was made according to one of the records."""
    return any(all(row.outputs.get(place) == token for place, token in found.items()) for row in rows)
