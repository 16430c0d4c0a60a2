"""One node call: load, call, unpack, save. It runs wherever the executor puts it."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from plait.engine.capture import Capture
from plait.engine.data import RunData
from plait.engine.failure import user_traceback
from plait.engine.intake import with_marks
from plait.engine.keys import is_partitioned
from plait.engine.leftovers import scratch_name
from plait.engine.measures import is_metrics, numbers_in, shape_of, size_of
from plait.engine.parts import KeyedCalls, Part, Report
from plait.engine.plan import Load, Save, Step
from plait.engine.seeds import node_seed, numpy_generator, seeded_globals
from plait.engine.streams import nothing_to_save, save_stream
from plait.errors import UsageError
from plait.events import DatasetLoaded, DatasetSaved, Event
from plait.identity.fingerprints import MemoryMemo, fingerprint_of
from plait.pipeline import Node
from plait.values import Completed, Fingerprint, PartitionKey, RunContext, SaveContext, calling

if sys.platform != "win32":
    import resource

__all__ = ["Interceptors", "Outcome", "Performer", "RunFacts", "Task", "peak_memory"]


class Interceptors(Protocol):
    """Kedro's data-carrying hooks, called where the data is."""

    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> dict[str, Any]: ...
    def after_node_run(self, node: Node, inputs: dict[str, Any], outputs: dict[str, Any]) -> None: ...
    def on_node_error(self, error: Exception, node: Node, inputs: dict[str, Any]) -> None: ...
    def before_dataset_loaded(self, name: str, node: Node) -> None: ...
    def after_dataset_loaded(self, name: str, data: Any, node: Node) -> None: ...
    def before_dataset_saved(self, name: str, data: Any, node: Node) -> None: ...
    def after_dataset_saved(self, name: str, data: Any, node: Node) -> None: ...


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What every node call of a run shares.

    Attributes:
        seed: the project seed.
        seed_globals: whether the global generators are seeded around nodes.
        random_nodes: the nodes whose code reaches a random generator, which alone are seeded; None
            where that is not known, and all are.
        scratch: where nodes may write temporary files, or None for the system's folder.
        fingerprint: whether saved outputs are fingerprinted.
    """

    run_id: str
    seed: int = 0
    seed_globals: bool = False
    random_nodes: frozenset[str] | None = None
    environment: str | None = None
    scratch: Path | None = None
    version: str | None = None
    fingerprint: bool = False

    def seeds(self, node: str) -> bool:
        """Say whether the global generators are seeded around a node."""
        return self.seed_globals and (self.random_nodes is None or node in self.random_nodes)


class Task(NamedTuple):
    """What an executor is given: a step, and which try at it this is.

    ``keys`` are the partitions to call it for, one after another, or None where it is called once;
    ``completed`` those that a generator has committed before.
    """

    step: Step
    attempt: int = 1
    keys: tuple[str, ...] | None = None
    completed: frozenset[str] = frozenset()


class Outcome(NamedTuple):
    """What became of a task. ``error`` is None when all outputs are saved.

    ``saved`` are the stored outputs with what identifies them, where the run keeps account of that.
    """

    task: Task
    started: float
    seconds: float
    error: BaseException | None = None
    traceback: str = ""
    peak_memory: int | None = None
    saved: tuple[tuple[str, Fingerprint | None], ...] = ()


class Performer:
    """Performs steps on the data of one run.

    Args:
        emit: receives events about stored data; None where nobody listens.
        interceptors: hooks that see the data, or None.

    Attributes:
        report: is told of each partition as soon as it is saved.
    """

    def __init__(
        self,
        data: RunData,
        facts: RunFacts,
        emit: Callable[[Event], None] | None = None,
        interceptors: Interceptors | None = None,
    ) -> None:
        self._data = data
        self._facts = facts
        self._emit = emit
        self._interceptors = interceptors
        self._observed = emit is not None or interceptors is not None
        self._keyed = KeyedCalls(data, self._attempt, fingerprint=facts.fingerprint)
        self.capture: Capture | None = None
        self.report: Report = _unheard

    def perform(self, task: Task) -> Outcome:
        """Run one task. What the user's code raises becomes part of the outcome."""
        step = task.step
        started = time.time()
        begun = time.perf_counter()
        values: list[Any] = []
        try:
            with calling(SaveContext(self._facts.run_id, step.node.name)):
                self._captured(task, values)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a SystemExit in a node is the node's failure
            seconds = time.perf_counter() - begun
            given = zip([binding.dataset for binding in step.node.bindings], values, strict=False)
            text = user_traceback(error, given)
            return Outcome(task, started, seconds, error, text, peak_memory())
        seconds = time.perf_counter() - begun
        saved = self._fingerprints(step) if self._facts.fingerprint and task.keys is None else ()
        return Outcome(task, started, seconds, None, "", peak_memory() if self._emit else None, saved)

    def _captured(self, task: Task, values: list[Any]) -> None:
        if self.capture is None:
            self._do(task, values)
            return
        with self.capture.of(task.step.node.name):
            self._do(task, values)

    def _fingerprints(self, step: Step) -> tuple[tuple[str, Fingerprint | None], ...]:
        """Identify what was just saved, here where it is still in the system's cache."""
        memo = MemoryMemo()
        return tuple(
            [
                (save.name, fingerprint_of(dataset, memo))
                for save in step.saves
                if save.place == "stored"
                # Of partitions each part was identified when it was saved.
                and not is_partitioned(dataset := self._data.catalog.dataset(save.name))
            ]
        )

    def _do(self, task: Task, values: list[Any]) -> None:
        if task.keys is None:
            self._attempt(task.step, task.attempt, values, None, self._data.load, task.completed)
        else:
            self._keyed.perform(task.step, task.attempt, task.keys, self.report)

    def _attempt(
        self,
        step: Step,
        attempt: int,
        values: list[Any],
        key: str | None,
        load: Callable[[Load], Any],
        completed: frozenset[str] = frozenset(),
    ) -> None:
        node = step.node
        if self._observed and (key is None or self._interceptors is not None):
            for item in range(len(step.loads)):
                values.append(self._load_observed(step, item, load))  # noqa: PERF401 - shown when a load fails
        else:
            values.extend(map(load, step.loads))
        if node.incremental:
            marked = with_marks(step, values)
            if marked is None:  # a table that changed may hold no row beyond the mark
                return
            step = marked
        if node.injected or self._facts.seeds(node.name):
            with self._surroundings(node, attempt, key, completed) as injected:
                self._call_and_save(step, attempt, values, injected)
        else:
            self._call_and_save(step, attempt, values, {})
        for name in node.confirms:
            self._data.catalog.confirm(name)  # here, because the dataset that loaded knows what

    def _load_observed(self, step: Step, item: int, from_where: Callable[[Load], Any]) -> Any:
        load, node = step.loads[item], step.node
        if load.place != "stored" and self._interceptors is None:
            return from_where(load)
        name = node.bindings[item].dataset
        begun = time.perf_counter()
        if self._interceptors is not None:
            self._interceptors.before_dataset_loaded(name, node)
        value = from_where(load)
        if self._interceptors is not None:
            self._interceptors.after_dataset_loaded(name, value, node)
        if self._emit is not None and load.place == "stored" and load.key is None:
            seconds = time.perf_counter() - begun
            self._emit(DatasetLoaded(self._facts.run_id, time.time(), node.name, name, seconds))
        return value

    def _call_and_save(
        self, step: Step, attempt: int, values: list[Any], injected: Mapping[str, Any]
    ) -> None:
        node = step.node
        if self._interceptors is None:
            result: Any = node.call(values, injected)
            if node.streams:
                self._save_stream(step, attempt, result)
            else:
                self._save_all(step, node.unpack(result))
            return
        self._call_intercepted(step, attempt, values, injected, self._interceptors)

    def _call_intercepted(
        self, step: Step, attempt: int, values: list[Any], injected: Mapping[str, Any], hooks: Interceptors
    ) -> None:
        node = step.node
        inputs = {binding.dataset: value for binding, value in zip(node.bindings, values, strict=True)}
        changed = hooks.before_node_run(node, inputs)
        if changed:
            inputs.update(_known_only(changed, inputs, node))
            values[:] = [inputs[binding.dataset] for binding in node.bindings]
        try:
            result: Any = node.call(values, injected)
            outputs = None if node.streams else node.unpack(result)
        except Exception as error:
            hooks.on_node_error(error, node, inputs)
            raise
        if outputs is None:
            self._save_stream(step, attempt, result)
            return
        hooks.after_node_run(node, inputs, dict(outputs))
        self._save_all(step, outputs)

    def _save_all(self, step: Step, outputs: Sequence[tuple[str, Any]]) -> None:
        for name, value in outputs:
            if value is None:
                raise nothing_to_save(step.node, name)
        save = self._save_observed if self._observed else self._save
        for target, (name, value) in zip(step.saves, outputs, strict=True):
            save(step, target, name, value)

    def _save(self, step: Step, target: Save, name: str, value: Any) -> None:  # noqa: ARG002
        if target.place == "memory":
            self._data.memory.put(target.name, value)
        else:
            self._data.store(target, value, SaveContext(self._facts.run_id, step.node.name, target.key))

    def _save_observed(self, step: Step, target: Save, name: str, value: Any) -> None:
        if target.place != "stored" and self._interceptors is None:
            self._data.memory.put(target.name, value)
            self._tell_metrics(step, target, name, value)
            return
        begun = time.perf_counter()
        if self._interceptors is not None:
            self._interceptors.before_dataset_saved(name, value, step.node)
        self._save(step, target, name, value)
        if self._interceptors is not None:
            self._interceptors.after_dataset_saved(name, value, step.node)
        if target.place != "stored":
            self._tell_metrics(step, target, name, value)
        elif self._emit is not None and target.key is None:
            self._emit(self._saved(step, name, value, time.perf_counter() - begun))

    def _tell_metrics(self, step: Step, target: Save, name: str, value: Any) -> None:
        """Tell of numbers that stay in memory, where they are tagged as metrics."""
        if self._emit is None or target.key is not None:
            return
        if is_metrics(self._data.catalog.entry(name), step.node.tags) and (numbers := numbers_in(value)):
            run = self._facts.run_id
            self._emit(DatasetSaved(run, time.time(), step.node.name, name, 0.0, metrics=numbers))

    def _saved(self, step: Step, name: str, value: Any, seconds: float) -> DatasetSaved:
        """Tell of data that was saved, with what its value shows of itself."""
        entry = self._data.catalog.entry(name)
        shape = shape_of(value)
        return DatasetSaved(
            self._facts.run_id,
            time.time(),
            step.node.name,
            name,
            seconds,
            self._facts.version if entry is not None and entry.versioned else None,
            None if shape is None else shape.rows,
            None if shape is None else shape.columns,
            size_of(self._data.catalog.dataset(name)),
            numbers_in(value, entry) if is_metrics(entry) else None,
        )

    def _save_stream(self, step: Step, attempt: int, chunks: Iterable[Any]) -> None:
        identified = self._facts.fingerprint
        save_stream(self._data, step, chunks, attempt, self.report, fingerprint=identified)

    @contextlib.contextmanager
    def _surroundings(self, node: Node, attempt: int, key: str | None, completed: frozenset[str]) -> Any:
        """Provide what is injected, seed the global generators, and clean up after the node."""
        seed = node_seed(self._facts.seed, node.name, key)
        context = _Surrounding(node, seed, attempt, key, completed)
        with contextlib.ExitStack() as stack:
            if self._facts.seeds(node.name):
                stack.enter_context(seeded_globals(seed))
            yield {argument: self._provide(kind, context, stack) for argument, kind in node.injected.items()}

    def _provide(self, kind: str, around: _Surrounding, stack: contextlib.ExitStack) -> Any:
        match kind:
            case "Generator":
                return numpy_generator(around.seed)
            case "RunContext":
                scratch = _scratch_path(self._facts, around)
                stack.callback(shutil.rmtree, scratch, ignore_errors=True)
                facts, node = self._facts, around.node.name
                return RunContext(
                    facts.run_id, node, around.seed, facts.environment, around.key, around.attempt, scratch
                )
            case "Completed":
                return Completed(around.completed)
        return PartitionKey(around.key)


class _Surrounding(NamedTuple):
    """What is injected into one call is made from."""

    node: Node
    seed: int
    attempt: int
    key: str | None
    completed: frozenset[str]


def _scratch_path(facts: RunFacts, around: _Surrounding) -> Path:
    parent = facts.scratch or _temporary_folder()
    named = scratch_name(f"{facts.run_id}-{around.node.name}")
    if around.key is not None:
        # A digest, because keys may differ in signs that a folder's name cannot have.
        named += f"-{hashlib.sha256(around.key.encode()).hexdigest()[:16]}"
    return parent / "".join(sign if sign.isalnum() or sign in "-." else "-" for sign in named)


def _temporary_folder() -> Path:
    import tempfile  # only where no project gives a place

    return Path(tempfile.gettempdir())


def _unheard(parts: list[Part]) -> None:
    """Take a report that nobody listens to."""


def _known_only(changed: Mapping[str, Any], inputs: Mapping[str, Any], node: Node) -> Mapping[str, Any]:
    unknown = [name for name in changed if name not in inputs]
    if unknown:
        raise UsageError(
            f"A before_node_run hook returned {', '.join(map(repr, unknown))}, "
            f"which node '{node.name}' does not take",
            hint="return only names among its inputs: " + ", ".join(map(repr, inputs)),
        )
    return changed


def peak_memory() -> int | None:
    """Return the high-water mark of this process's memory in bytes, where the system tells it."""
    if sys.platform == "win32":
        return None
    if _inherits_a_peak():
        return _own_peak()
    unit = 1 if sys.platform == "darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit


@functools.cache
def _inherits_a_peak() -> bool:
    """Whether the mark is that of who started this process: Linux hands it on; asking otherwise is dearer."""
    own = _own_peak()
    return own is not None and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > 1.05 * own


def _own_peak() -> int | None:
    """Return the mark of the program that runs, as Linux tells it; None elsewhere."""
    try:
        text = Path("/proc/self/status").read_bytes()
    except OSError:
        return None
    _, found, rest = text.partition(b"VmHWM:")
    return int(rest.partition(b"kB")[0]) * 1024 if found else None
