"""What is wrong with a catalog, found without opening anything or importing a data library.

No dataset is made but the tables of Plait's own, which check their options then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.catalog import registry, remote
from plait.catalog.build import is_table
from plait.catalog.entries import Entry, EntryError
from plait.catalog.locations import is_url
from plait.catalog.patterns import Pattern, rank
from plait.catalog.protocols import Located
from plait.errors import CatalogError, CredentialsError, PlaitError
from plait.pipeline.names import strip_transcoding

if TYPE_CHECKING:
    from plait.catalog.catalog import DataCatalog

__all__ = ["SharedLocation", "check_catalog", "location_in", "shared_locations"]


class SharedLocation(NamedTuple):
    """One place, and the names of the entries that lie there, in the catalog's order."""

    location: str
    names: tuple[str, ...]


def check_catalog(catalog: DataCatalog, names: Iterable[str] = ()) -> list[PlaitError]:
    """Return all that is wrong with the entries and factories of a catalog, in its order.

    Found are unknown types, keys and frames, wrong values, missing paths, credentials and libraries.

    Args:
        names: further names to look at, as those of a pipeline, which factories may stand for.
    """
    problems: list[PlaitError] = list(_factory_problems(catalog))
    if any("catch-all" in problem.what or "factory" in problem.what for problem in problems):
        names = ()  # with a broken factory nothing can be said about what it stands for
    libraries: dict[tuple[str, str | None], str | None] = {}
    for name in dict.fromkeys([*catalog.keys(), *names]):
        problems += _entry_problems(catalog, name, libraries)
    return problems


def shared_locations(catalog: DataCatalog, names: Iterable[str] = ()) -> list[SharedLocation]:
    """Return the places where several entries lie; transcoding twins (``x@a``, ``x@b``) count as one.

    Whether that is a mistake depends on who reads and who writes, which the caller knows.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys([*catalog.keys(), *names]):
        location = location_in(catalog, name)
        if location:
            found[location].append(name)
    return [
        SharedLocation(location, tuple(there))
        for location, there in found.items()
        if len({strip_transcoding(name) for name in there}) > 1
    ]


def location_in(catalog: DataCatalog, name: str) -> str | None:
    """Return where the data of a name lies: a path, a URL or a table; None where nothing says so."""
    try:
        entry = catalog.entry(name)
        if entry is not None and (entry.location is not None or not is_table(entry)):
            return entry.location
        dataset = catalog.get(name)
    except PlaitError:
        return None
    return dataset.location if isinstance(dataset, Located) else None


def _factory_problems(catalog: DataCatalog) -> Iterator[PlaitError]:
    patterns: list[Pattern] = []
    for text, value in catalog.factories.items():
        try:
            pattern = Pattern.compile(text)
        except CatalogError as error:
            yield _placed(error, catalog.places(text))
            continue
        patterns.append(pattern)
        for name in pattern.unknown_placeholders(value):
            unknown = CatalogError(
                f"factory '{text}' has no placeholder '{name}'",
                why=f"its entry uses {{{name}}}",
                hint=f"it has {', '.join(f'{{{known}}}' for known in pattern.placeholders)}",
            )
            yield _placed(unknown, catalog.places(text))
    try:
        rank(patterns)
    except CatalogError as error:
        yield error


def _entry_problems(
    catalog: DataCatalog, name: str, libraries: dict[tuple[str, str | None], str | None]
) -> Iterator[PlaitError]:
    try:
        entry = catalog.entry(name)
    except PlaitError as error:
        yield error
        return
    if entry is None or entry.is_memory:
        return
    for problem in (*_wrong_arguments(catalog, entry), *_missing_credentials(catalog, entry)):
        yield _placed(problem, catalog.places(name, getattr(problem, "key", None)))
    for key in _types_of(catalog, entry):
        if key not in libraries:
            libraries[key] = registry.missing_module(registry.dataset_type(key[0]), key[1])
        missing = libraries[key]
        if missing is not None:
            yield _placed(registry.missing_library(missing, f"type '{key[0]}'"), catalog.places(name))
    if entry.location is not None and is_url(entry.location):
        behind = remote.unopenable(entry.location)
        if behind is not None:
            yield _placed(behind, catalog.places(name))


def _types_of(catalog: DataCatalog, entry: Entry) -> list[tuple[str, str | None]]:
    try:
        return catalog.builder.types_of(entry)
    except CatalogError:  # of its parts; told as a wrong argument
        return [(entry.type, catalog.builder.frame_of(entry))]


def _wrong_arguments(catalog: DataCatalog, entry: Entry) -> Iterator[PlaitError]:
    """Give each wrong argument: what the first hides is found without it."""
    wrong: set[str] = set()
    while True:
        try:
            catalog.builder.check(_without(entry, wrong))
        except EntryError as error:
            yield error
            if error.key is not None and error.key not in wrong:
                wrong.add(error.key)
                continue
        except CatalogError as error:
            told = isinstance(error, ImportError | CredentialsError)  # once, by itself, with its frame
            if not told and not wrong:  # what is missing may be what was just taken away
                yield error
        return


def _without(entry: Entry, keys: set[str]) -> Entry:
    arguments = {key: value for key, value in entry.arguments.items() if key not in keys}
    return replace(entry, arguments=arguments, frame=None if "frame" in keys else entry.frame)


def _missing_credentials(catalog: DataCatalog, entry: Entry) -> Iterator[PlaitError]:
    for name in _credentials_in(entry.arguments):
        if name not in catalog.builder.credentials:
            try:
                catalog.builder.credentials_named(name)
            except CredentialsError as error:
                yield error


def _credentials_in(arguments: Mapping[str, Any]) -> Iterator[str]:
    for key, value in arguments.items():
        if key == "credentials" and isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _credentials_in(value)


def _placed(error: PlaitError, places: tuple[str, ...]) -> PlaitError:
    error.where = (*places, *error.where)
    return error
