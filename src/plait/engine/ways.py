"""Whether datasets can do what a node asks of them: be taken key by key, as what is new, or in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from plait.catalog import DataCatalog
from plait.catalog.protocols import Appends, Partitions, Progress, Streams, Watermarked
from plait.errors import DatasetError, PlaitError, UsageError
from plait.pipeline import Mode, New, Node

__all__ = ["takes_chunks", "ways_problems"]


class _Place(Protocol):
    @property
    def place(self) -> str: ...

    @property
    def name(self) -> str: ...


class _Taken(_Place, Protocol):
    @property
    def mode(self) -> Mode | None: ...


def takes_chunks(dataset: Any) -> bool:
    """Say whether a generator may write the dataset."""
    if isinstance(dataset, Partitions):
        return True
    if isinstance(dataset, Streams):
        return dataset.appendable
    return isinstance(dataset, Appends)


def ways_problems(
    node: Node, loads: Sequence[_Taken], saves: Sequence[_Place], catalog: DataCatalog
) -> list[PlaitError]:
    """Return what keeps a node from taking and making its datasets as it says."""
    taken = [load for load in loads if load.mode is not None]
    problems = [_of_input(node, load, catalog) for load in taken]
    made: Iterable[_Place] = saves
    if node.maps:
        problems += [_of_part(node, save, catalog) for save in made]
    if node.incremental:
        problems += [_of_accumulated(node, save, catalog) for save in made]
        problems.append(_of_several(node, saves, catalog))
        problems += [_of_lookback(node, load.mode, saves, catalog) for load in taken]
    problems.append(_of_injected(node))
    return [problem for problem in problems if problem is not None]


def _of_input(node: Node, load: _Taken, catalog: DataCatalog) -> PlaitError | None:
    if isinstance(load.mode, New) and load.mode.by is not None:
        if load.place == "stored" and isinstance(catalog.dataset(load.name), Watermarked):
            return None
        return DatasetError(
            f"'{load.name}' cannot give only the rows beyond a watermark, as node '{node.name}' asks",
            where=f"node '{node.name}'",
            hint="a table of a database can; files are taken as partitions: leave `by` out",
        )
    return _not_partitioned(node, load, "takes", catalog)


def _of_part(node: Node, save: _Place, catalog: DataCatalog) -> PlaitError | None:
    return _not_partitioned(node, save, "makes", catalog)


def _not_partitioned(node: Node, found: _Place, verb: str, catalog: DataCatalog) -> PlaitError | None:
    if found.place == "stored" and found.name not in catalog:
        return None  # told as a dataset that nobody provides
    if found.place == "stored" and isinstance(catalog.dataset(found.name), Partitions):
        return None
    why = "It is held in memory" if found.place == "memory" else "It is one whole"
    return DatasetError(
        f"'{found.name}' is not partitioned, but node '{node.name}' {verb} it by its parts",
        where=f"node '{node.name}'",
        why=why,
        hint=f"give it a pattern in the catalog, such as `{found.name}: data/{found.name}/*.parquet`",
    )


def _of_accumulated(node: Node, save: _Place, catalog: DataCatalog) -> PlaitError | None:
    if save.place == "stored" and _accumulates(catalog.dataset(save.name)):
        return None
    return DatasetError(
        f"'{save.name}' cannot accumulate, but node '{node.name}' only makes what is new of it",
        where=f"node '{node.name}'",
        why="It is held in memory"
        if save.place == "memory"
        else "It can neither be appended to nor has it parts",
        hint="make it a table, a file that can be appended to, or partitioned",
    )


def _accumulates(dataset: Any) -> bool:
    if isinstance(dataset, Streams) and not dataset.appendable:
        return False
    return isinstance(dataset, Progress)


def _replaces(dataset: Any) -> bool:
    """Say whether what is added again takes the place of what was there."""
    return isinstance(dataset, Partitions) or bool(getattr(dataset, "key", None))


def _of_several(node: Node, saves: Sequence[_Place], catalog: DataCatalog) -> PlaitError | None:
    appended = [
        save.name
        for save in saves
        if save.place == "stored" and not isinstance(catalog.dataset(save.name), Partitions)
    ]
    if len(saves) < 2 or not appended:
        return None
    return DatasetError(
        f"Node '{node.name}' adds what is new to several outputs, and '{appended[0]}' is not partitioned",
        where=f"node '{node.name}'",
        why="A run that is killed between two of them could only go on by adding to one of them twice",
        hint="give it one output, or let all be partitioned",
    )


def _of_lookback(
    node: Node, mode: Mode | None, saves: Sequence[_Place], catalog: DataCatalog
) -> PlaitError | None:
    if not isinstance(mode, New) or mode.lookback is None:
        return None
    whole = [
        save.name for save in saves if save.place == "stored" and not _replaces(catalog.dataset(save.name))
    ]
    if not whole:
        return None
    return DatasetError(
        f"Looking back for late rows would append rows twice to '{whole[0]}'",
        where=f"node '{node.name}'",
        hint=f"make '{whole[0]}' partitioned or a table with a `key`, so that rows are replaced, "
        "or leave `lookback` out",
    )


def _of_injected(node: Node) -> PlaitError | None:
    kinds = node.injected.values()
    if "PartitionKey" in kinds and not node.maps:
        return UsageError(
            f"Node '{node.name}' asks for a PartitionKey, but none of its inputs is partitioned",
            where=node.where,
            hint="take a partitioned input by each('…')",
        )
    if "Completed" in kinds and not node.streams:
        return UsageError(
            f"Node '{node.name}' asks which keys are Completed, but it is no generator",
            where=node.where,
            hint="yield (key, data) for a partitioned output",
        )
    return None
