"""What a dataset was made from, and what was made from it: from the records of what lies there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plait.datasets.mlflow.server import version_of_alias
from plait.errors import DatasetNotFoundError, did_you_mean
from plait.identity.datasets import location_of
from plait.identity.encoding import digest
from plait.ledger.traces import TraceRow, TraceStore
from plait.mlflow.sending import impatient
from plait.mlflow.spool import arrival_of, model_of
from plait.pipeline import is_parameter, strip_transcoding
from plait.project.tracking import tracking_of

if TYPE_CHECKING:
    from plait.pipeline import Node, Pipeline
    from plait.project.project import Project

__all__ = ["Ancestor", "Lineage", "open_lineage"]


@dataclass(frozen=True)
class Ancestor:
    """One dataset on the way, and the call that made it.

    Attributes:
        location: where it lies, relative to the project; None in memory.
        fingerprint: what identified it when it was recorded; None where that is not known.
        node: what made it; None for a raw input.
        run: the run in which it was made.
        code: digest of all code that the node reached.
        parameters: name → value as text, None where it is not kept.
        next: names of the datasets that it was made from, or that were made from it.
        depth: steps from the dataset that was asked for.
        model: what MLflow calls the model that it is, as ``models:/name/3``.
    """

    dataset: str
    location: str | None = None
    fingerprint: str | None = None
    node: str | None = None
    run: str | None = None
    code: str | None = None
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    next: tuple[str, ...] = ()
    depth: int = 0
    model: str | None = None


class Lineage:
    """Follows datasets through the pipelines of a project and the records of its runs.

    Args:
        run: go by what was on record when it ended; by default by what is now.
    """

    def __init__(self, project: Project, pipeline: Pipeline, run: str | None = None) -> None:
        self._catalog = project.catalog
        self._pipeline = pipeline
        self._state = project.state
        traces = TraceStore(project.ledger.database)
        rows = traces.everything() if run is None else [*traces.as_of(run).values()]
        self._made: dict[str, TraceRow] = {}
        for row in reversed(rows):
            self._made.update(dict.fromkeys(row.outputs, row))
        self._read = {
            strip_transcoding(item[0]): item[1]
            for row in reversed(rows)
            for item in row.inputs.values()
            if item[1] is not None
        }

    def up(self, dataset: str) -> list[Ancestor]:
        """Return a dataset and everything it was made from, each once, nearest first."""
        return self._walk(self._known(dataset), self._sources)

    def down(self, dataset: str) -> list[Ancestor]:
        """Return a dataset and everything that was made from it, each once, nearest first."""
        return self._walk(self._known(dataset), self._results)

    def _walk(self, start: str, following: Any) -> list[Ancestor]:
        found: list[Ancestor] = []
        waiting, seen = [(start, 0)], {start}
        for name, depth in waiting:
            after = tuple(dict.fromkeys(following(name)))
            found.append(self._ancestor(name, after, depth))
            waiting += [(item, depth + 1) for item in after if item not in seen]
            seen.update(after)
        return found

    def _ancestor(self, name: str, after: tuple[str, ...], depth: int) -> Ancestor:
        node = self._pipeline.producers.get(name)
        location = self._location(name)
        row = self._made.get(location or "")
        if row is None:
            made_by = None if node is None else node.name
            return Ancestor(name, location, self._read.get(name), made_by, next=after, depth=depth)
        facts = row.facts
        return Ancestor(
            name,
            location,
            row.outputs.get(location or ""),
            row.node,
            row.run,
            digest(facts["code"]) if facts.get("code") else None,
            {key: value[1] for key, value in (facts.get("params") or {}).items()},
            after,
            depth,
            self._model(name, row.run),
        )

    def _model(self, name: str, run: str) -> str | None:
        entry = self._catalog.entry(name)
        if entry is None or entry.tracked is None or entry.tracked.kind != "model":
            return None
        told = (arrival_of(self._state, run) or {}).get("models", {}).get(name, {})
        return told.get("uri") if told else None

    def _sources(self, name: str) -> Iterator[str]:
        row = self._made.get(self._location(name) or "")
        if row is not None:
            yield from (strip_transcoding(item[0]) for item in row.inputs.values())
            return
        if name in self._catalog:
            yield from map(strip_transcoding, self._catalog.references(name))
        node = self._pipeline.producers.get(name)
        if node is not None:
            yield from _data(node)

    def _results(self, name: str) -> Iterator[str]:
        for node in self._pipeline.consumers.get(name, ()):
            yield from (via for via, names in node.through.items() if name in map(strip_transcoding, names))
            if name in map(strip_transcoding, node.inputs):
                yield from map(strip_transcoding, node.outputs)

    def _location(self, name: str) -> str | None:
        if name not in self._catalog or self._catalog.is_memory(name):
            return None
        return location_of(name, self._catalog.dataset(name), self._catalog.entry(name))

    def _known(self, dataset: str) -> str:
        name = strip_transcoding(dataset)
        known = {strip_transcoding(each) for each in self._pipeline.datasets() if not is_parameter(each)}
        if name not in known:
            raise DatasetNotFoundError(
                f"No pipeline has a dataset '{dataset}'",
                hint=did_you_mean(name, known) or "plait catalog list",
            )
        return name


def open_lineage(project: Project, wanted: str) -> tuple[Lineage, str]:
    """Return the lineage of a project's data, over all its pipelines, and the dataset to begin with.

    Args:
        wanted: a dataset; or a model of MLflow, which one of its runs has made, as ``models:/name/3`` or
            ``models:/name@alias``, for which the registry is asked.

    Raises:
        DatasetNotFoundError: no run of this project made that model, or there is none of that alias.
        DatasetError: the registry cannot be asked for the alias.
    """
    first, *others = [project.pipelines[name] for name in project.pipelines]
    pipeline = sum(others, first)
    if not wanted.startswith("models:/"):
        return Lineage(project, pipeline), wanted
    model = _versioned(project, wanted)
    found = model_of(project.state, model)
    if found is None:
        raise DatasetNotFoundError(
            f"No run of this project is known to have made '{model}'",
            hint="the tag plait.run_id of the model in MLflow says which run did, and of it where that was",
        )
    run, dataset = found
    return Lineage(project, pipeline, run), dataset


def _versioned(project: Project, model: str) -> str:
    """Return a model by its version, also where an alias of it is given."""
    name, at, alias = model.removeprefix("models:/").partition("@")
    if not at:
        return model
    tracking = tracking_of(project, project.parts())
    if tracking is None:
        raise DatasetNotFoundError(
            f"Nothing says where '{model}' is registered",
            hint="add conf/base/mlflow.yml, or name the version, as models:/name/3",
        )
    impatient()
    return f"models:/{name}/{version_of_alias(name, alias, tracking.uri, tracking.login)}"


def _data(node: Node) -> list[str]:
    return [strip_transcoding(name) for name in node.inputs if not is_parameter(name)]
