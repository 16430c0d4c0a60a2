"""Whether a run's overrides of parameters reach anything: a misspelt one must not be ignored silently."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from plait.config.layers import raise_collected
from plait.config.paths import KeyPath, dotted, find, leaf_paths
from plait.errors import ParameterError, did_you_mean
from plait.values import Origin

__all__ = ["check_overrides", "runtime_names"]

_REFERENCE = re.compile(r"\$\{\s*runtime_params\s*:\s*([^,}\s]+)")


def check_overrides(
    overrides: Mapping[str, Any],
    below: Mapping[str, Any],
    *,
    mentioned: Callable[[], Iterable[str]],
    origin: Callable[[KeyPath], Origin | None] = lambda _: None,
) -> None:
    """Refuse overrides that nothing knows, and those that would replace a single value by a group.

    Args:
        overrides: nested.
        below: the parameters of the files, nothing interpolated.
        mentioned: gives the dotted names that nodes and interpolations ask for; called only if needed.
        origin: where a parameter of the files is written.

    Raises:
        ParameterError: or Problems, all of them at once.
    """
    problems = []
    for path in [dotted(keys) for keys in leaf_paths(overrides) if keys]:
        problem = _through_a_value(path, below, origin)
        if problem is None and find(below, path.split(".")) is None:
            problem = _unknown(path, below, set(mentioned()))
        if problem is not None:
            problems.append(problem)
    raise_collected(problems)


def runtime_names(tree: Any) -> Iterator[str]:
    """Yield the names that ``${runtime_params:…}`` asks for anywhere in a configuration."""
    if isinstance(tree, str):
        yield from _REFERENCE.findall(tree)
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from runtime_names(key)
            yield from runtime_names(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from runtime_names(item)


def _through_a_value(
    path: str, below: Mapping[str, Any], origin: Callable[[KeyPath], Origin | None]
) -> ParameterError | None:
    parts = path.split(".")
    for length in range(1, len(parts)):
        found = find(below, parts[:length])
        if found is not None and found.value is not None and not isinstance(found.value, Mapping):
            group = dotted(found.keys)
            place = origin(found.keys)
            kind = "list" if isinstance(found.value, list) else "single value"
            return ParameterError(
                f"'{path}' cannot be set: '{group}' is a {kind}, not a group of parameters",
                where=("--params", *([str(place)] if place else [])),
                hint=f"set it as a whole: --params {group}={'[…]' if kind == 'list' else '…'}",
            )
    return None


def _unknown(path: str, below: Mapping[str, Any], mentioned: set[str]) -> ParameterError | None:
    if any(_overlap(path, name) for name in mentioned):
        return None
    known = {dotted(keys[:length]) for keys in leaf_paths(below) for length in range(1, len(keys) + 1)}
    return ParameterError(
        f"there is no parameter '{path}' to override",
        where="--params",
        why="no parameter file has it, and no node and no ${runtime_params:…} asks for it",
        hint=did_you_mean(path, known | mentioned) or f"add '{path}' to conf/base/parameters.yml",
    )


def _overlap(path: str, name: str) -> bool:
    """Tell whether one is the other, or in it: a node that takes a whole group knows what belongs in it."""
    return f"{path}.".startswith(f"{name}.") or f"{name}.".startswith(f"{path}.")
