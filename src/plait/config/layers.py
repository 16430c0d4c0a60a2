"""Layers of one kind of configuration, and the rules by which the upper ones change the lower."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from plait.config.documents import Document
from plait.config.paths import ABSENT, KeyPath, at, dotted, leaf_paths
from plait.config.positions import line_of
from plait.errors import ConfigError, PlaitError, Problems
from plait.values import Origin

__all__ = ["Contribution", "Layer", "Source", "Stack", "check_duplicates", "raise_collected"]


@dataclass(frozen=True)
class Source:
    """One file of one layer, or values given in Python (without a path)."""

    name: str
    layer: str
    document: Document
    path: Path | None = None

    def value_at(self, keys: KeyPath) -> Any:
        return at(self.document.values, keys)

    def origin(self, keys: KeyPath) -> Origin:
        line = line_of(self.path, self.document, keys) if self.path else None
        return Origin(self.name, line, self.layer)


class Contribution(NamedTuple):
    """What one layer says about a path."""

    source: Source
    value: Any


@dataclass(frozen=True)
class Layer:
    """The files of one environment that hold one kind."""

    name: str
    sources: tuple[Source, ...]

    def replaced(self) -> frozenset[KeyPath]:
        return frozenset().union(*(source.document.replaced for source in self.sources))

    def values(self) -> dict[Any, Any]:
        if len(self.sources) == 1:
            return self.sources[0].document.values
        result: dict[Any, Any] = {}
        for source in self.sources:
            result = merge(result, source.document.values)
        return result


@dataclass(frozen=True)
class Stack:
    """All layers of one kind, weakest first."""

    kind: str
    layers: tuple[Layer, ...]
    _merged: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(source for layer in self.layers for source in layer.sources)

    def merged(self) -> dict[Any, Any]:
        """Return the effective values, nothing interpolated."""
        if "values" not in self._merged:
            self._merged["values"] = self._merge()
        return self._merged["values"]  # type: ignore[no-any-return]

    def _merge(self) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        combine = merge_catalogs if self.kind == "catalog" else merge
        for layer in self.layers:
            if layer.sources:
                values = layer.values()
                result = combine(result, values, layer.replaced()) if result else values
        return result

    def contributions(self, keys: KeyPath) -> list[Contribution]:
        """Return what each file says about a path, weakest first."""
        found = [Contribution(source, source.value_at(keys)) for source in self.sources]
        return [item for item in found if item.value is not ABSENT]

    def origin(self, keys: KeyPath) -> Origin | None:
        """Return where the effective value at ``keys`` is written, or that of its nearest parent."""
        while keys:
            found = self.contributions(keys)
            if found:
                return found[-1].source.origin(keys)
            keys = keys[:-1]
        return None


def merge(
    lower: Mapping[Any, Any],
    upper: Mapping[Any, Any],
    replaced: frozenset[KeyPath] = frozenset(),
    keys: KeyPath = (),
) -> dict[Any, Any]:
    """Return ``upper`` over ``lower``: mappings merge deeply, everything else and ``replaced`` replaces."""
    if keys in replaced:
        return dict(upper)
    result = dict(lower)
    for key, value in upper.items():
        below = result.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            result[key] = merge(below, value, replaced, (*keys, key))
        else:
            result[key] = value
    return result


def merge_catalogs(
    lower: Mapping[Any, Any], upper: Mapping[Any, Any], replaced: frozenset[KeyPath] = frozenset()
) -> dict[Any, Any]:
    """Merge catalogs: an entry of another ``type`` replaces the whole entry below it.

    A path alone is short for ``path:``, and ``path`` and ``filepath`` are two names of one key.
    """
    if () in replaced:
        return dict(upper)
    result = dict(lower)
    for name, entry in upper.items():
        below = result.get(name)
        if isinstance(entry, Mapping) and below is not None and _adds_to(entry, below):
            result[name] = merge(_long_form(below, entry), entry, replaced, (name,))
        else:
            result[name] = entry
    return result


def _adds_to(entry: Mapping[Any, Any], below: Any) -> bool:
    if isinstance(below, str):
        return not entry.keys() & {"path", "filepath", "type"}
    return isinstance(below, Mapping) and entry.get("type", ABSENT) in (below.get("type"), ABSENT)


def _long_form(below: Any, entry: Mapping[Any, Any]) -> Mapping[Any, Any]:
    if isinstance(below, str):
        return {"path": below}
    renamed = {"path": "filepath", "filepath": "path"}
    dropped = {other for given, other in renamed.items() if given in entry}
    return {key: value for key, value in below.items() if key not in dropped} if dropped else below


def check_duplicates(layer: Layer, kind: str) -> list[PlaitError]:
    """Return an error for every key that two files of one layer give.

    Parameters are compared by the full path of each value, other kinds by their top-level keys. Keys that
    begin with ``_`` are templates and may be repeated.
    """
    if len(layer.sources) < 2:
        return []
    problems: list[PlaitError] = []
    paths: Callable[[Any], Iterator[KeyPath]] = leaf_paths if kind == "parameters" else _top_keys
    seen: dict[KeyPath, Source] = {}
    for source in layer.sources:
        for keys in paths(source.document.values):
            if not keys or str(keys[0]).startswith("_"):
                continue
            first = seen.setdefault(keys, source)
            if first is not source:
                problems.append(_duplicate(keys, first, source, kind))
    return problems


def _top_keys(values: Mapping[Any, Any]) -> Iterator[KeyPath]:
    return ((key,) for key in values)


def _duplicate(keys: KeyPath, first: Source, second: Source, kind: str) -> ConfigError:
    return ConfigError(
        f"the {_singular(kind)} '{dotted(keys)}' is given twice in one layer",
        where=(str(first.origin(keys)), str(second.origin(keys))),
        why=f"both files belong to the layer '{first.layer}', so neither overrides the other",
        hint="keep one of the two, or move one to another environment",
    )


def _singular(kind: str) -> str:
    names = {"catalog": "catalog entry", "parameters": "parameter", "globals": "global"}
    return names.get(kind, f"key of {kind}")


def raise_collected(problems: Sequence[PlaitError]) -> None:
    """Raise the one problem as it is, or all of several together."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise Problems(problems)
