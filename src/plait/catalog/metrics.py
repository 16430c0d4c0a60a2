"""What a metric may be: a number, or its history as a list, as step → number, or as points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from plait.errors import DatasetError

__all__ = ["Point", "last_values", "points_of", "points_of_all"]

_POINT = frozenset({"value", "step", "timestamp"})
_FORMS = "a number; a list of numbers; step → number; or {value: …, step: …}, one or a list of them"


class Point(NamedTuple):
    """A value of a metric; ``timestamp`` is in milliseconds since the epoch, None where the save's counts."""

    value: float
    step: int = 0
    timestamp: int | None = None


def points_of(value: Any) -> list[Point]:
    """Return the points of one metric, in their order.

    Raises:
        DatasetError: it is no metric.
    """
    if (number := _number(value)) is not None:
        return [Point(number)]
    if isinstance(value, Mapping):
        if "value" in value and value.keys() <= _POINT:
            return [_point(value, 0)]
        return [Point(_demanded(item), _step(step)) for step, item in value.items()]
    items = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(items, list | tuple):
        raise _no_metric(value)
    return [_point(item, number) for number, item in enumerate(items)]


def points_of_all(value: Any, name: str = "") -> Iterator[tuple[str, list[Point]]]:
    """Return dotted name → points of a mapping of metrics, which may hold mappings of metrics.

    Raises:
        DatasetError: something in it is no metric.
    """
    if not isinstance(value, Mapping):
        raise DatasetError("metrics are a mapping of names to numbers", why=f"found {_shown(value)}")
    for key, item in value.items():
        inner = f"{name}.{key}" if name else str(key)
        if isinstance(item, Mapping) and not _is_history(item):
            yield from points_of_all(item, inner)
            continue
        try:
            yield inner, points_of(item)
        except DatasetError as error:
            raise DatasetError(f"'{inner}' is no metric", why=error.why, hint=error.hint) from None


def last_values(value: Any) -> Any:
    """Return the same with each history shortened to its last number; what is no metric stays as it is."""
    if isinstance(value, Mapping) and not _is_history(value):
        return {key: last_values(item) for key, item in value.items()}
    try:
        points = points_of(value)
    except DatasetError:
        return value
    return points[-1].value if points else value


def _is_history(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping is one point, or step → number."""
    if "value" in value and value.keys() <= _POINT:
        return True
    return bool(value) and all(_is_step(key) for key in value)


def _is_step(key: Any) -> bool:
    return isinstance(key, int) and not isinstance(key, bool)


def _step(key: Any) -> int:
    if not _is_step(key) and not hasattr(key, "__index__"):
        raise DatasetError(f"{_shown(key)} is no step of a metric", why=f"a metric is {_FORMS}")
    return int(key)


def _point(item: Any, number: int) -> Point:
    if not isinstance(item, Mapping):
        return Point(_demanded(item), number)
    if "value" not in item or not item.keys() <= _POINT:
        raise _no_metric(item)
    moment = item.get("timestamp")
    return Point(
        _demanded(item["value"]), _step(item.get("step", number)), None if moment is None else int(moment)
    )


def _demanded(value: Any) -> float:
    number = _number(value)
    if number is None:
        raise _no_metric(value)
    return number


def _number(value: Any) -> float | None:
    """Return a single number of Python or NumPy; arrays, texts and truth values are none."""
    if isinstance(value, str) or _is_truth(value) or getattr(value, "shape", ()) != ():
        return None
    if not (isinstance(value, int | float) or hasattr(value, "__float__")):
        return None
    try:
        return float(value)
    except OverflowError as error:
        raise DatasetError(
            "the number is no metric",
            why="A metric is a float, and the number is too large for one",
            hint="save its logarithm, or use a dataset that is no metric, of type json, say",
        ) from error
    except (TypeError, ValueError):
        return None


def _is_truth(value: Any) -> bool:
    """Whether it is a ``bool`` of Python or NumPy."""
    return isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", "") == "b"


def _no_metric(value: Any) -> DatasetError:
    return DatasetError(f"{_shown(value)} is no metric", why=f"a metric is {_FORMS}")


def _shown(value: Any) -> str:
    if _is_truth(value) and getattr(value, "shape", ()) == ():
        return str(bool(value))
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = repr(value)
    return text if len(text) <= 40 else f"a {type(value).__name__}"
