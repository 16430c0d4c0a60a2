"""What MLflow is told of the runs of a project, where ``mlflow.yml`` asks for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from plait.engine.recorded_parameters import recorded_parameters

if TYPE_CHECKING:
    from plait.events import Observer, RunStarted
    from plait.mlflow.settings import Tracking
    from plait.project.parts import Parts
    from plait.project.project import Project

__all__ = ["trackers", "tracking_of"]


def tracking_of(project: Project, parts: Parts) -> Tracking | None:
    """Return where runs are told, or None where they are not. Raises ConfigError."""
    if parts.script is not None or not project.conf.is_dir() or "mlflow" not in parts.config:
        return None
    from plait.mlflow.settings import read_tracking

    package = project.package or project.root.name
    return read_tracking(parts.config["mlflow"], project.root, package, parts.config.credentials.__getitem__)


def trackers(project: Project, parts: Parts, selection: str | None) -> tuple[Observer, ...]:
    """Return the observer that tells MLflow of a run, if there is to be one."""
    tracking = tracking_of(project, parts)
    if tracking is None:
        return ()
    from plait.mlflow.observer import MlflowObserver

    about, after = partial(_about, project, parts, selection), partial(_after, project, parts)
    return (MlflowObserver(tracking, project.state, about, after),)


def _about(project: Project, parts: Parts, selection: str | None, event: RunStarted) -> dict[str, Any]:
    tags = {
        "plait.pipeline": event.pipeline,
        "plait.environment": event.environment,
        "plait.executor": event.executor,
        "plait.selection": selection,
        "mlflow.source.name": project.root.name,
        "mlflow.source.type": "PROJECT",
    }
    return {
        "params": recorded_parameters(parts.parameters),
        "tags": {name: str(value) for name, value in tags.items() if value is not None},
        "texts": {**_catalog(parts), **_lock(project)},
    }


def _catalog(parts: Parts) -> dict[str, str]:
    """Return the resolved catalog, in which secrets are ``***``."""
    import yaml

    text: str = yaml.safe_dump(parts.config.shown("catalog"), sort_keys=False, allow_unicode=True)
    return {"catalog.yml": text}


def _lock(project: Project) -> dict[str, str]:
    lock = project.root / "uv.lock"
    return {"uv.lock": lock.read_text(encoding="utf-8")} if lock.is_file() else {}


def _after(project: Project, parts: Parts, run: str, loaded: frozenset[str]) -> dict[str, Any]:
    commit = project.git.state().commit
    inputs = {}
    for name, token in _tokens(project, run, loaded).items():
        entry = parts.catalog.entry(name)
        location = "" if entry is None or entry.location is None else entry.location
        inputs[name] = {"fingerprint": token, "location": location}
    return {"tags": {} if commit is None else {"mlflow.source.git.commit": commit}, "inputs": inputs}


def _tokens(project: Project, run: str, loaded: frozenset[str]) -> dict[str, str]:
    """Return what identified the data that nodes loaded, as their records say."""
    from plait.ledger.traces import TraceStore

    rows = TraceStore(project.ledger.database).as_of(run).values()
    told = [item for row in rows for item in row.inputs.values()]
    found = {name: token for name, token, *_ in told if name in loaded and token}
    return dict(sorted(found.items()))
