"""Rules about the entries of the catalog. None of them opens what an entry stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from plait.catalog.check import check_catalog, location_in
from plait.catalog.registry import dataset_type, missing_library, missing_module
from plait.errors import CredentialsError, MissingLibraryError, did_you_mean
from plait.pipeline import Node, is_parameter, strip_transcoding
from plait.project.check.facts import Facts
from plait.project.check.findings import Finding, Severity, error, flattened, warning

if TYPE_CHECKING:
    from plait.catalog import Entry

__all__ = [
    "missing_libraries",
    "names_of_parameters",
    "open_secrets",
    "shared_locations",
    "unused_entries",
    "wrong_entries",
]


def wrong_entries(facts: Facts) -> Iterator[Finding]:
    """Every entry and every factory has a known type, fitting arguments and credentials that exist."""
    used = {name for source in facts.sources for name in source.pipeline.datasets()}
    for problem in check_catalog(facts.catalog, sorted(used)):
        if not isinstance(problem, MissingLibraryError):  # told below, where it is known who uses it
            rule = "credentials" if isinstance(problem, CredentialsError) else "catalog"
            yield from flattened(rule, problem)


def missing_libraries(facts: Facts) -> Iterator[Finding]:
    """Every type has its libraries; for an entry that nobody uses a missing one is only a warning."""
    seen: dict[tuple[str, str | None], str | None] = {}
    for name, entry in facts.entries.items():
        key = (entry.type, facts.frame_of(entry))
        if key not in seen:
            seen[key] = missing_module(dataset_type(entry.type), key[1])
        module = seen[key]
        if module is None:
            continue
        problem = missing_library(module, f"type '{entry.type}' of '{name}'")
        problem.where = tuple(facts.entry_places([name]))
        severity: Severity = "error" if _used(name, facts) else "warning"
        yield Finding(severity, "library", problem)


def open_secrets(facts: Facts) -> Iterator[Finding]:
    """No entry holds credentials itself: the catalog is committed and shared."""
    for name, entry in facts.entries.items():
        if isinstance(entry.arguments.get("credentials"), Mapping):
            yield warning(
                "credentials",
                f"'{name}' holds its credentials itself",
                where=facts.entry_places([name]),
                why="The catalog is committed, and everybody who has the project can read them",
                hint="move them to conf/local/credentials.yml, and write their name here: credentials: NAME",
            )


def names_of_parameters(facts: Facts) -> Iterator[Finding]:
    """No entry is called as a parameter is: nodes would get the parameter."""
    for name in facts.catalog:
        if is_parameter(name):
            yield error(
                "parameter-entry",
                f"'{name}' is the name of a parameter, so no node can read this entry",
                where=facts.entry_places([name]),
                hint="give the entry another name, or move its value to parameters.yml",
            )


def unused_entries(facts: Facts) -> Iterator[Finding]:
    """Every entry is read or made by some node."""
    if not facts.whole or not facts.sources:
        return
    for name in facts.catalog:
        if _used(name, facts):
            continue
        unmet = [item for item in facts.producers if item not in facts.entries]
        yield warning(
            "unused-entry",
            f"No node uses '{name}'",
            where=facts.entry_places([name]),
            hint=did_you_mean(name, unmet) or "remove the entry if it is not needed",
        )


def shared_locations(facts: Facts) -> Iterator[Finding]:
    """No two nodes write one place, and whoever reads a place runs after whoever writes it."""
    places: dict[tuple[str, str], list[str]] = {}
    for name, entry in facts.entries.items():
        location = location_in(facts.catalog, name) if _used(name, facts) else None
        if location is not None:
            places.setdefault((location, _within(entry)), []).append(name)
    for (location, _), names in places.items():
        for one, other in combinations(names, 2):
            if strip_transcoding(one) != strip_transcoding(other):
                yield from _conflict(location, one, other, facts)


def _within(entry: Entry) -> str:
    """Return what tells two entries apart that may lie at one path, such as the sheets of one file."""
    if entry.location is None:
        return ""
    given = {key: entry.arguments.get(key) for key in ("table_name", "sql", "key", "sheet_name")}
    return str(sorted((key, str(value)) for key, value in given.items() if value))


def _conflict(location: str, one: str, other: str, facts: Facts) -> Iterator[Finding]:
    writers = [facts.producers.get(strip_transcoding(name)) for name in (one, other)]
    where = facts.entry_places([one, other])
    kind = "table" if facts.entries[one].location is None else "path"
    if all(writers):
        yield error(
            "shared-location",
            f"'{one}' and '{other}' are both written to {location}",
            where=where,
            hint=f"give one of them another {kind}",
        )
        return
    for writer, name, read in ((writers[0], one, other), (writers[1], other, one)):
        late = [
            node for node in facts.consumers.get(read, ()) if writer and not _follows(node, writer, facts)
        ]
        if writer is not None and late:
            yield error(
                "shared-location",
                f"'{read}' is read from {location}, where '{name}' is written",
                where=[*where, f"node '{late[0].name}'"],
                why=f"Node '{late[0].name}' does not wait for node '{writer.name}'",
                hint=f"let node '{late[0].name}' read '{name}', or give one of them another {kind}",
            )


def _follows(node: Node, first: Node, facts: Facts) -> bool:
    waiting, seen = [node], {node.name}
    while waiting:
        current = waiting.pop()
        if current.name == first.name:
            return True
        parents = [facts.producers.get(name) for name in current.reads]
        fresh = {parent.name: parent for parent in parents if parent is not None and parent.name not in seen}
        seen |= fresh.keys()
        waiting += fresh.values()
    return False


def _used(name: str, facts: Facts) -> bool:
    key = strip_transcoding(name)
    return key in facts.producers or key in facts.consumers
