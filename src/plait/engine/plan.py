"""What a run will do: every node bound to its data before anything runs.

A :class:`Plan` is a value. It knows for each argument whether it comes from a store, from the run's
memory or from the parameters, and for each output where it goes; what is missing blocks a node here
and not after an hour's work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from plait.catalog import DataCatalog, Entry, frames
from plait.catalog.memory import CopyMode
from plait.catalog.protocols import Exists, FrameName, Located
from plait.config import BoundParameters
from plait.engine.allocation import collection_paused
from plait.engine.listings import Listed, list_remote
from plait.engine.ways import takes_chunks, ways_problems
from plait.errors import DatasetError, DatasetNotFoundError, PlaitError, Problems, did_you_mean
from plait.events import Reason
from plait.pipeline import Mode, Node, Pipeline, is_parameter, strip_transcoding

__all__ = ["Action", "Commit", "Load", "Plan", "Save", "Step", "Taken", "make_plan"]

_LOOKED_AT = 1_000  # files beside a missing one

Action = Literal["run", "skip", "maybe", "blocked"]
Place = Literal["memory", "stored", "parameter"]


class Taken(NamedTuple):
    """What is taken of an input that a node names by ``new``: these parts, or rows beyond a mark."""

    keys: tuple[str, ...] | None = None
    column: str | None = None
    mark: Any = None


class Commit(NamedTuple):
    """What is stored with an output in the same commit: how far its node has come then.

    ``replace`` puts it in the place of all that was made before.
    """

    progress: Mapping[str, Any]
    replace: bool = False


class Load(NamedTuple):
    """Where one argument of a node comes from.

    ``name`` is the catalog entry, or the key in the run's memory; ``frame`` what the consumer's
    annotation asks for; ``value`` the parameter itself; ``mode`` how the data is taken, whole where it is
    None; ``key`` the partition, once there is a single one to load; ``taken`` what is new.
    """

    place: Place
    name: str
    frame: FrameName | None = None
    value: Any = None
    mode: Mode | None = None
    key: str | None = None
    taken: Taken | None = None


class Save(NamedTuple):
    """Where one output of a node goes; ``key`` is the partition, once there is a single one to save.

    ``commit`` is stored with what is added to an output that accumulates.
    """

    place: Place
    name: str
    key: str | None = None
    commit: Commit | None = None


class Step(NamedTuple):
    """One node of the plan, bound to its data.

    Attributes:
        loads: one per binding of the node, in call order.
        saves: one per output of the node, in order.
        reads: the distinct names it loads from memory.
        keys: patterns of the partition keys that were selected; None stands for all.
    """

    node: Node
    loads: tuple[Load, ...]
    saves: tuple[Save, ...]
    reads: tuple[str, ...]
    action: Action = "run"
    reasons: tuple[Reason, ...] = ()
    keys: tuple[str, ...] | None = None

    def at(self, key: str) -> Step:
        """Return the step for one key: it loads and saves the parts of that key."""
        loads = tuple([load if load.mode is None else load._replace(key=key) for load in self.loads])
        return self._replace(loads=loads, saves=tuple([save._replace(key=key) for save in self.saves]))

    @property
    def stores(self) -> bool:
        """Whether the node leaves something that outlives the run."""
        return any(save.place == "stored" for save in self.saves) or not self.saves


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a run, in an order in which they could run one after another.

    Attributes:
        consumers: name in memory → number of steps that read it.
        kept: names that stay in memory for the caller.
        stored: demanded names that a store holds.
        injected: names whose data the caller brought along.
        listed: what the stores said of remote data when it was looked whether the inputs are there.
    """

    pipeline: Pipeline
    steps: tuple[Step, ...]
    consumers: Mapping[str, int]
    kept: frozenset[str]
    stored: tuple[str, ...] = ()
    injected: Mapping[str, Any] = field(default_factory=dict, repr=False)
    copy_modes: Mapping[str, CopyMode] = field(default_factory=dict)
    listed: Listed = field(default_factory=dict, repr=False)


def make_plan(
    pipeline: Pipeline,
    catalog: DataCatalog,
    parameters: BoundParameters,
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Iterable[str] | None = None,
    persist: bool = True,
    keys: Mapping[str, Iterable[str]] | None = None,
) -> Plan:
    """Bind every node of ``pipeline`` that the demanded outputs need.

    Args:
        inputs: data the caller brings along; what only leads to these names is left out.
        outputs: the names the caller asks for; without them everything is demanded.
        persist: False keeps all outputs in memory instead of saving them.
        keys: node → patterns of the partition keys that it may work on.

    Raises:
        Problems: names that nothing produces and no catalog entry explains, all at once.
    """
    injected = dict(inputs or {})
    wanted = None if outputs is None else list(outputs)
    _refuse_unknown(pipeline, injected, wanted)
    needed = _needed(pipeline, frozenset(injected), wanted)
    binder = _Binder(pipeline, needed, catalog, parameters, injected, persist, keys or {})
    with collection_paused():
        steps = tuple([binder.step(node) for node in needed])
    if binder.problems:
        raise binder.problems[0] if len(binder.problems) == 1 else Problems(binder.problems)
    return binder.plan(steps, wanted)


def _refuse_unknown(pipeline: Pipeline, injected: Mapping[str, Any], wanted: list[str] | None) -> None:
    names = [*injected, *(wanted or ())]
    if not names:
        return
    known = pipeline.datasets()
    bare = {strip_transcoding(name) for name in known}
    problems: list[PlaitError] = [
        DatasetNotFoundError(f"The pipeline has no dataset called '{name}'", hint=did_you_mean(name, known))
        for name in names
        if name not in known and name not in bare
    ]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def _needed(pipeline: Pipeline, injected: frozenset[str], wanted: list[str] | None) -> tuple[Node, ...]:
    """Return the nodes that lead to what is demanded without passing through injected data."""
    if not injected and wanted is None:
        return tuple(pipeline)
    cut = {strip_transcoding(name) for name in injected}
    producers = pipeline.producers
    if wanted is None:
        wanted = [name for name in pipeline.outputs() if strip_transcoding(name) not in cut]
        waiting = [node for node in pipeline if not node.outputs]
    else:
        waiting = []
    waiting += [producers[key] for name in wanted if (key := strip_transcoding(name)) in producers]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node.name in found:
            continue
        found.add(node.name)
        waiting += [producers[key] for key in {*node.reads} - cut if key in producers]
    return tuple([node for node in pipeline if node.name in found])


class _Binder:
    """Resolves names to places, one node at a time, and collects what cannot be resolved."""

    def __init__(
        self,
        pipeline: Pipeline,
        needed: tuple[Node, ...],
        catalog: DataCatalog,
        parameters: BoundParameters,
        injected: Mapping[str, Any],
        persist: bool,
        keys: Mapping[str, Iterable[str]],
    ) -> None:
        self.pipeline = pipeline
        self.catalog = catalog
        self.parameters = parameters
        self.injected = {strip_transcoding(name): value for name, value in injected.items()}
        self.persist = persist
        self.keys = keys
        self.produced = {name for node in needed for name in node.writes}
        self.copy_modes: dict[str, CopyMode] = {}
        self.consumers: defaultdict[str, int] = defaultdict(int)
        self.problems: list[PlaitError] = []
        self._missing: dict[str, Reason | None] = {}
        self._frames: dict[Any, FrameName | None] = {}
        self._in_memory: dict[str, bool] = {}
        self._needed = needed
        self.listed: Listed | None = None

    def step(self, node: Node) -> Step:
        loads = tuple([self._load(node, binding) for binding in node.bindings])
        saves = tuple([self._save(name) for name in node.outputs])
        reads = tuple(dict.fromkeys([load.name for load in loads if load.place == "memory"]))
        for name in reads:
            self.consumers[name] += 1
        if node.streams:
            self._check_stream(node, saves)
        if node.maps or node.incremental or node.injected:
            self.problems += ways_problems(node, loads, saves, self.catalog)
        missing = self._missing_inputs(node, loads) if len(reads) < len(loads) else ()
        chosen = tuple(self.keys[node.name]) if node.name in self.keys else None
        return Step(node, loads, saves, reads, "blocked" if missing else "run", missing, chosen)

    def plan(self, steps: tuple[Step, ...], wanted: list[str] | None) -> Plan:
        names = self.pipeline.outputs() if wanted is None else wanted
        kept = frozenset(strip_transcoding(name) for name in names if self._memory(name))
        stored = () if wanted is None else tuple(name for name in names if not self._memory(name))
        return Plan(
            self.pipeline,
            steps,
            self.consumers,
            kept,
            stored,
            self.injected,
            self.copy_modes,
            self.listed or {},
        )

    def _memory(self, name: str) -> bool:
        """Whether the run holds ``name`` in its own memory."""
        known = self._in_memory.get(name)
        if known is None:
            known = self._in_memory[name] = self._lives_in_memory(name)
        return known

    def _lives_in_memory(self, name: str) -> bool:
        key = strip_transcoding(name)
        if key in self.injected:
            return True
        if name not in self.catalog:
            return key in self.produced
        if not self.catalog.is_memory(name):
            return not self.persist and key in self.produced
        mode = self.catalog.copy_mode(name)
        if mode is not None:
            self.copy_modes[key] = mode
        # A memory entry that nothing produces holds the data it was made with.
        return key in self.produced

    def _load(self, node: Node, binding: Any) -> Load:
        name: str = binding.dataset
        if is_parameter(name):
            return Load("parameter", name, None, self.parameters.value(node.name, binding))
        frame = self._frame(binding.annotation, node)
        if self._memory(name):
            return Load("memory", strip_transcoding(name), frame, None, binding.mode)
        if name not in self.catalog:
            self.problems.append(_unknown_input(name, node, self.pipeline, self.catalog))
        return Load("stored", name, frame, None, binding.mode)

    def _frame(self, annotation: Any, node: Node) -> FrameName | None:
        if annotation is None:
            return None
        scope = _scope(node.func) if isinstance(annotation, str) else None
        key = (annotation, None if scope is None else id(scope))
        try:
            return self._frames[key]
        except KeyError:
            frame = self._frames[key] = frames.wanted(annotation, scope)
            return frame
        except TypeError:  # an annotation that cannot be hashed
            return frames.wanted(annotation, scope)

    def _save(self, name: str) -> Save:
        if self._memory(name):
            return Save("memory", strip_transcoding(name))
        return Save("stored", name)

    def _missing_inputs(self, node: Node, loads: tuple[Load, ...]) -> tuple[Reason, ...]:
        names = dict.fromkeys([load.name for load in loads if load.place == "stored"])
        for through in node.through.values():
            names |= dict.fromkeys(through)
        found = [self._missing_reason(name) for name in names]
        return tuple([reason for reason in found if reason is not None])

    def _missing_reason(self, name: str) -> Reason | None:
        if name not in self._missing:
            self._missing[name] = self._look_for(name)
        return self._missing[name]

    def _look_for(self, name: str) -> Reason | None:
        if strip_transcoding(name) in self.produced or name not in self.catalog:
            return None
        dataset = self.catalog.dataset(name)
        with self.catalog.errors_named(name):
            if not isinstance(dataset, Exists) or self._is_there(name, dataset):
                return None
        entry = self.catalog.entry(name)
        lacks = "has no version" if entry is not None and entry.versioned else "does not exist"
        place = f" at {dataset.location}" if isinstance(dataset, Located) else ""
        written = f" ({entry.origin})" if entry is not None and entry.origin is not None else ""
        producer = self.pipeline.producers.get(strip_transcoding(name))
        near = "" if entry is None or entry.versioned else _beside(dataset)
        return Reason("input_missing", f"'{name}' {lacks}{place}{written}{near}", _details(name, producer))

    def _is_there(self, name: str, dataset: Exists) -> bool:
        place = dataset.location if isinstance(dataset, Located) else ""
        if "://" not in place:
            return dataset.exists()
        if self.listed is None:
            self.listed = list_remote(self._stored_datasets())
        found = self.listed.get(name)
        return found is not None or dataset.exists()

    def _stored_datasets(self) -> Iterator[tuple[str, Any]]:
        """Give all that the nodes read and write elsewhere: each folder and connection is asked once."""
        names = dict.fromkeys([name for node in self._needed for name in (*node.reads, *node.writes)])
        for name in names:
            entry = None if self._memory(name) else self.catalog.entry(name)
            if entry is not None and _lies_elsewhere(entry):
                yield name, self.catalog.dataset(name)

    def _check_stream(self, node: Node, saves: tuple[Save, ...]) -> None:
        for save in saves:
            if save.place == "stored" and not takes_chunks(self.catalog.dataset(save.name)):
                self.problems.append(
                    DatasetError(
                        f"'{save.name}' cannot be appended to, but node '{node.name}' yields it in chunks",
                        where=f"node '{node.name}'",
                        hint="return the whole instead of yielding, or keep it in memory",
                    )
                )


def _lies_elsewhere(entry: Entry) -> bool:
    return "://" in entry.location if entry.location else entry.credentials_name is not None


def _scope(function: Any) -> dict[str, Any] | None:
    """Return the names that a function's annotations were written with."""
    while (inner := getattr(function, "__wrapped__", None) or getattr(function, "func", None)) is not None:
        function = inner
    return getattr(function, "__globals__", None)


def _details(name: str, producer: Node | None) -> Mapping[str, Any]:
    return {"dataset": name, "producer": producer.name if producer else None}


def _beside(dataset: object) -> str:
    """Return which file beside one that does not exist may be meant."""
    place = getattr(dataset, "local_place", lambda: None)()
    if not isinstance(place, Path):
        return ""
    try:
        names = [path.name for path in islice(place.parent.iterdir(), _LOOKED_AT)]
    except OSError:
        return ""
    hint = did_you_mean(place.name, names)
    return f": {hint}" if hint else ""


def _unknown_input(name: str, node: Node, pipeline: Pipeline, catalog: DataCatalog) -> PlaitError:
    known = set(catalog.keys()) | pipeline.all_outputs()
    return DatasetNotFoundError(
        f"Nothing provides '{name}'",
        where=f"node '{node.name}'",
        why="No node produces it and the catalog has no such entry",
        hint=did_you_mean(name, known) or f"add '{name}' to the catalog, or pass it as an input",
    )
