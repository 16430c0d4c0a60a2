"""What a run must not lose: data that Plait did not make, and values in memory when a node fails."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from plait.catalog import DataCatalog
from plait.engine.memory import Elsewhere, RunMemory
from plait.engine.plan import Step
from plait.engine.spill import Spill
from plait.engine.trash import Trash
from plait.errors import WorkerError
from plait.events import Reason

if TYPE_CHECKING:
    from plait.engine.judge import Judge

__all__ = ["Keeping"]


class Keeping:
    """Keeps what one run replaces, and what a failed one had made.

    Args:
        state: the state folder.
    """

    def __init__(
        self, state: Path, root: Path, run_id: str, catalog: DataCatalog, memory: RunMemory, judge: Judge
    ) -> None:
        self._root = root
        self._run_id = run_id
        self._catalog = catalog
        self._memory = memory
        self._judge = judge
        self._trash = Trash(state / "trash", root, run_id)
        self._spill = Spill(state / "spill")
        self._trash.empty_old()

    def before(self, step: Step) -> list[Reason]:
        """Keep what lies where a step will save, if Plait did not make it; say so."""
        kept = []
        for name in self._judge.foreign(step):
            place = self._trash.keep(self._catalog.dataset(name))
            if place is not None:
                shown = _below(place, self._root)
                text = (
                    f"'{name}' will be replaced, but Plait did not make what lies there: "
                    f"kept in {shown} for seven days"
                )
                kept.append(Reason("kept", text, {"dataset": name, "place": shown}))
        return kept

    def broken(self, step: Step) -> None:
        """Keep what a step that failed, or cannot start, would have read from memory."""
        for name in step.reads:
            token = self._judge.token(name)
            if token is None or name not in self._memory:
                continue
            value = self._memory.peek(name)
            # What lies with a worker, or died with it, cannot be had; the next run makes it again.
            with suppress(WorkerError, OSError):
                value = value.fetch() if isinstance(value, Elsewhere) else value
                self._spill.keep(self._run_id, name, token, value)

    def restore(self, step: Step) -> bool:
        """Bring back what a step leaves in memory, if all of it was kept when an earlier run failed."""
        names = [save.name for save in step.saves]
        tokens = {name: self._judge.token(name) for name in names}
        if not all(token is not None and self._spill.has(token) for token in tokens.values()):
            return False
        try:
            values = {name: self._spill.get(token) for name, token in tokens.items() if token is not None}
        except KeyError:
            return False
        for name, value in values.items():
            self._memory.put(name, value)
        return True

    def finish(self, status: str) -> None:
        """Forget what earlier runs kept once a run did all it should."""
        if status == "done":
            self._spill.clear()


def _below(place: Path, root: Path) -> str:
    absolute = place.resolve()
    return (
        str(absolute.relative_to(root.resolve())) if absolute.is_relative_to(root.resolve()) else str(place)
    )
