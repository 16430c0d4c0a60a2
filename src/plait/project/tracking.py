"""What MLflow is told of the runs of a project, where ``mlflow.yml`` asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from plait.engine.recorded_parameters import recorded_parameters
from plait.errors import PlaitError
from plait.pipeline import strip_transcoding
from plait.project.pipelines import DEFAULT

if TYPE_CHECKING:
    from plait.catalog import DataCatalog
    from plait.config import Config
    from plait.events import Observer, RunStarted
    from plait.mlflow.settings import Tracking
    from plait.pipeline import Node
    from plait.project.parts import Parts
    from plait.project.pipelines import Pipelines
    from plait.project.project import Project

__all__ = ["trackers", "tracking_of", "with_server"]

_FETCHED = ("mlflow.RegisteredModel", "mlflow.RunArtifact")


def tracking_of(project: Project, parts: Parts) -> Tracking | None:
    """Return where runs are told, or None where they are not. Raises ConfigError."""
    if parts.script is not None or not project.conf.is_dir():
        return None
    return _tracking(project, parts.config)


def with_server(entries: Mapping[str, Any], project: Project, config: Config) -> Mapping[str, Any]:
    """Return the entries of a catalog, in which those that are fetched from a server say from which."""
    fetched = {name: entry for name, entry in entries.items() if _is_fetched(entry)}
    tracking = _tracking(project, config) if fetched else None
    if tracking is None:
        return entries
    server = {"tracking_uri": tracking.uri}
    if tracking.credentials is not None:
        server["credentials"] = tracking.credentials
    return {**entries, **{name: {**server, **entry} for name, entry in fetched.items()}}


def _is_fetched(entry: Any) -> bool:
    kind = entry.get("type") if isinstance(entry, Mapping) else None
    if not isinstance(kind, str) or "mlflow" not in kind or "tracking_uri" in entry:
        return False
    return kind in _FETCHED or "Registry" in kind or entry.get("run_id") is not None


def _tracking(project: Project, config: Config) -> Tracking | None:
    if "mlflow" not in config:
        return None
    from plait.mlflow.settings import read_tracking

    package = project.package or project.root.name
    login, place = config.credentials.__getitem__, partial(config.origin, "mlflow")
    return read_tracking(config["mlflow"], project.root, package, login, place)


def trackers(project: Project, parts: Parts, selection: str | None) -> tuple[Observer, ...]:
    """Return the observer that tells MLflow of a run, if there is to be one."""
    tracking = tracking_of(project, parts)
    if tracking is None:
        return ()
    from plait.mlflow.observer import MlflowObserver

    return (MlflowObserver(tracking, project.state, _Surroundings(project, parts, selection)),)


class _Surroundings:
    """What MLflow is told of a run that its events do not say."""

    def __init__(self, project: Project, parts: Parts, selection: str | None) -> None:
        self._project = project
        self._parts = parts
        self._selection = selection
        self._nodes: Mapping[str, Node] = {}
        self._measured: Mapping[str, Mapping[str, float]] | None = None

    @property
    def catalog(self) -> DataCatalog:
        return self._parts.catalog

    def about(self, event: RunStarted) -> dict[str, Any]:
        tags = {
            "plait.pipeline": event.pipeline,
            "plait.environment": event.environment,
            "plait.executor": event.executor,
            "plait.selection": self._selection,
            "mlflow.source.name": self._project.root.name,
            "mlflow.source.type": "PROJECT",
        }
        pipelines = self._parts.pipelines
        if event.pipeline in pipelines:
            self._nodes = {node.name: node for node in pipelines[event.pipeline].nodes}
        return {
            "params": recorded_parameters(self._parts.parameters),
            "tags": {name: str(value) for name, value in tags.items() if value is not None},
            "texts": {**_catalog(self._parts), **_lock(self._project)},
            "children": _children(pipelines, event.nodes),
        }

    def outputs(self, node: str) -> tuple[str, ...]:
        found = self._nodes.get(node)
        return () if found is None else tuple(map(strip_transcoding, found.outputs))

    def reused(self, node: str) -> Mapping[str, float]:
        if self._measured is None:
            self._measured = self._project.ledger.last_metrics()
        return self._measured.get(node, {})

    def after(self, run: str, loaded: frozenset[str]) -> dict[str, Any]:
        from plait.ledger.traces import TraceStore

        commit = self._project.git.state().commit
        rows = list(TraceStore(self._project.ledger.database).as_of(run).values())
        made = {location: row for row in rows for location in row.outputs}
        told = [item for row in rows for item in row.inputs.values()]
        tokens = {name: token for name, token, *_ in told if name in loaded and token}
        models = {name: made[place].run for name in loaded if (place := self._model(name)) in made}
        saved = [row for row in rows if row.run == run]
        return {
            "tags": {} if commit is None else {"mlflow.source.git.commit": commit},
            "inputs": {
                name: {"fingerprint": token, "location": self._location(name) or ""}
                for name, token in sorted(tokens.items())
            },
            "outputs": {
                name: token
                for row in saved
                for name in self.outputs(row.node)
                if (token := row.outputs.get(self._location(name) or ""))
            },
            "loaded_models": models,
        }

    def _location(self, name: str) -> str | None:
        entry = self.catalog.entry(name)
        return None if entry is None else entry.location

    def _model(self, name: str) -> str | None:
        """Return where a dataset lies that MLflow knows as a model."""
        entry = self.catalog.entry(name)
        is_model = entry is not None and entry.tracked is not None and entry.tracked.kind == "model"
        return entry.location if entry is not None and is_model else None


def _children(pipelines: Pipelines, nodes: Iterable[str]) -> dict[str, str]:
    """Return node → the first pipeline, in the order they are registered, that it is part of."""
    wanted, found = set(nodes), {}
    for name in pipelines:
        if name != DEFAULT:
            with suppress(PlaitError):  # another pipeline than the one that runs may be broken
                inside = {node.name for node in pipelines[name].nodes} & wanted
                found.update({node: name for node in inside if node not in found})
    return found


def _catalog(parts: Parts) -> dict[str, str]:
    """Return the resolved catalog, in which secrets are ``***``."""
    import yaml

    text: str = yaml.safe_dump(parts.config.shown("catalog"), sort_keys=False, allow_unicode=True)
    return {"catalog.yml": text}


def _lock(project: Project) -> dict[str, str]:
    lock = project.root / "uv.lock"
    return {"uv.lock": lock.read_text(encoding="utf-8")} if lock.is_file() else {}
