"""Where two values differ, told from their text: of large options, the one field that changed."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Difference", "differing"]

_DATES = {"datetime.date": dt.date, "datetime.datetime": dt.datetime}


class Difference(NamedTuple):
    """One place where two values differ; ``path`` is empty where they differ as a whole."""

    path: str
    then: str
    now: str


def differing(then: str, now: str) -> list[Difference]:
    """Return where two values differ, by the ``repr`` of each: fields of classes, keys of mappings."""
    try:
        trees = ast.parse(then, mode="eval").body, ast.parse(now, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a repr that is no expression
        return [Difference("", then, now)]
    found = [Difference(path, _text(then, one), _text(now, other)) for path, one, other in _walk("", *trees)]
    return found or [Difference("", then, now)]


def _text(source: str, value: ast.expr) -> str:
    """Return what stands in the source, a date or time as one writes it."""
    text = ast.get_source_segment(source, value) or ""
    kind = _DATES.get(ast.unparse(value.func)) if isinstance(value, ast.Call) else None
    if kind is None or not isinstance(value, ast.Call) or value.keywords:
        return text
    numbers = [item.value for item in value.args if isinstance(item, ast.Constant)]
    whole = [number for number in numbers if isinstance(number, int)]
    return str(kind(*whole)) if len(whole) == len(value.args) else text


def _walk(path: str, one: ast.expr, other: ast.expr) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    if ast.dump(one) == ast.dump(other):
        return
    before, after = _fields(one), _fields(other)
    if not before or before.keys() != after.keys() or _class(one) != _class(other):
        yield path, one, other
        return
    for name, value in before.items():
        yield from _walk(f"{path}.{name}", value, after[name])


def _class(value: ast.expr) -> str:
    return ast.dump(value.func) if isinstance(value, ast.Call) else type(value).__name__


def _fields(value: ast.expr) -> dict[str, ast.expr]:
    """Return the fields of ``Name(field=…)`` or of a mapping from text; empty for anything else."""
    if isinstance(value, ast.Call) and not value.args:
        return {word.arg: word.value for word in value.keywords if word.arg}
    if isinstance(value, ast.Dict):
        names = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        texts = [name for name in names if isinstance(name, str)]
        return dict(zip(texts, value.values, strict=True)) if len(texts) == len(names) else {}
    return {}
