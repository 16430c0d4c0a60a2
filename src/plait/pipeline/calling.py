"""How a node's function is called and its result taken apart: decided once, done millions of times.

Each function here returns the quickest callable for one shape of node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plait.errors import NodeError, did_you_mean
from plait.pipeline.binding import Bound

__all__ = ["Call", "Outputs", "Unpack", "caller", "unpacker"]

Call = Callable[[Sequence[object], Mapping[str, object]], object]
Unpack = Callable[[object], list[tuple[str, object]]]
Where = Callable[[], tuple[str, ...]]
Outputs = str | list[str] | dict[str, str] | None


def caller(func: Callable[..., Any], bound: Bound) -> Call:
    """Return ``call(values, injected)``; ``values`` come in the order of the bindings."""
    names = tuple(b.argument for b in bound.bindings if b.argument is not None)
    if bound.injected:
        return _injecting(func, bound, names)
    count = len(bound.positions)
    if not names:
        return lambda values, _: func(*values)
    if count == 0:
        return lambda values, _: func(**dict(zip(names, values, strict=True)))
    return lambda values, _: func(*values[:count], **dict(zip(names, values[count:], strict=True)))


def _injecting(func: Callable[..., Any], bound: Bound, names: tuple[str, ...]) -> Call:
    positions = bound.positions
    count = positions.count(None)
    by_name = tuple(name for name in bound.injected if name not in positions)

    def call(values: Sequence[object], injected: Mapping[str, object]) -> object:
        following = iter(values)
        ordered = [next(following) if name is None else injected[name] for name in positions]
        keywords = dict(zip(names, values[count:], strict=True))
        for name in by_name:
            keywords[name] = injected[name]
        return func(*ordered, **keywords)

    return call


def unpacker(node: str, outputs: Outputs, where: Where = tuple) -> Unpack:
    """Return ``unpack(result)``, which gives (dataset, value) for each output, in order.

    Args:
        node: its name, for messages.
        outputs: as they were given.
        where: gives the places to look at when a result does not fit.
    """
    if outputs is None or outputs == []:
        return lambda result: _nothing(node, result)
    if isinstance(outputs, str):
        return lambda result: [(outputs, result)]
    if isinstance(outputs, dict):
        return _by_key(node, outputs, where)
    return _in_order(node, outputs, where)


def _nothing(node: str, result: object) -> list[tuple[str, object]]:
    if result is not None:
        import warnings

        warnings.warn(
            f"node '{node}' has no outputs, but its function returned a value "
            f"({type(result).__name__}), which is dropped",
            UserWarning,
            stacklevel=2,
        )
    return []


def _in_order(node: str, outputs: list[str], where: Where) -> Unpack:
    expected = len(outputs)

    def unpack(result: object) -> list[tuple[str, object]]:
        if isinstance(result, tuple | list) and len(result) == expected:
            return list(zip(outputs, result, strict=True))
        raise _miscounted(node, outputs, result, where())

    return unpack


def _miscounted(node: str, outputs: list[str], result: object, where: tuple[str, ...]) -> NodeError:
    several = isinstance(result, tuple | list)
    count = len(outputs)
    wanted = f"{count} outputs" if count != 1 else "a list of 1 output"
    given = f"{len(result)} of them" if several else f"one {type(result).__name__}"  # type: ignore[arg-type]
    return NodeError(
        f"node '{node}' has {wanted}, but its function returned {given}",
        where=where,
        why=f"outputs: {', '.join(outputs)}",
        hint=f"write outputs='{outputs[0]}' for the value as it is, or return a tuple of one"
        if count == 1
        else "return a tuple with a value for each output, in the same order",
    )


def _by_key(node: str, outputs: dict[str, str], where: Where) -> Unpack:
    pairs = tuple(outputs.items())
    expected = outputs.keys()

    def unpack(result: object) -> list[tuple[str, object]]:
        if not isinstance(result, dict):
            raise NodeError(
                f"node '{node}' takes its outputs from a dict, but its function returned "
                f"a {type(result).__name__}",
                where=where(),
                why=f"expected keys: {_listed(expected)}",
                hint="return a dict with these keys, or give outputs as a list to return a tuple",
            )
        if result.keys() != expected:
            raise NodeError(
                f"the function of node '{node}' returned other keys than its outputs name",
                where=where(),
                why=f"expected keys: {_listed(expected)}\nreturned keys: {_listed(result)}",
                hint=_meant(expected, result),
            )
        return [(name, result[key]) for key, name in pairs]

    return unpack


def _meant(expected: Any, result: Any) -> str | None:
    """Return which missing key a returned one may be."""
    missing = [key for key in expected if key not in result]
    for key in result:
        if key not in expected and (hint := did_you_mean(str(key), missing)):
            return f"'{key}': {hint}"
    return None


def _listed(keys: Any) -> str:
    return ", ".join(repr(key) for key in sorted(keys, key=str)) or "none"
