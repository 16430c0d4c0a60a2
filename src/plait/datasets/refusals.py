"""The one sentence for data that a format cannot hold."""

from __future__ import annotations

from plait.errors import DatasetError

__all__ = ["kind_of", "unfit"]


def kind_of(data: object) -> str:
    """Return the name of a type as a user imports it."""
    kind = type(data)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def unfit(takes: str, data: object, hint: str | None = None) -> DatasetError:
    """Return the error that says what a format takes and what it was given."""
    return DatasetError(f"{takes}, and the data is of type {kind_of(data)}", hint=hint)
