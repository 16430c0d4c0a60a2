"""Rules about the types that functions declare for what they return and take."""

from __future__ import annotations

import collections.abc
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from plait.catalog import frames
from plait.pipeline import Node, is_parameter, strip_transcoding
from plait.project.check.facts import Facts
from plait.project.check.findings import Finding, error

__all__ = ["frame_unions", "unfit_types"]

_PLAIN = (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)
_STREAMS = (
    collections.abc.Iterator,
    collections.abc.Iterable,
    collections.abc.Generator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncGenerator,
)
#: Types that formats such as JSON give back as one another.
_ALIKE = (frozenset({list, tuple, set, frozenset}), frozenset({int, float, bool, complex}))
_AS_IT_IS = ("memory", "MemoryDataset", "pickle", "joblib", "pickle.PickleDataset")


def frame_unions(facts: Facts) -> Iterator[Finding]:
    """No argument asks for one of several frames: nobody could say which it gets."""
    for node in facts.nodes:
        for binding in node.bindings:
            asked = frames.choices(binding.annotation, _scope(node))
            if len(asked) > 1 and not is_parameter(binding.dataset):
                yield error(
                    "frame-union",
                    f"Argument '{binding.parameter}' of node '{node.name}' may be {' or '.join(asked)}",
                    where=facts.places(node),
                    why=f"'{binding.dataset}' can be delivered in one frame only",
                    hint="annotate it with the one the function works with",
                )


def unfit_types(facts: Facts) -> Iterator[Finding]:
    """What a node returns can be what the next one declares to take."""
    returned = {
        strip_transcoding(name): (node, kind)
        for node in facts.nodes
        for name, kind in _returned(node).items()
    }
    for node in facts.nodes:
        for binding in node.bindings:
            made = returned.get(strip_transcoding(binding.dataset))
            if made is None:
                continue
            producer, given = made
            taken = _resolved(binding.annotation, node)
            stored = _stored(binding.dataset, facts)
            if not _fits(given, taken, stored):
                yield _unfit(facts, producer, node, binding, given, taken)


def _unfit(facts: Facts, producer: Node, node: Node, binding: Any, given: Any, taken: Any) -> Finding:
    return error(
        "types",
        f"'{binding.dataset}' is made as {_name(given)} and taken as {_name(taken)}",
        where=[*facts.places(producer), *facts.places(node)],
        why=f"Node '{producer.name}' returns {_name(given)}; argument '{binding.parameter}' "
        f"of node '{node.name}' is annotated {_name(taken)}",
        hint="correct one of the annotations, or read another dataset",
    )


def _returned(node: Node) -> dict[str, Any]:
    """Return dataset → declared type of what a node makes, as far as it can be told."""
    kind = _resolved(node.return_annotation, node)
    outputs = node.outputs
    if kind is None or node.streams or not outputs or _origin(kind) in _STREAMS:
        return {}
    single = isinstance(getattr(node, "_outputs", None), str)
    if single:
        return {outputs[0]: kind}
    parts = typing.get_args(kind)
    if _origin(kind) is tuple and len(parts) == len(outputs) and Ellipsis not in parts:
        return dict(zip(outputs, parts, strict=True))
    return {}


def _resolved(annotation: object, node: Node) -> Any:
    """Return an annotation as a type; text is looked up in the function's module, None where that fails."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, dict(_scope(node)))  # noqa: S307 - the user's own annotation, as typing does
    except Exception:
        return None  # a name that only a type checker sees


def _scope(node: Node) -> Mapping[str, object]:
    func: Any = node.func
    while True:
        inner = (
            getattr(func, "__wrapped__", None)
            or getattr(func, "func", None)
            or getattr(func, "__func__", None)
        )
        if inner is None:
            break
        func = inner
    if not hasattr(func, "__globals__"):
        func = type(func).__call__
    return getattr(func, "__globals__", {})


def _stored(name: str, facts: Facts) -> bool:
    entry = facts.entries.get(name)
    return entry is not None and entry.type not in _AS_IT_IS


def _fits(given: Any, taken: Any, stored: bool) -> bool:
    """Return False only where no value of the one type can arrive as the other."""
    ours, theirs = _classes(given), _classes(taken)
    if ours is None or theirs is None:
        return True
    return any(_class_fits(one, other, stored) for one in ours for other in theirs)


def _class_fits(given: type, taken: type, stored: bool) -> bool:
    if issubclass(given, taken) or issubclass(taken, given):
        return True
    if _frame(given) and _frame(taken):
        return True
    numbers = (int, float, complex)
    if given in numbers and taken in numbers:
        return numbers.index(given) < numbers.index(taken) or stored
    if not stored:
        return False
    # A file gives what its reader makes of it; only what no reader does is a mistake.
    if any(given in kinds and taken in kinds for kinds in _ALIKE):
        return True
    return not (_plain(given) and _plain(taken))


def _classes(kind: Any) -> tuple[type, ...] | None:
    """Return the classes a type stands for, or None where anything may be meant."""
    if kind is None or isinstance(kind, str):
        return None
    origin = typing.get_origin(kind)
    if origin is typing.Union or origin is types.UnionType:
        parts = [_classes(part) for part in typing.get_args(kind)]
        return None if None in parts else tuple(cls for part in parts if part for cls in part)
    if origin is typing.Annotated:
        return _classes(typing.get_args(kind)[0])
    found = origin or kind
    open_ended = not isinstance(found, type) or found is object or getattr(found, "_is_protocol", False)
    # Abstract classes may have anything registered with them.
    return None if open_ended or hasattr(found, "__abstractmethods__") else (found,)


def _frame(cls: type) -> bool:
    return frames.choices(cls) != ()


def _plain(cls: type) -> bool:
    return cls in _PLAIN or frames.wanted(cls) not in (None, "path")


def _origin(kind: Any) -> Any:
    return typing.get_origin(kind) or kind


def _name(kind: Any) -> str:
    if isinstance(kind, type) and typing.get_origin(kind) is None:
        root = kind.__module__.partition(".")[0]
        return kind.__qualname__ if root == "builtins" else f"{root}.{kind.__qualname__}"
    return str(kind).replace("typing.", "")
