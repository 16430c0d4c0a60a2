"""One node call: load, call, unpack, save. It runs wherever the executor puts it."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from plait.engine.capture import Capture
from plait.engine.data import RunData
from plait.engine.failure import user_traceback
from plait.engine.plan import Save, Step
from plait.engine.seeds import node_seed, numpy_generator, seeded_globals
from plait.errors import DatasetError, UsageError
from plait.events import DatasetLoaded, DatasetSaved, Event
from plait.identity.fingerprints import MemoryMemo, fingerprint_of
from plait.pipeline import Node
from plait.values import Fingerprint, RunContext, SaveContext

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
        seed_globals: whether the global generators are seeded around each node.
        scratch: where nodes may write temporary files, or None for the system's folder.
        fingerprint: whether saved outputs are fingerprinted.
    """

    run_id: str
    seed: int = 0
    seed_globals: bool = False
    environment: str | None = None
    scratch: Path | None = None
    version: str | None = None
    fingerprint: bool = False


class Task(NamedTuple):
    """What an executor is given: a step, and which try at it this is."""

    step: Step
    attempt: int = 1


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
        self.capture: Capture | None = None

    def perform(self, task: Task) -> Outcome:
        """Run one task. What the user's code raises becomes part of the outcome."""
        step, attempt = task
        started = time.time()
        begun = time.perf_counter()
        values: list[Any] = []
        try:
            if self.capture is None:
                self._attempt(step, attempt, values)
            else:
                with self.capture.of(step.node.name):
                    self._attempt(step, attempt, values)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a SystemExit in a node is the node's failure
            seconds = time.perf_counter() - begun
            given = zip([binding.dataset for binding in step.node.bindings], values, strict=False)
            text = user_traceback(error, given)
            return Outcome(task, started, seconds, error, text, peak_memory())
        seconds = time.perf_counter() - begun
        saved = self._fingerprints(step) if self._facts.fingerprint else ()
        return Outcome(task, started, seconds, None, "", peak_memory() if self._emit else None, saved)

    def _fingerprints(self, step: Step) -> tuple[tuple[str, Fingerprint | None], ...]:
        """Identify what was just saved, here where it is still in the system's cache."""
        memo = MemoryMemo()
        return tuple(
            [
                (save.name, fingerprint_of(self._data.catalog.dataset(save.name), memo))
                for save in step.saves
                if save.place == "stored"
            ]
        )

    def _attempt(self, step: Step, attempt: int, values: list[Any]) -> None:
        node = step.node
        if self._observed:
            for item in range(len(step.loads)):
                values.append(self._load_observed(step, item))  # noqa: PERF401 - shown when a load fails
        else:
            values.extend(map(self._data.load, step.loads))
        if node.injected or self._facts.seed_globals:
            with self._surroundings(node, attempt) as injected:
                self._call_and_save(step, values, injected)
        else:
            self._call_and_save(step, values, {})
        for name in node.confirms:
            self._data.catalog.confirm(name)  # here, because the dataset that loaded knows what

    def _load_observed(self, step: Step, item: int) -> Any:
        load, node = step.loads[item], step.node
        if load.place != "stored" and self._interceptors is None:
            return self._data.load(load)
        name = node.bindings[item].dataset
        begun = time.perf_counter()
        if self._interceptors is not None:
            self._interceptors.before_dataset_loaded(name, node)
        value = self._data.load(load)
        if self._interceptors is not None:
            self._interceptors.after_dataset_loaded(name, value, node)
        if self._emit is not None and load.place == "stored":
            seconds = time.perf_counter() - begun
            self._emit(DatasetLoaded(self._facts.run_id, time.time(), node.name, name, seconds))
        return value

    def _call_and_save(self, step: Step, values: list[Any], injected: Mapping[str, Any]) -> None:
        node = step.node
        if self._interceptors is None:
            result: Any = node.call(values, injected)
            if node.streams:
                self._save_stream(step, result)
            else:
                self._save_all(step, node.unpack(result))
            return
        self._call_intercepted(step, values, injected, self._interceptors)

    def _call_intercepted(
        self, step: Step, values: list[Any], injected: Mapping[str, Any], hooks: Interceptors
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
            self._save_stream(step, result)
            return
        hooks.after_node_run(node, inputs, dict(outputs))
        self._save_all(step, outputs)

    def _save_all(self, step: Step, outputs: Sequence[tuple[str, Any]]) -> None:
        for name, value in outputs:
            if value is None:
                raise _nothing_to_save(step.node, name)
        save = self._save_observed if self._observed else self._save
        for target, (name, value) in zip(step.saves, outputs, strict=True):
            save(step, target, name, value)

    def _save(self, step: Step, target: Save, name: str, value: Any) -> None:  # noqa: ARG002
        if target.place == "memory":
            self._data.memory.put(target.name, value)
        else:
            self._data.store(target, value, SaveContext(self._facts.run_id, step.node.name))

    def _save_observed(self, step: Step, target: Save, name: str, value: Any) -> None:
        if target.place != "stored" and self._interceptors is None:
            self._data.memory.put(target.name, value)
            return
        begun = time.perf_counter()
        if self._interceptors is not None:
            self._interceptors.before_dataset_saved(name, value, step.node)
        self._save(step, target, name, value)
        if self._interceptors is not None:
            self._interceptors.after_dataset_saved(name, value, step.node)
        if self._emit is not None and target.place == "stored":
            entry = self._data.catalog.entry(name)
            version = self._facts.version if entry is not None and entry.versioned else None
            seconds = time.perf_counter() - begun
            self._emit(DatasetSaved(self._facts.run_id, time.time(), step.node.name, name, seconds, version))

    def _save_stream(self, step: Step, chunks: Iterable[Any]) -> None:
        """Append each chunk to its store; in memory a stream is the list of its chunks."""
        collected: dict[str, list[Any]] = {save.name: [] for save in step.saves if save.place == "memory"}
        for chunk in chunks:
            outputs = step.node.unpack(chunk)
            for target, (name, value) in zip(step.saves, outputs, strict=True):
                if value is None:
                    raise _nothing_to_save(step.node, name)
                if target.place == "memory":
                    collected[target.name].append(value)
                else:
                    self._data.append(target, value)
        for name, whole in collected.items():
            self._data.memory.put(name, whole)

    @contextlib.contextmanager
    def _surroundings(self, node: Node, attempt: int) -> Any:
        """Provide what is injected, seed the global generators, and clean up after the node."""
        seed = node_seed(self._facts.seed, node.name)
        with contextlib.ExitStack() as stack:
            if self._facts.seed_globals:
                stack.enter_context(seeded_globals(seed))
            yield {
                argument: self._provide(kind, node, seed, attempt, stack)
                for argument, kind in node.injected.items()
            }

    def _provide(self, kind: str, node: Node, seed: int, attempt: int, stack: contextlib.ExitStack) -> Any:
        if kind == "Generator":
            return numpy_generator(seed)
        if kind == "RunContext":
            scratch = _scratch_path(self._facts, node)
            stack.callback(shutil.rmtree, scratch, ignore_errors=True)
            return RunContext(
                self._facts.run_id, node.name, seed, self._facts.environment, None, attempt, scratch
            )
        raise UsageError(f"Node '{node.name}' asks for a {kind}, but none of its inputs is partitioned")


def _scratch_path(facts: RunFacts, node: Node) -> Path:
    parent = facts.scratch or Path(tempfile.gettempdir())
    safe = "".join(letter if letter.isalnum() else "-" for letter in node.name)
    return parent / f"plait-{facts.run_id.replace(':', '.')}-{safe}"


def _nothing_to_save(node: Node, name: str) -> DatasetError:
    return DatasetError(
        f"Node '{node.name}' returned None for its output '{name}'",
        where=f"node '{node.name}'",
        why="Saving None is not allowed: a later load could not tell it from missing data",
        hint=f"return a value for '{name}', or leave the output out of the node",
    )


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
    unit = 1 if sys.platform == "darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit
