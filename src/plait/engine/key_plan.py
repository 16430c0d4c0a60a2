"""What is to be done with the keys of a step, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plait.engine.plan import Step
from plait.events import Reason

__all__ = ["KeyPlan", "changed_reason", "held_reason", "listed"]


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """What to do with the keys of a step.

    Attributes:
        run: keys to call the node for, in order.
        skip: how many are up to date.
        maybe: how many are up to date unless what comes before makes other data.
        unmatched: dataset → keys it lacks although it should have them.
        blocked: keys whose input failed earlier in the run.
        retire: keys of the outputs that vanished from the inputs.
        held: why keys that vanished are not retired.
    """

    run: tuple[str, ...] = ()
    skip: int = 0
    unmatched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()
    retire: tuple[str, ...] = ()
    held: Reason | None = None
    maybe: int = 0

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do, and nothing wrong."""
        return not (self.run or self.unmatched or self.blocked or self.retire)

    def reasons(self) -> tuple[Reason, ...]:
        """Return what is to be told beside why keys run."""
        return tuple(_of_plan(self))

    def to_json(self) -> dict[str, int]:
        """Return how many keys there are of each kind, for events and ``--json``."""
        return {
            "run": len(self.run),
            "skip": self.skip,
            "maybe": self.maybe,
            "blocked": len(self.blocked),
            "unmatched": sum(map(len, self.unmatched.values())),
            "retire": len(self.retire),
        }


def listed(keys: Sequence[str], limit: int = 5) -> str:
    """Return a few keys for a message, and how many more there are."""
    shown = ", ".join(f"'{key}'" for key in keys[:limit])
    more = len(keys) - limit
    return f"{shown} and {more:,} more" if more > 0 else shown


def held_reason(step: Step, gone: int, total: int) -> Reason:
    """Say that so many keys vanished that none is retired."""
    name = step.saves[0].name
    text = (
        f"{gone:,} of {total:,} keys vanished from the inputs; "
        f"what '{name}' holds of them stays until --allow-removals"
    )
    return Reason("removals_held", text, {"keys": gone, "of": total, "dataset": name})


def changed_reason(step: Step, changed: Mapping[str, str]) -> Reason:
    """Say that parts of the inputs, key → dataset, changed while the keys ran."""
    key, dataset = next(iter(changed.items()))
    rest = f" and {len(changed) - 1:,} more" if len(changed) > 1 else ""
    text = f"'{dataset}' changed at '{key}'{rest} while '{step.node.name}' ran; it will run again"
    return Reason("input_changed", text, {"dataset": dataset, "keys": len(changed)})


def _of_plan(plan: KeyPlan) -> list[Reason]:
    found: list[Reason] = []
    for name, gap in plan.unmatched.items():
        found.append(
            Reason("unmatched", f"'{name}' lacks {listed(gap)}", {"dataset": name, "keys": len(gap)})
        )
    if plan.blocked:
        text = f"{listed(plan.blocked)} failed before"
        found.append(Reason("upstream", text, {"keys": len(plan.blocked)}))
    if plan.retire:
        text = f"{listed(plan.retire)} vanished from its inputs and will be retired"
        found.append(Reason("retired", text, {"keys": len(plan.retire)}))
    return found
