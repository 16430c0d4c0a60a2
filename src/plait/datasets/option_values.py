"""The values of a table's options, as an entry writes them: what makes no sense is refused by its key.

A dataset takes them when it is made, which opens nothing, so that ``plait check`` finds each mistake.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from plait.catalog.entries import EntryError
from plait.errors import did_you_mean

__all__ = [
    "as_columns",
    "as_limit",
    "demand_choice",
    "demand_mapping",
    "demand_name",
    "demand_text",
    "demand_truth",
]


def as_columns(key: str, value: Any) -> tuple[str, ...]:
    """Return the columns that an option names: one, or a list of them; none where it is not given."""
    if isinstance(value, str):
        return (value,)
    if value is None or _is_texts(value):
        return tuple(value or ())
    raise _refused(key, value, "no column, and no list of columns", "write `id`, or `[id, name]`")


def as_limit(key: str, value: Any) -> int | None:
    """Return a number of rows, or None."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise _refused(key, value, "no number of rows", "write a whole number, 0 or more")


def demand_name(key: str, value: Any) -> None:
    """Raise EntryError where a value is no name, alone or with what stands before it in a list."""
    if not (value is None or isinstance(value, str) or (value and _is_texts(value))):
        raise _refused(key, value, "no name", f'write it as a text: `{key}: "{value}"`')


def demand_text(key: str, value: Any) -> None:
    """Raise EntryError where a value is neither a text, or a path, nor left out."""
    if not (value is None or isinstance(value, str | os.PathLike)):
        raise _refused(key, value, "no text", f'if that is meant, write it in quotes: `{key}: "{value}"`')


def demand_truth(key: str, value: Any) -> None:
    """Raise EntryError where a value is neither true nor false."""
    if not isinstance(value, bool):
        raise _refused(
            key, value, "neither true nor false", f"write `{key}: true` or `{key}: false`, without quotes"
        )


def demand_mapping(key: str, value: Any) -> None:
    """Raise EntryError where a value is no mapping of names to values."""
    if not (value is None or isinstance(value, Mapping)):
        raise _refused(key, value, "no mapping", f"write `{key}: {{name: value}}`")


def demand_choice(key: str, value: Any, choices: Sequence[str]) -> None:
    """Raise EntryError where a value is none of those that there are."""
    if value not in choices:
        known = (
            f"neither `{choices[0]}` nor `{choices[1]}`"
            if len(choices) == 2
            else f"none of {', '.join(choices)}"
        )
        raise EntryError(f"`{key}: {value}` is {known}", key=key, hint=did_you_mean(str(value), choices))


def _is_texts(value: Any) -> bool:
    return isinstance(value, Sequence) and all(isinstance(item, str) for item in value)


def _refused(key: str, value: Any, what: str, hint: str) -> EntryError:
    shown = f'"{value}"' if isinstance(value, str) else value
    return EntryError(f"`{key}: {shown}` is {what}", key=key, hint=hint)
