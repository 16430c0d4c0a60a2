"""What a dataset that is a file may be given: one path, a format, and the options that format takes."""

from __future__ import annotations

import os
from collections.abc import Iterable

from plait.catalog import registry
from plait.catalog.formats import Format
from plait.catalog.locations import is_url, location_of
from plait.errors import CatalogError, did_you_mean

__all__ = ["format_of", "one_path", "refuse_unknown"]


def one_path(path: str | os.PathLike[str] | None, filepath: str | os.PathLike[str] | None) -> str:
    """Return the path, by whichever name it is given. Raises CatalogError."""
    given = [os.fspath(place) for place in (path, filepath) if place is not None]
    if len(given) != 1 or not given[0]:
        raise CatalogError("a file dataset needs either 'path' or 'filepath'")
    return given[0] if is_url(given[0]) else given[0].rstrip("/") or "/"


def format_of(wanted: Format | str | None, path: str) -> tuple[Format, str | None]:
    """Return the format and the frame that its name settles, if it does. Raises CatalogError."""
    if isinstance(wanted, Format):
        return wanted, None
    name = wanted or registry.type_of_path(path)
    if name is None:
        raise CatalogError(
            f"the suffix of '{location_of(path)}' does not say which format it has",
            hint="pass format='…', or in a catalog `type: …`",
        )
    row = registry.dataset_type(name)
    found = registry.import_target(row)
    if not isinstance(found, Format):
        raise CatalogError(f"type '{name}' is no file format")
    return found, row.frame


def refuse_unknown(kind: Format, options: Iterable[str]) -> None:
    """Raise CatalogError for an option that the format does not take."""
    for key in options:
        if key not in kind.options:
            raise CatalogError(f"{kind.name} takes no '{key}'", hint=did_you_mean(key, kind.options))
