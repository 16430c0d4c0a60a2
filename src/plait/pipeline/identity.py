"""When two callables are the same function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import CellType, FunctionType
from typing import Any

__all__ = ["same_function"]


def same_function(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    """Say whether two callables do the same.

    They do when they are equal, and when they came from the same definition with the same defaults
    and captured values: a ``create_pipeline()`` that is called twice makes its lambdas and partials
    twice.
    """
    if one is other:
        return True
    if isinstance(one, FunctionType) and isinstance(other, FunctionType):
        return (
            one.__code__ == other.__code__
            and one.__module__ == other.__module__
            and _same_items(one.__defaults__ or (), other.__defaults__ or ())
            and _same_values(one.__kwdefaults__ or {}, other.__kwdefaults__ or {})
            and _same_items(_captured(one), _captured(other))
        )
    if isinstance(one, partial) and isinstance(other, partial):
        return (
            same_function(one.func, other.func)
            and _same_items(one.args, other.args)
            and _same_values(one.keywords, other.keywords)
        )
    return _same_value(one, other)


def _captured(func: FunctionType) -> tuple[object, ...]:
    return tuple(_content(cell) for cell in func.__closure__ or ())


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # assigned after the function was made, and not yet
        return cell


def _same_items(one: Sequence[object], other: Sequence[object]) -> bool:
    return len(one) == len(other) and all(map(_same_value, one, other))


def _same_values(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return one.keys() == other.keys() and all(_same_value(value, other[key]) for key, value in one.items())


def _same_value(one: object, other: object) -> bool:
    if one is other:
        return True
    if isinstance(one, FunctionType | partial) and type(one) is type(other):
        return same_function(one, other)
    if type(one) is not type(other):
        return False
    try:
        return bool(one == other)
    except Exception:  # arrays and frames compare element by element, and some objects not at all
        return False
