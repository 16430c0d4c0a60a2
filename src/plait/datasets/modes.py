"""What a save does with a table that is there: one vocabulary for every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast, get_args

from plait.errors import CatalogError, did_you_mean

__all__ = ["Mode", "key_columns", "save_mode"]

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
        CatalogError: there is no such mode, or it lacks a key.
    """
    mode = _KEDRO.get(text, text)
    known = get_args(Mode)
    if mode not in known:
        raise CatalogError(
            f"`mode: {text}` is none of {', '.join(known)}", hint=did_you_mean(text, [*known, *_KEDRO])
        )
    if mode == "upsert" and not key:
        raise CatalogError("`mode: upsert` needs a key", hint="`key: id`, or a list of columns")
    return cast("Mode", mode)


def key_columns(key: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns of a key, however it is written."""
    return (key,) if isinstance(key, str) else tuple(key or ())
