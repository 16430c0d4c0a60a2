"""Reuse: the same nodes once more, under a namespace and with other datasets and parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set

from plait.errors import PipelineError, did_you_mean
from plait.pipeline.graph import Graph
from plait.pipeline.names import (
    PARAMETER_PREFIX,
    PARAMETERS,
    is_parameter,
    split_transcoding,
    strip_transcoding,
)
from plait.pipeline.node import Node

__all__ = ["Names", "remapped"]

Names = str | Set[str] | Iterable[str] | Mapping[str, str] | None


def remapped(
    graph: Graph,
    *,
    inputs: Names,
    outputs: Names,
    parameters: Names,
    namespace: str | None,
    prefix_datasets: bool,
) -> list[Node]:
    """Return copies of the nodes of ``graph`` within ``namespace``.

    Args:
        inputs: free inputs that keep their name, or a dict of old and new names.
        outputs: the same for datasets that a node makes.
        parameters: the same for parameters; a name stands for all parameters below it too.
        prefix_datasets: whether what is not mentioned gets the namespace as a prefix.

    Raises:
        PipelineError: a name does not exist, or is not of the kind it is listed under.
    """
    read, made = _mapping(inputs), _mapping(outputs)
    groups = {_parameter(old): _parameter(new) for old, new in _mapping(parameters).items()}
    _check_kinds(read, made, graph)
    _check_existence([*read, *made], groups, graph)
    rename = _renaming({**read, **made}, groups, namespace if prefix_datasets else None)
    return [node.renamed(rename, namespace) for node in graph.by_name.values()]


def _mapping(names: Names) -> dict[str, str]:
    if names is None:
        return {}
    if isinstance(names, str):
        return {names: names}
    return dict(names) if isinstance(names, Mapping) else {name: name for name in names}


def _parameter(name: str) -> str:
    return name if is_parameter(name) else PARAMETER_PREFIX + name


def _renaming(
    datasets: Mapping[str, str], groups: Mapping[str, str], namespace: str | None
) -> Callable[[str], str]:
    longest_first = sorted(groups, key=len, reverse=True)

    def parameter(name: str) -> str:
        for group in longest_first:
            if name == group or name.startswith(group + "."):
                return groups[group] + name[len(group) :]
        if name == PARAMETERS or namespace is None:
            return name
        return f"{PARAMETER_PREFIX}{namespace}.{name[len(PARAMETER_PREFIX) :]}"

    def rename(name: str) -> str:
        if name in datasets:
            return datasets[name]
        if is_parameter(name):
            return parameter(name)
        base, suffix = split_transcoding(name)
        if suffix and base in datasets:
            return f"{datasets[base]}@{suffix}"
        return f"{namespace}.{name}" if namespace else name

    return rename


def _check_kinds(inputs: Mapping[str, str], outputs: Mapping[str, str], graph: Graph) -> None:
    for name in sorted({*inputs, *outputs}):
        if is_parameter(name):
            raise PipelineError(
                f"'{name}' is a parameter and cannot be mapped as a dataset",
                hint=f"list it under parameters: parameters={{'{name}': '{name}'}}",
            )
    for name in sorted(inputs):
        maker = graph.producers.get(strip_transcoding(name))
        if maker is not None:
            raise PipelineError(
                f"'{name}' is listed under inputs, but node '{maker.name}' of the same pipeline makes it",
                where=maker.place,
                hint=f"list '{name}' under outputs",
            )
    for name in sorted(outputs):
        base = strip_transcoding(name)
        if base in graph.consumers and base not in graph.producers:
            raise PipelineError(
                f"'{name}' is listed under outputs, but no node of the pipeline makes it",
                hint=f"list '{name}' under inputs",
            )


def _check_existence(datasets: list[str], groups: Mapping[str, str], graph: Graph) -> None:
    missing = [name for name in datasets if name not in graph.datasets]
    missing += [group for group in groups if group != PARAMETERS and not _is_used(group, graph)]
    if not missing:
        return
    names = ", ".join(f"'{name}'" for name in missing)
    verb = "is" if len(missing) == 1 else "are"
    raise PipelineError(
        f"{names} {verb} mapped, but not read or made by any node of the pipeline",
        hint=did_you_mean(missing[0], graph.datasets),
    )


def _is_used(group: str, graph: Graph) -> bool:
    return group in graph.datasets or any(name.startswith(group + ".") for name in graph.consumers)
