"""Deciding steps as they are reached, and recording what makes the next decision right.

The judge knows the fingerprint of everything a step reads by the time it is reached, because all that
comes before it was decided, run or left for later. What it records is a trace: with these components these
outputs were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from plait.catalog import DataCatalog, FileDataset
from plait.engine.fingerprints import Fingerprints
from plait.engine.identify import Identifier, Identity, data_arguments
from plait.engine.intake import Intake, Intakes
from plait.engine.listings import list_remote
from plait.engine.part_judge import PartJudge
from plait.engine.plan import Plan, Step
from plait.engine.recognition import Recognition
from plait.engine.shared_traces import SharedTraces
from plait.engine.step_traces import StepTraces
from plait.events import Reason
from plait.identity.components import Trace
from plait.identity.datasets import lies_there
from plait.identity.decide import Decision, NodeFacts, OutputState, decide
from plait.ledger.traces import TraceStore
from plait.pipeline import New
from plait.values import Fingerprint, Strength

__all__ = ["Judge", "JudgeOptions"]

EnvPolicy = Literal["ignore", "warn", "reached", "lock"]


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """What the caller wants of the decisions.

    Attributes:
        fresh: names of nodes that run whatever is there; None stands for all of them.
        env_policy: what a change of a library means.
        allow_removals: whether keys that vanished may be retired however many they are.
        trash: where what is retired in this run goes; None removes it.
    """

    fresh: frozenset[str] | None = frozenset()
    env_policy: EnvPolicy = "warn"
    allow_removals: bool = False
    trash: Path | None = None


class Judge:
    """Decides the steps of one plan. Used by one thread.

    Attributes:
        parts: decides and records what is done key by key.
    """

    def __init__(
        self,
        plan: Plan,
        catalog: DataCatalog,
        identifier: Identifier,
        fingerprints: Fingerprints,
        store: TraceStore,
        options: JudgeOptions,
    ) -> None:
        self._steps = plan.steps
        self._catalog = catalog
        self._identifier = identifier
        self._fingerprints = fingerprints
        self._options = options
        self._made_by = {save.name: step for step in plan.steps for save in step.saves}
        self._files = {name: path for name in _stored_names(plan) if (path := catalog.plain_file(name))}
        self._shared = SharedTraces(catalog)
        self._traces = StepTraces(plan.steps, identifier, store, self._shared)
        unlisted = [
            (name, catalog.dataset(name))
            for name in _stored_names(plan)
            if name not in plan.listed and name not in self._files
        ]
        listed = {**plan.listed, **list_remote(unlisted)}
        fingerprints.take((catalog.dataset(name), found) for name, found in listed.items())
        self._data: dict[str, Fingerprint | None] = {}
        self._identities: dict[str, Identity] = {}
        self._found: dict[str, Fingerprint | None] = {}
        self._recognition = Recognition(identifier)
        self._intakes = Intakes(catalog, lambda name: self.parts.parts(name), self._fingerprint)
        self.parts = PartJudge(
            catalog,
            identifier,
            fingerprints,
            store,
            self._identify,
            self._traces.home,
            self._shared,
            allow_removals=options.allow_removals,
            trash=options.trash,
        )

    def decide(self, step: Step, pending: Mapping[str, str] | None = None) -> Decision:
        """Decide one step, all of whose inputs are settled but for those that ``pending`` names.

        Args:
            pending: argument → node that will, or may, make its data anew.
        """
        if step.node.maps:
            decision = self.parts.decide(step, self._key_facts(step, pending or {}))
            if decision.action == "skip":
                self._settle_parts(step)
            return self._with_notices(decision)
        if step.node.incremental:
            return self._decide_on_new(step, pending or {})
        outputs = self._outputs(step)
        recognised = None if pending else self._recognise(step, outputs)
        if recognised is not None:
            return self._with_notices(recognised)
        identity = self._identify(step)
        name = step.node.name
        unversioned = self._unversioned(identity, pending or {})
        facts = NodeFacts(
            name=name,
            cache=step.node.cache,
            forced=self._options.fresh is None or name in self._options.fresh,
            last=self._traces.last(step),
            protected=self._protected(step),
            unversioned=unversioned,
            fixes=self._fixes(unversioned),
            needs_version=identity.manifest.needs_version and step.node.version is None,
            pending=pending or {},
            env_policy=self._options.env_policy,
            symbols=identity.manifest.symbols,
            names=self._names(step),
        )
        decision = decide(facts, identity.components, self._previous(step, facts, outputs), outputs)
        if decision.action == "run" and not facts.forced and self._traces.learn_from_others(step):
            decision = decide(facts, identity.components, self._previous(step, facts, outputs), outputs)
        if decision.action == "skip":
            self._keep(step, decision)
        return self._with_notices(decision)

    def _recognise(self, step: Step, outputs: Mapping[str, OutputState]) -> Decision | None:
        """Return that a step is up to date where that is plain to see, and settle what it stores."""
        if step.node.cache != "auto" or self._is_forced(step) or self._traces.last(step) is not None:
            return None
        if len(outputs) < max(len(step.saves), 1):  # what stays in memory is known by what it is made from
            return None
        self._settle_inputs(step)
        tokens = {location: state.token for location, state in outputs.items()}
        found = self._recognition.decide(step, self._traces.rows(step), self._data, tokens)
        if found is not None:
            for save in step.saves:
                self._data[save.name] = self._found[save.name]
        return found

    def intake(self, step: Step) -> Intake:
        """Return what of its inputs a step is to take that takes only what is new."""
        return self._intakes.of(step, forced=self._is_forced(step), made_with=self._made_with(step))

    def _made_with(self, step: Step) -> dict[str, str]:
        """Return what identifies all that outputs hang on but what is taken of by ``new``."""
        identity = self._identify(step)
        parts = identity.components
        found = {"code": step.node.version or identity.manifest.digest}
        found |= {f"params:{name}": item.digest for name, item in (parts.params or {}).items()}
        for argument, (_, load) in data_arguments(step).items():
            token = (parts.inputs or {})[argument].token
            if token is not None and not isinstance(load.mode, New):
                found[load.name] = token
        return found

    def _decide_on_new(self, step: Step, pending: Mapping[str, str]) -> Decision:
        intake = self.intake(step)
        if intake.problem is not None:
            text = intake.problem.what
            return Decision("run", (Reason("no_progress", text, {"hint": intake.problem.hint}),))
        if intake.is_new:
            return Decision("run", intake.reasons)
        if pending:
            makers = dict.fromkeys(pending.values())
            told = [Reason("upstream", f"if {maker} makes new data") for maker in makers]
            return Decision("maybe", tuple(told))
        for save in step.saves:
            self._data[save.name] = self._fingerprint(save.name)
        return Decision("skip", intake.reasons)

    def _is_forced(self, step: Step) -> bool:
        return self._options.fresh is None or step.node.name in self._options.fresh

    def defer(self, step: Step) -> None:
        """Settle what a step leaves in memory without running it: it is known by what it is made from."""
        identity = self._identify(step)
        for place, save in enumerate(step.saves):
            if save.place == "memory":
                self._data[save.name] = identity.derived(place)

    def random_nodes(self) -> frozenset[str]:
        """Return the nodes whose code reaches a random generator."""
        return frozenset(
            step.node.name for step in self._steps if self._identifier.manifest(step).uses_randomness
        )

    def begin(self, run_id: str, steps: Iterable[Step]) -> None:
        """Record, durably, that steps with stored outputs begin."""
        self._traces.mark(run_id, steps, "started")

    def failed(self, run_id: str, step: Step) -> None:
        """Record that a step failed."""
        self._traces.mark(run_id, [step], "failed")

    def succeeded(self, run_id: str, step: Step, saved: Mapping[str, Fingerprint | None]) -> Reason | None:
        """Record that a step made its outputs; return why not, if an input changed meanwhile.

        Args:
            saved: name → fingerprint of the stored outputs, taken when they were saved.
        """
        identity = self.identity(step)
        saved = {**self.parts.made_whole(step), **saved}
        for place, save in enumerate(step.saves):
            if save.place == "stored":
                self._data[save.name] = saved.get(save.name)
            else:
                self._data[save.name] = identity.derived(place)
        if not _stored(step):
            return None
        changed = self._changed_input(step)
        if changed is not None:
            self._traces.unmark(step)
            return changed
        outputs = {save.name: saved.get(save.name) for save in step.saves if save.place == "stored"}
        self._traces.add(run_id, step, identity, outputs)
        return None

    def identity(self, step: Step) -> Identity:
        """Return the components of a step, as far as its inputs are settled."""
        return self._identities.get(step.node.name) or self._identify(step)

    def assume(self, step: Step) -> None:
        """Settle a step as if what lies there were what it makes now."""
        self.defer(step)
        for save in step.saves:
            if save.place == "stored":
                self._data[save.name] = self._fingerprint(save.name)

    def accept(self, run_id: str, step: Step) -> None:
        """Record what lies there as if the step had made it just now, for whoever sees it.

        Of a step that is called key by key, the keys of :meth:`acceptable_keys`.
        """
        if step.node.maps:
            self.parts.accept(run_id, step)
            return
        if step.node.incremental:
            self._intakes.accept(step, self._made_with(step))
            return
        outputs = {save.name: self._fingerprint(save.name) for save in step.saves if save.place == "stored"}
        self._traces.add(run_id, step, self._identify(step), outputs)

    def acceptable_keys(self, step: Step) -> tuple[str, ...]:
        """Return the keys of a step that is called key by key whose outputs all lie there."""
        return self.parts.complete_keys(step)

    def lacking(self, step: Step) -> list[str]:
        """Return the stored outputs of a step that are not there."""
        names = [save.name for save in step.saves if save.place == "stored"]
        return [name for name in names if not self._state(name).exists]

    def adopt(self, step: Step, decision: Decision) -> tuple[Reason, ...]:
        """Record what a fitting record lacks, such as what an older Plait did not know of; say so, once."""
        if step.node.maps:
            self.parts.keep_learned(step)
        trace = decision.trace
        if not decision.adopted or trace is None or step.node.maps:
            return ()
        self._traces.complete(trace, step, self.identity(step))
        names = ", ".join(decision.adopted)
        return (Reason("adopted", f"its record lacked {names}, which is now taken from what is there"),)

    def token(self, name: str) -> str | None:
        """Return what identifies data that is settled, or None."""
        found = self._data.get(name) or self.parts.known_whole(name)
        return None if found is None else found.token

    def foreign(self, step: Step) -> dict[str, tuple[str, ...] | None]:
        """Return the outputs where something lies that Plait did not save, or that was changed since.

        Those of a step that makes parts one by one come with the keys of such parts, others with None.
        """
        if step.node.maps:
            return dict(self.parts.foreign(step))
        if self._traces.last(step) == "interrupted":
            return {}  # what lies there may be of the run that was broken off
        by_key = self.parts.foreign_to_stream(step) if step.node.streams else {}
        known = [trace.outputs for trace in self._traces.of(step)]
        found: dict[str, tuple[str, ...] | None] = {}
        for save in step.saves:
            if save.place != "stored":
                continue
            if save.name in by_key:
                found |= {save.name: by_key[save.name]} if by_key[save.name] else {}
                continue
            location = self._identifier.location(save.name)
            token = self._state(save.name).token
            if token is not None and all(outputs.get(location) != token for outputs in known):
                found[save.name] = None
        return found

    def is_overtaken(self, step: Step) -> bool:
        """Say whether another run has recorded a step since it was decided here."""
        newest = self._traces.newest(step)
        if newest is None:
            return False
        known, filed = newest
        return filed > max(known, self.parts.newest(step))

    def look_again(self, step: Step) -> None:
        """Forget what was known of a step's outputs: another run has just finished with them."""
        self._traces.look_again(step)
        self.parts.forget(step)

    def finish_parts(self, step: Step) -> Reason | None:
        """Settle a step whose keys are done; return why their records were dropped, if an input changed."""
        changed = self.parts.finish(step, self._changed_input(step))
        self._settle_parts(step)
        return changed

    def completed(self, step: Step) -> frozenset[str]:
        """Return the keys that a generator has committed for the code and inputs it has now."""
        return self.parts.completed(step, self._key_facts(step, {}))

    def finish_stream(self, step: Step, yielded: Iterable[str]) -> Reason | None:
        """Retire what a complete generator no longer yields; return why not, where that is held back."""
        return self.parts.finish_stream(step, yielded, self._key_facts(step, {}))

    def locations(self, step: Step) -> list[str]:
        """Return where a step writes."""
        return self._traces.locations(step)

    def unfinished(self) -> list[str]:
        """Return where steps write that were begun by an earlier run and have not succeeded since."""
        return [place for step in self._traces.unfinished(self._steps) for place in self.locations(step)]

    def source(self, digest: str) -> str | None:
        """Return the source of a symbol as it was when a trace was recorded."""
        return self._traces.source(digest)

    def text(self, step: Step, digest: str) -> str | None:
        """Return the present source of a symbol that a step's code reaches."""
        return self._identifier.texts(self._identify(step).manifest).get(digest)

    def close(self) -> None:
        """Write what was learnt of files, and what others shall know."""
        self._shared.settle()
        self._fingerprints.flush()

    def notices(self) -> tuple[Reason, ...]:
        """Return what could not be read or written beside shared data since this was last asked."""
        return self._shared.notices()

    # --- Inside

    def _with_notices(self, decision: Decision) -> Decision:
        notices = self._shared.notices()
        return replace(decision, reasons=(*decision.reasons, *notices)) if notices else decision

    def _key_facts(self, step: Step, pending: Mapping[str, str]) -> NodeFacts:
        """Return what all keys of a step have in common."""
        name = step.node.name
        identity = self._identify(step)
        mapped = {argument for argument, (_, load) in data_arguments(step).items() if load.mode is not None}
        unversioned = self._unversioned(identity, pending)
        return NodeFacts(
            name=name,
            cache=step.node.cache,
            forced=self._options.fresh is None or name in self._options.fresh,
            protected=self._protected(step),
            unversioned={key: item for key, item in unversioned.items() if key not in mapped},
            fixes=self._fixes(unversioned),
            needs_version=identity.manifest.needs_version and step.node.version is None,
            pending=pending,
            env_policy=self._options.env_policy,
            symbols=identity.manifest.symbols,
            names=self._names(step),
        )

    def _settle_parts(self, step: Step) -> None:
        for save in step.saves:
            self._data[save.name] = self.parts.whole(save.name)

    def _identify(self, step: Step) -> Identity:
        self._settle_inputs(step)
        identity = self._identifier.identify(step, self._data)
        self._identities[step.node.name] = identity
        return identity

    def _settle_inputs(self, step: Step) -> None:
        """Look at the inputs that no step makes, each once."""
        for load in step.loads:
            if load.name in self._data or load.name in self._made_by:
                continue
            if load.place == "stored" and load.mode is None and not self._waits(step, load.name):
                self._data[load.name] = self._fingerprint(load.name)

    def _waits(self, step: Step, name: str) -> bool:
        """Say whether an input refers to something that a step makes and that is not settled yet."""
        through = step.node.through.get(name, ())
        return any(each in self._made_by and each not in self._data for each in through)

    def _fingerprint(self, name: str) -> Fingerprint | None:
        entry = self._catalog.entry(name)
        strength = cast("Strength | None", entry.fingerprint if entry is not None else None)
        path = self._files.get(name)
        if path is not None:
            return self._fingerprints.of_file(path, strength)
        return self._fingerprints.of(self._catalog.dataset(name), strength)

    def _unversioned(self, identity: Identity, pending: Mapping[str, str]) -> dict[str, str]:
        inputs = identity.components.inputs or {}
        return {
            argument: item.dataset
            for argument, item in inputs.items()
            if item.token is None and argument not in pending
        }

    def _fixes(self, unversioned: Mapping[str, str]) -> dict[str, str]:
        """Return dataset → what would make it tell whether its data changed, where it says so."""
        advice = {
            name: getattr(self._catalog.dataset(name), "fingerprint_advice", None)
            for name in unversioned.values()
        }
        return {name: text for name, text in advice.items() if text}

    def _protected(self, step: Step) -> bool:
        """Whether every stored output is saved whole or not at all."""
        datasets = [self._catalog.dataset(save.name) for save in step.saves if save.place == "stored"]
        return all(
            isinstance(dataset, FileDataset) or getattr(dataset, "atomic", False) for dataset in datasets
        )

    def _outputs(self, step: Step) -> dict[str, OutputState]:
        return {
            self._identifier.location(save.name): self._state(save.name)
            for save in step.saves
            if save.place == "stored"
        }

    def _names(self, step: Step) -> dict[str, str]:
        """Return what the outputs are called, by location and by place in the function's result."""
        stored = [(place, save.name) for place, save in enumerate(step.saves) if save.place == "stored"]
        return {key: name for place, name in stored for key in (str(place), self._identifier.location(name))}

    def _state(self, name: str) -> OutputState:
        with self._catalog.errors_named(name):
            fingerprint = self._found[name] = self._fingerprint(name)
            if fingerprint is not None:
                return OutputState(True, fingerprint.token)
            return OutputState(lies_there(self._catalog.dataset(name)), None)

    def _previous(
        self, step: Step, facts: NodeFacts, outputs: Mapping[str, OutputState]
    ) -> tuple[Trace, ...]:
        traces = self._traces.of(step)
        if facts.last is not None and any(state.exists and state.token is None for state in outputs.values()):
            # What cannot be identified may be half of something since that run was broken off.
            return ()
        return traces

    def _keep(self, step: Step, decision: Decision) -> None:
        recorded = decision.trace.outputs if decision.trace is not None else {}
        identity = self._identities[step.node.name]
        for place, save in enumerate(step.saves):
            if save.place == "memory":
                self._data[save.name] = identity.derived(place)
            else:
                token = recorded.get(self._identifier.location(save.name))
                self._data[save.name] = self._found.get(save.name) or (
                    Fingerprint(token, "token") if token else None
                )

    def _changed_input(self, step: Step) -> Reason | None:
        for load in step.loads:
            if load.place == "stored" and load.mode is None and load.name not in self._made_by:
                now = self._fingerprint(load.name)
                if now != self._data[load.name]:
                    self._data[load.name] = now
                    return Reason(
                        "input_changed",
                        f"'{load.name}' changed while '{step.node.name}' ran; it will run again",
                        {"dataset": load.name},
                    )
        return None


def _stored_names(plan: Plan) -> list[str]:
    """Return the stored datasets that a plan reads or writes, each once."""
    loads = [load.name for step in plan.steps for load in step.loads if load.place == "stored"]
    saves = [save.name for step in plan.steps for save in step.saves if save.place == "stored"]
    return list(dict.fromkeys([*loads, *saves]))


def _stored(step: Step) -> bool:
    return any(save.place == "stored" for save in step.saves)
