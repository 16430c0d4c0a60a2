"""Values that stay in memory: which step makes one, who may still need it, and who waits for it."""

from __future__ import annotations

from plait.engine.plan import Plan

__all__ = ["MemoryNeeds"]


class MemoryNeeds:
    """Who makes what in memory, who still may need it, and who waits for it."""

    def __init__(self, plan: Plan) -> None:
        makers = {
            save.name: number
            for number, step in enumerate(plan.steps)
            for save in step.saves
            if save.place == "memory"
        }
        self._producers = [
            tuple({makers[name] for name in step.reads if name in makers}) for step in plan.steps
        ]
        self._only = [
            bool(step.saves) and all(save.place == "memory" for save in step.saves) for step in plan.steps
        ]
        self._may_need = [0] * len(plan.steps)
        for producers in self._producers:
            for producer in producers:
                self._may_need[producer] += 1
        self._waiters: dict[int, list[int]] = {}
        self._missing: dict[int, int] = {}
        self._left: dict[int, None] = {}

    def only(self, number: int) -> bool:
        """Whether a step leaves everything in memory."""
        return self._only[number]

    def leave(self, number: int) -> None:
        """Note that a step is known without having run."""
        if self._only[number]:
            self._left[number] = None

    def producers(self, number: int) -> tuple[int, ...]:
        """Return the steps whose values in memory a step reads."""
        return self._producers[number]

    def needs(self, number: int, performed: set[int]) -> list[int]:
        """Return the producers that have to run before a step, which waits for them from now on."""
        missing = [producer for producer in self._producers[number] if producer not in performed]
        for producer in missing:
            self._waiters.setdefault(producer, []).append(number)
            self._left.pop(producer, None)
        self._missing[number] = len(missing)
        self._left.pop(number, None)
        return missing

    def made(self, number: int) -> list[int]:
        """Count a producer off; return who need not wait any longer."""
        ready = []
        for waiter in self._waiters.pop(number, ()):
            self._missing[waiter] -= 1
            if not self._missing[waiter]:
                ready.append(waiter)
        return ready

    def done_with(self, number: int) -> list[int]:
        """Count a consumer off; return the producers it may have been the last for."""
        for producer in self._producers[number]:
            self._may_need[producer] -= 1
        return [producer for producer in self._producers[number] if producer in self._left]

    def nobody_waits(self, number: int) -> bool:
        return number in self._left and not self._may_need[number]

    def give_up(self, number: int) -> None:
        self._left.pop(number, None)

    def unwanted(self) -> list[int]:
        return sorted(self._left)
