"""What a save does with a table that is there: one vocabulary for every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast, get_args

from plait.catalog.entries import EntryError
from plait.datasets.option_values import as_columns
from plait.errors import DatasetError, did_you_mean

__all__ = ["Mode", "key_columns", "key_missing", "key_twice", "refuse_existing", "save_mode", "value_lost"]

Mode = Literal["overwrite", "append", "upsert", "error", "ignore"]

_KEDRO: dict[str, Mode] = {
    "replace": "overwrite",
    "truncate": "overwrite",
    "errorifexists": "error",
    "fail": "error",
    "delete_rows": "overwrite",
}


def save_mode(text: str, key: str | Sequence[str] | None = None) -> Mode:
    """Return the mode that an entry asks for; Kedro's and pandas' spellings are understood.

    Args:
        key: the columns that tell rows apart, which ``upsert`` needs.

    Raises:
        EntryError: there is no such mode, or it lacks a key.
    """
    mode = _KEDRO.get(str(text), text)
    known = get_args(Mode)
    if mode not in known:
        hint = did_you_mean(str(text), [*known, *_KEDRO])
        raise EntryError(f"`mode: {text}` is none of {', '.join(known)}", key="mode", hint=hint)
    if mode == "upsert" and not key:
        raise EntryError("`mode: upsert` needs a key", key="mode", hint="`key: id`, or a list of columns")
    return cast("Mode", mode)


def key_columns(key: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns of a key, however it is written. Raises CatalogError where it names none."""
    return as_columns("key", key)


def refuse_existing(subject: str, mode: Mode) -> None:
    """Raise that something exists, where that is an error."""
    if mode == "error":
        raise DatasetError(
            f"{subject} exists already", hint="`mode: overwrite`, `append`, `upsert` or `ignore`"
        )


def key_missing(key: Sequence[str]) -> DatasetError:
    """Return what is said of rows without a key."""
    return DatasetError(f"the key {', '.join(key)} is missing in some rows", hint="drop or fill those rows")


def key_twice(key: Sequence[str], values: Sequence[Any]) -> DatasetError:
    """Return what is said of two rows with one key."""
    return DatasetError(
        f"two rows have the same key: {', '.join(key)} = {', '.join(map(str, values))}",
        hint="keep one row for each key, say with `drop_duplicates` in the node",
    )


def value_lost(value: object, column: str, given: str, there: str) -> DatasetError:
    """Return what is said of a value that a table can only hold as another one."""
    return DatasetError(
        f"{value!r} would not stay what it is in column '{column}'",
        why=f"the column of the table is {there}, and the data has {given}",
        hint="cast it in the node, or make the table anew with `mode: overwrite`",
    )
