"""Whether a node runs, and why: a function of values that reads nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from plait.events import Reason
from plait.identity.compare import Comparison, EnvPolicy, compare
from plait.identity.components import SCHEMAS, Components, Trace
from plait.identity.manifest import SymbolDigest

__all__ = ["Action", "Decision", "NodeFacts", "OutputState", "decide", "decide_in_memory", "unchanged"]

Action = Literal["run", "skip", "maybe", "blocked"]


@dataclass(frozen=True, slots=True)
class OutputState:
    """What lies where an output belongs.

    Attributes:
        token: what identifies it; None where its store cannot tell.
    """

    exists: bool
    token: str | None = None


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What is known of a node beside what its result depends on.

    Attributes:
        cache: the node's policy.
        forced: it was asked to run whatever is there.
        last: how it ended when it last began, where that was no success.
        protected: whether all its outputs are saved whole or not at all, so that an interrupted run cannot
            have left half of one.
        missing: names of inputs that do not exist and that nothing will make.
        unversioned: argument → dataset of inputs whose store cannot tell what they are.
        fixes: dataset → what would make it tell, where it knows itself.
        needs_version: whether the code has parts that nothing identifies, and the node no ``version=``.
        pending: argument → node that will, or may, make the input anew before.
        needed: whether someone who runs needs what it leaves in memory.
        effect: whether a node without outputs declares a marker and so runs once.
        symbols: its code manifest, for the places of changes.
        names: location of an output → name of the dataset, for messages.
    """

    name: str
    cache: Literal["auto", "off", "keep"] = "auto"
    forced: bool = False
    last: Literal["interrupted", "failed"] | None = None
    protected: bool = True
    missing: tuple[str, ...] = ()
    unversioned: Mapping[str, str] = field(default_factory=dict)
    fixes: Mapping[str, str] = field(default_factory=dict)
    needs_version: bool = False
    pending: Mapping[str, str] = field(default_factory=dict)
    needed: bool = False
    effect: bool = False
    env_policy: EnvPolicy = "warn"
    symbols: Mapping[str, SymbolDigest] | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def called(self, location: str) -> str:
        """Return the name of the dataset at an output location."""
        return self.names.get(location, location)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a node.

    Attributes:
        reasons: why; a skip has one too.
        notes: differences that do not count under the policy.
        adopted: components that the record lacked; they should be recorded with it.
        trace: the record that a skip rests on, or that the reasons compare with.
    """

    action: Action
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    adopted: tuple[str, ...] = ()
    trace: Trace | None = None


def decide(
    facts: NodeFacts,
    current: Components,
    previous: Sequence[Trace],
    outputs: Mapping[str, OutputState],
) -> Decision:
    """Decide whether what lies in the catalog is still what the node would make.

    Args:
        previous: the traces of the node's output locations, newest first.
        outputs: location → what lies there now, for each stored output.
    """
    if facts.missing:
        return Decision("blocked", tuple(_input_missing(name) for name in facts.missing))
    settled = _without_looking(facts, outputs)
    if settled is not None:
        return settled
    judged = [_judge(facts, current, trace, outputs) for trace in previous]
    blockers = [*_unprotected(facts), *_unversioned(facts), *_needed(facts)]
    fitting = next((one for one in judged if one.fits), None)
    if fitting is not None and not blockers:
        return _fits(facts, fitting)
    closest = _closest(judged)
    reasons = _once([*_why(facts, closest, outputs), *blockers])
    if closest is None:
        return Decision("run", reasons)
    return Decision("run", reasons, closest.comparison.notes, closest.comparison.adopted, closest.trace)


def decide_in_memory(
    facts: NodeFacts,
    *,
    needed: Literal["yes", "no", "maybe"],
    by: str | None = None,
) -> Decision:
    """Decide on a node that leaves everything in memory: it runs exactly when someone needs a value of it.

    Args:
        by: the node, or ``the caller``, that needs it.
    """
    if facts.missing and needed != "no":
        return Decision("blocked", tuple(_input_missing(name) for name in facts.missing))
    details = {"by": by} if by else None
    if needed == "yes":
        return Decision("run", (Reason("needed", f"{by or 'the caller'} needs its result", details),))
    if needed == "maybe":
        return Decision("maybe", (Reason("needed", f"if {by or 'a later node'} runs", details),))
    return Decision("skip", (Reason("not_needed", "nothing that runs needs its result"),))


@dataclass(frozen=True, slots=True)
class _Judged:
    """A trace, what differs from it, and what became of its outputs."""

    trace: Trace
    comparison: Comparison
    modified: tuple[str, ...]
    unknown: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return not (self.comparison.reasons or self.modified or self.unknown or self.absent)


def _judge(
    facts: NodeFacts, current: Components, trace: Trace, outputs: Mapping[str, OutputState]
) -> _Judged:
    found = compare(
        current,
        trace.components,
        symbols=facts.symbols,
        names=facts.names,
        env_policy=facts.env_policy,
    )
    there = {name: state for name, state in outputs.items() if state.exists}
    modified, unknown = [], []
    for name, state in there.items():
        if name not in trace.outputs:
            unknown.append(name)
        elif _comparable(trace) and trace.outputs[name] not in (None, state.token):
            modified.append(name)
    absent = tuple(name for name in outputs if name not in there)
    return _Judged(trace, found, tuple(modified), tuple(unknown), absent)


def _comparable(trace: Trace) -> bool:
    return trace.components.schemas.get("outputs", SCHEMAS["outputs"]) == SCHEMAS["outputs"]


def _without_looking(facts: NodeFacts, outputs: Mapping[str, OutputState]) -> Decision | None:
    """Decide what no comparison could change."""
    if facts.forced:
        return Decision("run", (Reason("forced", "it was asked for"),))
    if facts.cache == "off":
        return Decision("run", (Reason("always", "cache='off'"),))
    if not outputs and not facts.effect:
        return Decision("run", (Reason("always", "a node without outputs runs whenever it is selected"),))
    if facts.cache == "keep" and not facts.needed:
        absent = [name for name, state in outputs.items() if not state.exists]
        if absent:
            return Decision("run", tuple(_output_missing(facts.called(name)) for name in absent))
        return Decision("skip", (Reason("kept", "cache='keep', and its outputs exist"),))
    return None


def _fits(facts: NodeFacts, judged: _Judged) -> Decision:
    found = judged.comparison
    if facts.pending:
        reasons = tuple(
            Reason("upstream", f"if {node} makes other data", {"argument": argument, "node": node})
            for argument, node in facts.pending.items()
        )
        return Decision("maybe", reasons, found.notes, found.adopted, judged.trace)
    return Decision("skip", (unchanged(judged.trace),), found.notes, found.adopted, judged.trace)


def unchanged(trace: Trace) -> Reason:
    """Return the reason of a skip that rests on a trace."""
    parts = trace.components
    counts = {
        "symbols": len(parts.code or ()),
        "parameters": len(parts.params or ()),
        "inputs": len(parts.inputs or ()),
        "outputs": len(trace.outputs),
    }
    told = ", ".join(_count(number, what) for what, number in counts.items() if number)
    run = f" match run {trace.run_id}" if trace.run_id else " match"
    return Reason("unchanged", (told or "everything") + run, {"run": trace.run_id, **counts})


def _count(number: int, what: str) -> str:
    return f"{number} {what if number != 1 else what.removesuffix('s')}"


def _why(facts: NodeFacts, closest: _Judged | None, outputs: Mapping[str, OutputState]) -> list[Reason]:
    last = _last(facts)
    if closest is None:
        unknown = [_unrecorded(facts.called(name)) for name, state in outputs.items() if state.exists]
        return [*last, *unknown] or [Reason("never_ran", "it has not run yet")]
    if closest.fits:
        return []
    return [
        *last,
        *closest.comparison.reasons,
        *[_output_missing(facts.called(name)) for name in closest.absent],
        *[_unrecorded(facts.called(name)) for name in closest.unknown],
        # What a broken run left is no one else's doing.
        *([] if facts.last else [_output_modified(facts.called(name)) for name in closest.modified]),
    ]


def _closest(judged: Sequence[_Judged]) -> _Judged | None:
    """Choose what to explain against: the record of what lies there, else the newest."""
    return next((one for one in judged if not one.modified), judged[0] if judged else None)


def _once(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple({(reason.kind, reason.text): reason for reason in reasons}.values())


def _unprotected(facts: NodeFacts) -> list[Reason]:
    return _last(facts) if facts.last == "interrupted" and not facts.protected else []


def _last(facts: NodeFacts) -> list[Reason]:
    if facts.last == "interrupted":
        return [Reason("interrupted", "its last run was broken off")]
    if facts.last == "failed":
        return [Reason("failed_last", "it failed when it last ran")]
    return []


def _unversioned(facts: NodeFacts) -> list[Reason]:
    unclear = Reason(
        "unversioned",
        "nothing tells whether its code changed",
        {"fix": "say version='…' on the node, and change it with the code"},
    )
    return [unclear] * facts.needs_version + [
        Reason(
            "unversioned",
            f"nothing tells whether the data of '{dataset}' changed",
            {
                "argument": argument,
                "dataset": dataset,
                "fix": facts.fixes.get(dataset, "give it a fingerprint, or set cache='keep'"),
            },
        )
        for argument, dataset in facts.unversioned.items()
    ]


def _needed(facts: NodeFacts) -> list[Reason]:
    return [Reason("needed", "a node that runs needs what it leaves in memory")] if facts.needed else []


def _input_missing(name: str) -> Reason:
    return Reason("input_missing", f"'{name}' does not exist", {"dataset": name})


def _output_missing(name: str) -> Reason:
    return Reason("output_missing", f"'{name}' does not exist", {"dataset": name})


def _output_modified(name: str) -> Reason:
    return Reason("output_modified", f"'{name}' was changed since Plait saved it", {"dataset": name})


def _unrecorded(name: str) -> Reason:
    details: dict[str, Any] = {"dataset": name}
    return Reason("unrecorded", f"'{name}' was there before Plait knew of it", details)
