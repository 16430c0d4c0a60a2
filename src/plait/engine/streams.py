"""Saving what a generator yields, chunk by chunk, where each of its outputs belongs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from plait.catalog import storage
from plait.catalog.protocols import Streams, StreamWriter
from plait.engine.data import RunData
from plait.engine.keys import is_partitioned
from plait.engine.parts import Part, Report, saved_parts
from plait.engine.plan import Save, Step
from plait.errors import DatasetError, NodeError
from plait.pipeline import Node

__all__ = ["nothing_to_save", "save_stream"]

Sink = Callable[[Any], None]


def save_stream(
    data: RunData, step: Step, chunks: Iterable[Any], attempt: int, report: Report, *, fingerprint: bool
) -> None:
    """Save each chunk; parts are visible at once, a single file when the generator has ended.

    In memory a stream is the list of its chunks.

    Args:
        report: is told of each part.
        fingerprint: whether parts are identified when they are saved.

    Raises:
        DatasetError: a chunk is None, or an output cannot take it.
        NodeError: a chunk does not fit the outputs, or names no key for a partitioned one.
    """
    parted = [save for save in step.saves if _has_parts(data, save)]
    lists: dict[str, list[Any]] = {save.name: [] for save in step.saves if save.place == "memory"}
    with ExitStack() as stack:
        if parted:
            stack.enter_context(storage.many())
        sinks = {save.name: _sink(data, save, lists, stack) for save in step.saves}
        begun = time.perf_counter()
        for chunk in chunks:
            key = _save_chunk(step, chunk, sinks, parted)
            if key is not None:
                saved = saved_parts(data, parted, key) if fingerprint else ()
                now = time.perf_counter()
                report([Part(step.node.name, key, attempt, time.time(), now - begun, None, "", saved)])
                begun = now
    for name, whole in lists.items():
        data.memory.put(name, whole)


def nothing_to_save(node: Node, name: str) -> DatasetError:
    """Return the error for an output that is None."""
    return DatasetError(
        f"Node '{node.name}' returned None for its output '{name}'",
        where=(f"node '{node.name}'", *node.where),
        why="Saving None is not allowed: a later load could not tell it from missing data",
        hint=f"return a value for '{name}', or leave the output out of the node",
    )


def _save_chunk(step: Step, chunk: Any, sinks: Mapping[str, Sink], parted: list[Save]) -> str | None:
    """Save one chunk; return the key it is saved under where an output is partitioned."""
    node = step.node
    outputs = node.unpack(chunk)
    with_key = {save.name for save in parted}
    keys: dict[str, None] = {}
    for target, (name, value) in zip(step.saves, outputs, strict=True):
        if value is None:
            raise nothing_to_save(node, name)
        if target.name in with_key:
            keys[_pair(node, name, value)[0]] = None
    if len(keys) > 1:
        raise NodeError(
            f"node '{node.name}' yields one chunk under the keys {', '.join(map(repr, keys))}",
            where=node.where,
            hint="what is yielded together has one key; yield it in turns, or make two nodes",
        )
    for target, (_, value) in zip(step.saves, outputs, strict=True):
        sinks[target.name](value)
    return next(iter(keys), None)


def _pair(node: Node, name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return value
    shape = "None as its data" if isinstance(value, tuple) else f"a {type(value).__name__}"
    raise NodeError(
        f"node '{node.name}' yields {shape} for '{name}', which is partitioned",
        where=node.where,
        hint="yield a pair: (key, data), the key a string",
    )


def _has_parts(data: RunData, save: Save) -> bool:
    return save.place == "stored" and is_partitioned(data.catalog.dataset(save.name))


def _sink(data: RunData, save: Save, lists: dict[str, list[Any]], stack: ExitStack) -> Sink:
    """Return what takes the chunks of one output."""
    if save.place == "memory":
        return lists[save.name].append
    dataset: Any = data.catalog.dataset(save.name)
    if is_partitioned(dataset):
        return _named(data, save, lambda pair: dataset.save_part(*pair))
    if isinstance(dataset, Streams) and dataset.appendable:
        return _named(data, save, stack.enter_context(_opened(data, save, dataset)).append)
    return lambda chunk: data.append(save, chunk)


@contextmanager
def _opened(data: RunData, save: Save, dataset: Streams) -> Iterator[StreamWriter]:
    """Open a stream; only what the stream itself raises is said to be about the dataset."""
    with data.catalog.errors_named(save.name, "save"):
        stream = dataset.stream()
        writer = stream.__enter__()
    try:
        yield writer
    except BaseException:
        stream.__exit__(*sys.exc_info())
        raise
    with data.catalog.errors_named(save.name, "save"):
        stream.__exit__(None, None, None)


def _named(data: RunData, save: Save, sink: Sink) -> Sink:
    def append(chunk: Any) -> None:
        with data.catalog.errors_named(save.name, "save"):
            sink(chunk)

    return append
