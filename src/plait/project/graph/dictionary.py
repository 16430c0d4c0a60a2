"""All datasets of a project as rows: what they are, where they lie, who makes and who uses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from plait.errors import PlaitError
from plait.pipeline import Pipeline, is_parameter, strip_transcoding
from plait.project.graph.document import place_of

if TYPE_CHECKING:
    from plait.project.project import Project

__all__ = ["data_dictionary"]


def data_dictionary(project: Project) -> list[dict[str, Any]]:
    """Return a row for each dataset, by name, instantiating none.

    ``state`` is ``used``, ``unused`` (in the catalog only), ``memory``, ``wrong`` (the entry cannot be read)
    or ``missing`` (a local file that a node needs and no node makes is not there).
    """
    used: dict[str, list[str]] = {}
    producers: dict[str, str] = {}
    for pipeline in _pipelines(project):
        for node in pipeline.nodes:
            producers |= {strip_transcoding(name): node.name for name in node.outputs}
            for name in dict.fromkeys(map(strip_transcoding, node.inputs)):
                if not is_parameter(name) and node.name not in used.setdefault(name, []):
                    used[name].append(node.name)
    names = sorted({*project.catalog.keys(), *used, *producers})
    return [_row(project, name, producers.get(name), used.get(name, [])) for name in names]


def _pipelines(project: Project) -> Iterator[Pipeline]:
    for name in project.pipelines:
        with suppress(PlaitError):
            yield project.pipelines[name]


def _row(project: Project, name: str, producer: str | None, used_by: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "producer": producer, "used_by": used_by}
    try:
        entry = project.catalog.entry(name)
    except PlaitError as error:
        return {**row, "type": None, "state": "wrong", "doc": error.what}
    if entry is None or entry.is_memory:
        return {**row, "type": "memory", "state": "memory"}
    return {
        **row,
        "type": entry.type,
        "layer": entry.layer,
        "location": place_of(entry),
        "doc": entry.description,
        "tags": sorted(entry.tags),
        "state": _state(project, entry.location, producer, used_by),
    }


def _state(project: Project, location: str | None, producer: str | None, used_by: list[str]) -> str:
    if producer is None and not used_by:
        return "unused"
    local = location is not None and "://" not in location and "*" not in location and "{" not in location
    if producer is None and local and not (project.root / str(location)).exists():
        return "missing"
    return "used"
