"""What a run of a project would do: the plan, its decisions, and what it takes to explain them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from plait.engine.fingerprints import LedgerMemo
from plait.engine.foresee import Foreseen, foresee
from plait.engine.judging import open_judge
from plait.errors import UsageError, did_you_mean
from plait.identity.explain import explain
from plait.identity.fingerprints import bytes_to_read
from plait.pipeline import is_parameter, strip_transcoding
from plait.project.running import Prepared, RunRequest, above, prepared, stale_above

if TYPE_CHECKING:
    from plait.catalog import Entry
    from plait.engine.judge import Judge
    from plait.ledger import Ledger
    from plait.project.project import Project

__all__ = ["Asked", "Expected", "Foresight", "Overwriting", "expected_document", "open_foresight"]

Overwriting = Literal["replace", "append", "merge"]


@dataclass(frozen=True)
class Asked:
    """What a question names: a node; or a dataset, with the node that makes it if there is one.

    Attributes:
        step: the node, or the one that makes the dataset; None for an input that no node makes.
        exists: whether the dataset is there; None where a node was named or it lives in memory.
        readers: the nodes that read the dataset.
    """

    step: Foreseen | None
    dataset: str | None = None
    exists: bool | None = None
    readers: tuple[str, ...] = ()


class Expected(NamedTuple):
    """How many seconds a run takes.

    Attributes:
        least: what the nodes take that surely run.
        most: what they take with those that may run; None where one of these never ran.
    """

    least: float
    most: float | None


@dataclass
class Foresight:
    """What a run would do with each node of a request."""

    project: Project
    request: RunRequest
    prepared: Prepared
    judge: Judge | None
    ledger: Ledger

    @cached_property
    def steps(self) -> tuple[Foreseen, ...]:
        """The nodes in order, each with its decision."""
        return foresee(self.prepared.plan, self.judge)

    @cached_property
    def stale_upstream(self) -> tuple[str, ...]:
        """The nodes that the selection leaves out although it builds on them and they would run again."""
        return stale_above(self.project.parts(), self.request, self.prepared)

    def step(self, node: str) -> Foreseen:
        """Return what becomes of one node. Raises UsageError for one that is not there."""
        for step in self.steps:
            if step.node == node:
                return step
        names = [step.node for step in self.steps]
        raise UsageError(
            f"There is no node '{node}'", hint=did_you_mean(node, names) or "see plait pipeline show"
        )

    def asked(self, name: str) -> Asked:
        """Return what a name stands for: a node first, else a dataset. Raises UsageError for neither."""
        plan, catalog = self.prepared.plan, self.prepared.catalog
        base = strip_transcoding(name)
        made_by = [step.node.name for step in plan.steps if base in step.node.writes]
        readers = tuple(step.node.name for step in plan.steps if base in step.node.reads)
        if is_parameter(base) or name in {step.node for step in self.steps} or not (made_by or readers):
            return Asked(self.step(name))
        exists = None if catalog.is_memory(base) else catalog.exists(base)
        return Asked(self.step(made_by[0]) if made_by else None, base, exists, readers)

    def explain(self, step: Foreseen) -> str:
        """Return why a node runs or not, as a person reads it."""
        if self.judge is None:
            return explain(step.node, step.decision)
        keys = None if step.keys is None else step.keys.to_json()
        identity = self.judge.identity(step.step)
        return explain(
            step.node,
            step.decision,
            manifest=identity.manifest,
            current=identity.components,
            source=lambda digest: self.source(step, digest),
            keys=keys,
        )

    def source(self, step: Foreseen, digest: str | None) -> str | None:
        """Return the source of a symbol that a step reaches, or reached when it was recorded."""
        if digest is None or self.judge is None:
            return None
        return self.judge.source(digest) or self.judge.text(step.step, digest)

    def bytes_to_hash(self) -> int:
        """Return how much of the data nobody has looked at yet has to be read to decide."""
        memo = LedgerMemo(self.ledger.database, self.project.root)
        places = (self.prepared.catalog.dataset(name) for name in sorted(self.stored()))
        local = (getattr(dataset, "local_place", lambda: None)() for dataset in places)
        return sum(bytes_to_read(path, memo) for path in local if path is not None and path.exists())

    def overwritten(self) -> dict[Overwriting, list[str]]:
        """Return what a run does to which outputs although Plait did not make what lies there."""
        names = [
            str((reason.details or {}).get("dataset"))
            for step in self.steps
            if step.action == "run"
            for reason in step.reasons
            if reason.kind in ("unrecorded", "output_modified")
        ]
        found: dict[Overwriting, list[str]] = {}
        for name in names:
            found.setdefault(_overwriting(self.prepared.catalog.entry(name)), []).append(name)
        return found

    @cached_property
    def usual_seconds(self) -> Mapping[str, float]:
        """How long the nodes took when they last ran."""
        return self.ledger.usual_seconds([step.node for step in self.steps])

    def expected_seconds(self) -> Expected | None:
        """Return how long a run takes by what its nodes took before, or None where that is not known."""
        least, maybe = self._usual("run"), self._usual("maybe")
        if least is None or (least == 0 and not maybe):
            return None
        return Expected(least, None if maybe is None else least + maybe)

    def _usual(self, action: str) -> float | None:
        """Return what all nodes of an action took, or None where one of them never ran."""
        nodes = [step.node for step in self.steps if step.action == action]
        known = [self.usual_seconds[node] for node in nodes if node in self.usual_seconds]
        return sum(known) if len(known) == len(nodes) else None

    def stored(self) -> set[str]:
        """Return the names of the stored data that the nodes read and write."""
        plan = self.prepared.plan
        loads = {load.name for step in plan.steps for load in step.loads if load.place == "stored"}
        return loads | {save.name for step in plan.steps for save in step.saves if save.place == "stored"}

    def stored_upstream(self) -> set[str]:
        """Return the names of the stored data of what the selection builds on and leaves out."""
        left = above(self.project.parts(), self.request, self.prepared)
        catalog = self.prepared.catalog
        names = {strip_transcoding(name) for name in (left.datasets() if left else ())}
        return {name for name in names if not is_parameter(name) and not catalog.is_memory(name)}


def expected_document(expected: Expected | None) -> dict[str, float | None]:
    """Return how long a run takes as plain values."""
    least, most = expected or (None, None)
    return {"expected_seconds": least, "expected_seconds_at_most": most}


def _overwriting(entry: Entry | None) -> Overwriting:
    """Return what a save does with the rows that are there, as Plait's entries and those of Kedro say it."""
    given = {} if entry is None else {**(entry.arguments.get("save_args") or {}), **entry.arguments}
    modes = {given.get("mode"), given.get("if_exists")}
    if "upsert" in modes or ("append" in modes and given.get("key")):
        return "merge"
    return "append" if "append" in modes else "replace"


@contextmanager
def open_foresight(project: Project, request: RunRequest) -> Iterator[Foresight]:
    """Open what decides a request; what was learnt of files meanwhile is kept."""
    found = prepared(project, project.parts(), request)
    with found.catalog.connections.in_use():
        judge = open_judge(found.plan, found.catalog, found.options, project.ledger)
        try:
            yield Foresight(project, request, found, judge, project.ledger)
        finally:
            if judge is not None:
                judge.close()
