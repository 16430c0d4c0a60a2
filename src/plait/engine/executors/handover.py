"""Where the values of a run lie while worker processes make and use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plait.engine.executors.site import Site
from plait.engine.memory import Elsewhere
from plait.engine.parcels import Parcel, pack, unpack
from plait.engine.plan import Plan, Step
from plait.engine.workers import Worker
from plait.engine.workers.messages import Drop, Fetch, Fetched
from plait.engine.workers.values import cannot_leave
from plait.errors import PlaitError, WorkerError

__all__ = ["Handover", "Held", "Shared"]


class Shared(Elsewhere):
    """A packed value that any process can open."""

    def __init__(self, parcel: Parcel, paths: set[str]) -> None:
        self.parcel = parcel
        self._paths = paths
        if parcel.path is not None:
            paths.add(parcel.path)

    def fetch(self) -> Any:
        return unpack(self.parcel)

    def ask(self, receive: Callable[[Any], None], refused: Callable[[str], None]) -> None:  # noqa: ARG002
        receive(self.fetch())

    def free(self) -> None:
        self.parcel.remove()
        self._paths.discard(self.parcel.path or "")


class Held(Elsewhere):
    """A value that stayed with the worker that made it, for the one node that reads it."""

    def __init__(self, name: str, worker: Worker, run: str, asked: dict[str, Held]) -> None:
        self.name = name
        self.worker = worker
        self.run = run
        self.lost: str | None = None
        self._asked = asked
        self._receive: Callable[[Any], None] = _nobody
        self._refused: Callable[[str], None] = _nobody

    def fetch(self) -> Any:
        raise WorkerError(f"'{self.name}' lies with a worker process")

    def ask(self, receive: Callable[[Any], None], refused: Callable[[str], None]) -> None:
        if self.lost is not None:
            refused(f"it was lost with its worker process after {self.lost}")
            return
        self._receive, self._refused = receive, refused
        self._asked[self.name] = self
        # What is sent later, to drop it, finds that it has left.
        self.worker.send(Fetch(self.run, self.name))

    def answer(self, message: Fetched) -> None:
        """Give the value to whoever asked for it."""
        if message.parcel is None:
            self._refused(message.problem)
            return
        try:
            self._receive(unpack(message.parcel))
        finally:
            message.parcel.remove()

    def lose(self, cause: str) -> None:
        """Note that the value is gone, and tell whoever asked for it."""
        self.lost = cause
        if self._asked.pop(self.name, None) is not None:
            self._refused(f"it was lost with its worker process after {cause}")

    def free(self) -> None:
        if self.lost is None:
            self.worker.send(Drop(self.run, self.name))


class Handover:
    """Knows for every value in memory where it lies, and decides where what is made shall lie.

    Attributes:
        paths: the files of packed values that are still needed.
        stuck: names of values that cannot be pickled and so cannot leave their worker.
        asked: values on their way from a worker to somebody outside the plan.
    """

    def __init__(self, site: Site, folders: Sequence[Path], prefix: str) -> None:
        self._memory = site.memory
        self._folders = folders
        self._prefix = prefix
        self._followers = _followers(site.plan)
        self._held: set[Held] = set()
        self.asked: dict[str, Held] = {}
        self.paths: set[str] = set()
        self.stuck: set[str] = set()

    def destinations(
        self, step: Step, is_bound: Callable[[Step], bool]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Return which outputs to pack at once, and which stay with the worker."""
        wanted = [
            save.name for save in step.saves if save.place == "memory" and self._memory.readers(save.name)
        ]
        keep = {name for name in wanted if self._stays(name, is_bound)}
        return frozenset(wanted) - keep, frozenset(keep)

    def _stays(self, name: str, is_bound: Callable[[Step], bool]) -> bool:
        """Whether the one reader follows at once; one that may be tried again needs its input elsewhere."""
        reader = self._followers.get(name)
        return (
            reader is not None
            and self._memory.readers(name) == 1
            and not reader.node.retries
            and not reader.node.maps  # its keys run wherever there is room
            and not is_bound(reader)
        )

    def made(self, step: Step, packed: Mapping[str, Parcel], worker: Worker, run: str) -> None:
        """Note where the outputs of a step lie."""
        for save in step.saves:
            if save.place != "memory" or not self._memory.readers(save.name):
                continue
            if save.name in packed:
                self._memory.place(save.name, Shared(packed[save.name], self.paths))
            else:
                held = Held(save.name, worker, run, self.asked)
                self._held.add(held)
                self._memory.place(save.name, held)

    def arrived(self, name: str, parcel: Parcel) -> None:
        """Note that a value has left its worker."""
        held = self._memory.peek(name)
        self._memory.place(name, Shared(parcel, self.paths))
        if isinstance(held, Held):
            self._held.discard(held)
            held.free()

    def given(self, step: Step) -> dict[str, Parcel]:
        """Return the inputs of a step that do not lie with workers. Raises DatasetError."""
        found: dict[str, Parcel] = {}
        for name in step.reads:
            value = self._memory.peek(name)
            if isinstance(value, Shared):
                found[name] = value.parcel
            elif not isinstance(value, Held):
                found[name] = self._packed(name, value, step)
        return found

    def _packed(self, name: str, value: Any, step: Step) -> Parcel:
        """Pack a value that lies in this process, once for all that read it."""
        try:
            parcel = pack(value, self._folders, self._prefix)
        except Exception as error:
            raise cannot_leave(name, step.node.name, error) from error
        self._memory.place(name, Shared(parcel, self.paths))
        return parcel

    def owners(self, step: Step) -> list[tuple[str, Worker]]:
        """Return the inputs of a step that lie with workers."""
        values = [(name, self._memory.peek(name)) for name in step.reads]
        return [(name, value.worker) for name, value in values if isinstance(value, Held)]

    def lose(self, worker: Worker, cause: str) -> None:
        """Note that what lay with a worker is gone."""
        for held in list(self._held):
            if held.worker is worker:
                held.lose(cause)
                self._held.discard(held)

    def lost(self, step: Step) -> PlaitError | None:
        """Return the error for a step whose input is gone."""
        for name in step.reads:
            value = self._memory.peek(name)
            if isinstance(value, Held) and value.lost is not None:
                return WorkerError(
                    f"'{name}' was lost with the worker process that held it",
                    where=f"node '{step.node.name}'",
                    why=f"Its process was gone after {value.lost}",
                    hint="plait run computes it again; in the catalog it would be kept",
                )
        return None

    def cannot_meet(self, step: Step, message: Fetched) -> PlaitError:
        """Return the error for a step whose inputs lie in different processes and cannot leave them."""
        return cannot_leave(message.name, step.node.name, message.problem)


def _nobody(_: Any) -> None:
    """Nobody has asked."""


def _followers(plan: Plan) -> dict[str, Step]:
    """Return for each value the step that reads it, where that one can run as soon as the value is there."""
    producers = {name: step for step in plan.steps for name in step.node.writes}
    found: dict[str, Step] = {}
    for step in plan.steps:
        sources = {id(producers[name]) for name in step.node.reads if name in producers}
        if len(sources) == 1:
            found |= dict.fromkeys(step.reads, step)
    return found
