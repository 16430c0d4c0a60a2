"""What a run must not lose: data that Plait did not make, and values in memory when a node fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.catalog import DataCatalog
from plait.catalog.locations import redact
from plait.catalog.protocols import Replaces
from plait.engine.key_plan import listed
from plait.engine.memory import Elsewhere, RunMemory
from plait.engine.plan import Step
from plait.engine.spill import Spill
from plait.engine.trash import Trash
from plait.errors import DatasetError
from plait.events import Reason

if TYPE_CHECKING:
    from plait.engine.judge import Judge

__all__ = ["Keeping"]


class Keeping:
    """Keeps what one run replaces, and what a failed one had made.

    Args:
        state: the state folder.
        trash: where what is replaced is kept.
        spill_limit: bytes that values of failed runs may take there.
    """

    def __init__(
        self,
        state: Path,
        root: Path,
        run_id: str,
        catalog: DataCatalog,
        memory: RunMemory,
        judge: Judge,
        trash: Trash,
        spill_limit: int,
    ) -> None:
        self._root = root
        self._run_id = run_id
        self._catalog = catalog
        self._memory = memory
        self._judge = judge
        self._trash = trash
        self._spill = Spill(state / "spill", limit=spill_limit)
        self._trash.empty_old()

    def before(self, step: Step) -> list[Reason]:
        """Keep what lies where a step will save, if Plait did not make it; say so.

        Raises:
            DatasetError: it cannot be kept, and must not be lost.
        """
        kept = []
        for name, keys in self._judge.foreign(step).items():
            place = self._kept(name, keys)
            if place is not None:
                kept.append(_told(name, keys, _below(place, self._root)))
        return kept

    def _kept(self, name: str, keys: Sequence[str] | None) -> Path | None:
        """Return where what lies there is kept, or None where nothing is, or can be, replaced."""
        dataset: Any = self._catalog.dataset(name)
        if not isinstance(dataset, Replaces):
            return None
        trash = self._trash.place
        try:
            return dataset.keep_replaced(trash) if keys is None else dataset.keep_replaced(trash, keys)  # type: ignore[call-arg]
        except Exception as error:  # of the system, a store, or a class of the user's
            raise DatasetError(
                f"'{name}' is not replaced: Plait did not make what lies there, and cannot keep a copy of it",
                where=_below(trash, self._root),
                why=redact(f"{type(error).__name__}: {error}"),
                hint="make room, or move what lies there out of the way",
            ) from error

    def broken(self, step: Step, note: Callable[[Reason], None]) -> None:
        """Keep what a step that failed, or cannot start, would have read from memory; note what cannot be."""
        for name in step.reads:
            token = self._judge.token(name)
            if token is None or name not in self._memory:
                continue
            keep = partial(self._keep, name, token, note)
            value = self._memory.peek(name)
            if isinstance(value, Elsewhere):
                value.ask(keep, partial(_not_kept, name, note))
            else:
                keep(value)

    def _keep(self, name: str, token: str, note: Callable[[Reason], None], value: Any) -> None:
        problem = self._spill.keep(self._run_id, name, token, value)
        if problem is not None:
            _not_kept(name, note, problem)

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


def _told(name: str, keys: Sequence[str] | None, place: str) -> Reason:
    if keys is None:
        text = f"'{name}' will be replaced, but Plait did not make what lies there"
    else:
        parts = f"{len(keys):,} parts" if len(keys) > 1 else "1 part"
        text = f"{parts} of '{name}' will be replaced, but Plait did not make what lies at {listed(keys)}"
    return Reason("kept", f"{text}: kept in {place} for seven days", {"dataset": name, "place": place})


def _not_kept(name: str, note: Callable[[Reason], None], why: str) -> None:
    text = f"'{name}' is not kept for the next run, which makes it again: {why}"
    note(Reason("not_kept", text, {"dataset": name}))


def _below(place: Path, root: Path) -> str:
    absolute = place.resolve()
    return (
        str(absolute.relative_to(root.resolve())) if absolute.is_relative_to(root.resolve()) else str(place)
    )
