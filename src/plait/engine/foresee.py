"""What a run would do, without running: the same decisions by the same judge, as far as they can be seen.

What a node that runs makes is not known yet, so whoever reads it *may* run: that is decided when it is
reached. Two passes over the plan, each linear: forwards for what changed, backwards for who needs a value
that stays in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plait.engine.allocation import collection_paused
from plait.engine.identify import data_arguments
from plait.engine.judge import Judge
from plait.engine.key_plan import KeyPlan
from plait.engine.plan import Action, Plan, Step
from plait.events import Reason
from plait.identity.decide import Decision, NodeFacts, decide_in_memory
from plait.pipeline import strip_transcoding

__all__ = ["Foreseen", "foresee"]

Needed = Literal["yes", "no", "maybe"]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What will become of one step.

    Attributes:
        keys: what to do with how many of its keys, where it is called once per key.
    """

    step: Step
    decision: Decision
    keys: KeyPlan | None = None

    @property
    def node(self) -> str:
        return self.step.node.name

    @property
    def action(self) -> Action:
        return self.decision.action

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.decision.reasons


def foresee(plan: Plan, judge: Judge | None) -> tuple[Foreseen, ...]:
    """Return what a run of ``plan`` would do with each step, in order.

    Args:
        judge: None where nothing is stored, so that there is nothing to decide.
    """
    if judge is None:
        return tuple([Foreseen(step, _undecided(step)) for step in plan.steps])
    view = _View(plan, judge)
    with collection_paused():
        for number in range(len(plan.steps)):
            view.decide(number)
        for number in reversed(range(len(plan.steps))):
            view.see_who_needs(number)
        return tuple(
            [
                Foreseen(step, view.decisions[number], view.keys.get(number))
                for number, step in enumerate(plan.steps)
            ]
        )


class _View:
    def __init__(self, plan: Plan, judge: Judge) -> None:
        self._plan = plan
        self._judge = judge
        self._makers = {name: number for number, step in enumerate(plan.steps) for name in step.node.writes}
        self._open: set[int] = set()
        self._closed: set[int] = set()
        self._needs: dict[str, tuple[Needed, str]] = {}
        self.decisions: dict[int, Decision] = {}
        self.keys: dict[int, KeyPlan] = {}

    def decide(self, number: int) -> None:
        """Decide a step as far as what comes before it tells."""
        step = self._plan.steps[number]
        blocked = self._blocked(step)
        if blocked:
            self._closed.add(number)
            self.decisions[number] = Decision("blocked", blocked)
            return
        pending = self._pending(step)
        if _memory_only(step):
            self._judge.defer(step)
            self.decisions[number] = decide_in_memory(NodeFacts(step.node.name), needed="no")
            if pending:
                self._open.add(number)
            return
        decision = self.decisions[number] = self._judge.decide(step, pending)
        if step.node.maps:
            self.keys[number] = self._judge.parts.plan(step)
        if decision.action != "skip":
            self._open.add(number)

    def see_who_needs(self, number: int) -> None:
        """Settle whether a value that a step leaves in memory is needed, and pass the need on."""
        step = self._plan.steps[number]
        decision = self.decisions[number]
        if decision.action == "skip":
            needed, by = self._needed(step)
            if _memory_only(step):
                decision = decide_in_memory(NodeFacts(step.node.name), needed=needed, by=by)
            elif needed == "yes":
                decision = Decision("run", (_need(by),), decision.notes, decision.adopted, decision.trace)
            self.decisions[number] = decision
        if decision.action in ("run", "maybe"):
            need: Needed = "yes" if decision.action == "run" else "maybe"
            for name in step.reads:
                if need == "yes" or name not in self._needs:
                    self._needs[name] = need, step.node.name

    def _blocked(self, step: Step) -> tuple[Reason, ...]:
        if step.action == "blocked":
            return step.reasons
        if not self._closed:
            return ()
        numbers = {self._makers[name]: None for name in step.node.reads if name in self._makers}
        names = [self._plan.steps[n].node.name for n in numbers if n in self._closed]
        return tuple([Reason("upstream", f"'{name}' cannot run", {"node": name}) for name in names])

    def _pending(self, step: Step) -> dict[str, str]:
        """Return argument → node of the inputs that will, or may, be made anew."""
        found: dict[str, str] = {}
        if not self._open:
            return found
        for argument, (_, load) in data_arguments(step).items():
            for name in (load.name, *step.node.through.get(load.name, ())):
                maker = self._makers.get(strip_transcoding(name))
                if maker is not None and maker in self._open:
                    found[argument] = self._plan.steps[maker].node.name
        return found

    def _needed(self, step: Step) -> tuple[Needed, str | None]:
        best: tuple[Needed, str | None] = ("no", None)
        for save in step.saves:
            if save.place != "memory":
                continue
            if save.name in self._plan.kept:
                return "yes", None
            found = self._needs.get(save.name)
            if found is not None and found[0] == "yes":
                return found
            best = found or best
        return best


def _undecided(step: Step) -> Decision:
    if step.action == "blocked":
        return Decision("blocked", step.reasons)
    return Decision("run", (Reason("always", "nothing that the pipeline makes is stored"),))


def _need(by: str | None) -> Reason:
    return Reason("needed", f"{by or 'the caller'} needs its result", {"by": by} if by else None)


def _memory_only(step: Step) -> bool:
    return bool(step.saves) and all(save.place == "memory" for save in step.saves)
