"""Entries whose saves an experiment tracker is told of: what is stored here, and what is told there.

The data of such an entry lies in a file of the project as that of any other, so it is skipped, versioned and
looked at like any other, and needs no server. What the tracker is told is kept beside the entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from plait.catalog import registry
from plait.errors import CatalogError, did_you_mean

__all__ = ["Tracked", "as_tracked", "tracked_keys"]

Kind = Literal["metric", "metrics", "artifact", "model"]

# Where the data lies when the entry does not say.
_PLACES: Mapping[str, str] = {
    "metric": "data/08_reporting/mlflow/{name}.json",
    "metrics": "data/08_reporting/mlflow/{name}.json",
    "model": "data/06_models/mlflow/{name}",
}
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "metric": ("key",),
    "metrics": ("prefix",),
    "artifact": ("dataset", "artifact_path", "by"),
    "model": ("name", "registered_model_name", "aliases"),
}
_ABOUT = frozenset({"type", "layer", "description", "tags", "metadata", "checks", "fingerprint", "versioned"})
_BY = ("copy", "reference")


@dataclass(frozen=True, slots=True)
class Tracked:
    """What is told of each save.

    Attributes:
        options: of a metric its ``key``; of metrics their ``prefix``; of an artifact ``artifact_path`` and
            ``by``; of a model ``name``, ``registered_model_name`` and ``aliases``. Only what the entry says.
    """

    kind: Kind
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def as_tracked(name: str, details: Mapping[str, Any]) -> tuple[Mapping[str, Any], Tracked | None]:
    """Split an entry into that of the data and what is told of it; (the entry, None) for any other.

    Raises:
        CatalogError: what is told makes no sense.
    """
    wanted = details.get("type")
    row = registry.tracked_type(wanted)
    if row is None:
        return details, None
    kind: Any = row.tracked
    details = _in_our_words(str(wanted), details)
    if kind == "artifact" and details.get("run_id") is not None:
        return {**details, "type": "mlflow.RunArtifact"}, None
    options = {key: details[key] for key in _OPTIONS[kind] if details.get(key) is not None}
    rest = {key: value for key, value in details.items() if key not in _OPTIONS[kind]}
    if kind == "artifact":
        rest = _wrapped(rest, options.pop("dataset", None))
        _check_artifact(options)
    elif rest.get("path", rest.get("filepath")) is None:
        rest["path"] = _PLACES[kind].format(name=name)
    if isinstance(options.get("aliases"), str):
        options["aliases"] = [options["aliases"]]
    if options.get("aliases") and "registered_model_name" not in options:
        raise CatalogError(
            "an alias names a version of a registered model",
            why="the entry has no 'registered_model_name'",
            hint="add `registered_model_name: …`; to load by an alias use `type: mlflow.RegisteredModel`",
        )
    return rest, Tracked(kind, MappingProxyType(options))


def tracked_keys(kind: str) -> tuple[str, ...]:
    """Return the keys of an entry that say what is told, for the kind that its type has; none for others."""
    return _OPTIONS.get(kind, ())


def _wrapped(outer: Mapping[str, Any], inner: Any) -> dict[str, Any]:
    """Return the entry of the data that an artifact is made of, with what is said about it outside."""
    if inner is None:
        raise CatalogError(
            "the entry does not say what the artifact is",
            hint="add `dataset: {type: …, path: …}`, or `dataset: data/…`",
        )
    found = {"path": inner} if isinstance(inner, str) else dict(inner)
    about = {key: value for key, value in outer.items() if key in _ABOUT and key != "type"}
    for key in outer:
        if key not in _ABOUT:
            known = (*_OPTIONS["artifact"], *_ABOUT)
            raise CatalogError(
                f"type 'mlflow.Artifact' takes no '{key}'",
                hint=did_you_mean(str(key), known)
                or f"what is for the data goes below `dataset:`, '{key}' too",
            )
    return {**found, **about}


def _check_artifact(options: Mapping[str, Any]) -> None:
    by = options.get("by")
    if by is not None and by not in _BY:
        raise CatalogError(
            f"an artifact goes by copy or by reference, not by '{by}'", hint=did_you_mean(str(by), _BY)
        )
    place = options.get("artifact_path")
    if place not in (None, "") and not _is_below(place):
        raise CatalogError(
            f"'artifact_path: {place}' is no folder below a run",
            hint="write a path such as `reports/monthly`, without `..` and without a `/` at its ends",
        )


def _is_below(place: Any) -> bool:
    """Whether MLflow takes a path: one that is written in the shortest way and leads to no other place."""
    return isinstance(place, str) and all(part not in ("", ".", "..") for part in place.split("/"))


def _in_our_words(wanted: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry in which kedro-mlflow's words are Plait's."""
    found = dict(details)
    if not wanted.startswith("kedro_mlflow."):
        return found
    for key in ("load_args", "save_args"):
        given = dict(found.pop(key, None) or {})
        if "metric" in wanted.lower():
            if given.get("mode") == "append":
                raise CatalogError(
                    "a metric is not appended to", hint="return its history: a list, or step → value"
                )
            continue
        for old, new in (("name", "name"), ("artifact_path", "name"), ("registered_model_name",) * 2):
            if "model" in wanted.lower() and old in given:
                found.setdefault(new, given.pop(old))
        if given:
            found[key] = given
    if "model" in wanted.lower():
        found.pop("pyfunc_workflow", None)  # how a model is saved is what its class says
    if found.get("run_id") is None:
        found.pop("run_id", None)
    return found
