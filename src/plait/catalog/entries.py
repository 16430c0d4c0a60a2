"""What the configuration says of one dataset, read without importing or instantiating anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from plait.catalog import registry
from plait.catalog.keys import has_placeholder, split_pattern
from plait.catalog.locations import location_of, redact
from plait.catalog.tracked import Tracked, as_tracked
from plait.errors import CatalogError, did_you_mean
from plait.values import Origin

__all__ = [
    "COMMON_KEYS",
    "FILE_KEYS",
    "PARTITIONS",
    "Entry",
    "EntryError",
    "layer_of",
    "parse_entry",
    "type_of_parts",
]

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_LAYER = re.compile(r"0[0-9]_[a-z][a-z0-9_]*")

# What every entry may say about itself; the rest are arguments of its type.
_ABOUT: Mapping[str, Any] = {
    "type": (str, type),
    "layer": str,
    "description": str,
    "tags": (list, str),
    "frame": str,
    "versioned": bool,
    "checks": (list, dict, str),
    "fingerprint": str,
    "validator": (dict, str),
}
FILE_KEYS: Mapping[str, Any] = {
    "path": str,
    "filepath": str,
    "load_args": dict,
    "save_args": dict,
    "fs_args": dict,
    "credentials": (str, dict),
    "metadata": object,
}
COMMON_KEYS = frozenset(_ABOUT)
PARTITIONS = "partitions"
_OF_PARTS = ("dataset", "format", "suffix", "filepath_arg")
_FINGERPRINTS = ("content", "token", "stat")
_NAMES = {str: "text", dict: "a mapping", list: "a list", bool: "true or false", type: "a class"}


class EntryError(CatalogError):
    """An entry is wrong; ``key`` is the one of its keys that is to blame, or None."""

    def __init__(self, what: str, *, key: str | None = None, **parts: Any) -> None:
        super().__init__(what, **parts)
        self.key = key


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalog says about one dataset.

    Attributes:
        name: its name; for one that a factory stands for, the name that was asked for.
        type: the type as written, or what the suffix of the path says.
        arguments: everything that is for the dataset itself, placeholders filled, credentials still names.
        layer: from the entry, from ``metadata.kedro-viz.layer``, or from the folder (``01_raw`` → ``raw``).
        credentials_name: the name of the credentials, or None.
        location: where it lies, a path relative to the project or a URL without secrets, or None.
        frame: the frame it names, by ``frame`` or by its type.
        pattern: the factory it came from, or None.
        checks: what its data must fulfil, as configured.
        fingerprint: how its content is to be identified, or None for the default.
        plain_path: the path of a local file of which the entry says no more than that and its type, or None.
        tracked: what an experiment tracker is told of each save, or None.
    """

    name: str
    type: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None
    layer: str | None = None
    description: str | None = None
    tags: frozenset[str] = frozenset()
    metadata: Any = None
    credentials_name: str | None = None
    versioned: bool = False
    location: str | None = None
    frame: str | None = None
    pattern: str | None = None
    checks: Any = None
    fingerprint: str | None = None
    plain_path: str | None = None
    tracked: Tracked | None = None

    @property
    def is_memory(self) -> bool:
        return registry.is_memory_type(self.type)


def parse_entry(
    name: str,
    value: Any,
    *,
    root: Path | None = None,
    origin: Origin | None = None,
    pattern: str | None = None,
) -> Entry:
    """Return what the configuration of one entry means.

    Raises:
        CatalogError: the entry has no type, or a key or value that cannot be right.
    """
    details, tracked = as_tracked(name, _long(value))
    _check_values(details)
    details = _as_partitions(details)
    type_name, frame = _type(details)
    arguments = {key: item for key, item in details.items() if key not in _ABOUT}
    path = arguments.get("path", arguments.get("filepath"))
    row = registry.dataset_type(type_name)
    if row.located and path is None:
        raise CatalogError(
            "the entry has no 'path' that says where it lies",
            hint=_near_key(details, ["path", "filepath"]) or "add `path: data/…`",
        )
    credentials = arguments.get("credentials")
    metadata = arguments.get("metadata")
    return Entry(
        name=name,
        type=type_name,
        arguments=MappingProxyType(arguments),
        origin=origin,
        layer=layer_of(details.get("layer"), metadata, path),
        description=details.get("description"),
        tags=_tags(details.get("tags")),
        metadata=metadata,
        credentials_name=credentials if isinstance(credentials, str) else None,
        versioned=bool(details.get("versioned", False)),
        location=location_of(_with_pattern(path, arguments), root) if isinstance(path, str) else None,
        frame=frame or row.frame,
        pattern=pattern,
        checks=details.get("checks", details.get("validator")),
        fingerprint=details.get("fingerprint"),
        plain_path=_plain_path(details, path, arguments, row),
        tracked=tracked,
    )


def _plain_path(
    details: Mapping[str, Any], path: Any, arguments: Mapping[str, Any], row: registry.DatasetType
) -> str | None:
    if len(arguments) != 1 or path is None or details.get("versioned") or "://" in path:
        return None
    return path if registry.is_file_format(row) else None


def type_of_parts(arguments: Mapping[str, Any]) -> str | None:
    """Return the type name of the parts of a partitioned dataset, or None where it is a class or not said."""
    given = arguments.get("dataset", arguments.get("format"))
    kind = given.get("type") if isinstance(given, Mapping) else given
    if kind is None:
        return registry.type_of_path(str(arguments.get("pattern") or arguments.get("suffix") or ""))
    return kind if isinstance(kind, str) else None


def layer_of(layer: str | None, metadata: Any, path: Any) -> str | None:
    """Return the layer an entry names, or the one that a folder such as ``01_raw`` names."""
    if layer is not None:
        return layer
    if isinstance(metadata, Mapping):
        viz = metadata.get("kedro-viz")
        if isinstance(viz, Mapping) and viz.get("layer"):
            return str(viz["layer"])
    if isinstance(path, str):
        for part in path.split("/")[:-1]:
            if _LAYER.fullmatch(part):
                return part[3:]
    return None


def _long(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str) and value.strip():
        return {"type": "memory"} if value == "memory" else {"path": value}
    raise CatalogError(
        "the entry is neither a path nor a mapping",
        why="it is empty" if value is None or value == "" else f"found {redact(repr(value))}",
        hint="a value that only other entries refer to starts with an underscore, as in `_anchor:`",
    )


def _as_partitions(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the entry of many files that a path with placeholders, as ``data/*.png``, is short for."""
    path = details.get("path", details.get("filepath"))
    kind = details.get("type")
    if not isinstance(path, str) or not has_placeholder(path) or "pattern" in details:
        return details
    if kind not in (None, PARTITIONS) and not (isinstance(kind, str) and registry.is_file_type(kind)):
        return details
    folder, pattern = split_pattern(path)
    rest = {key: item for key, item in details.items() if key not in ("type", "path", "filepath")}
    if kind != PARTITIONS:
        options = [key for key in rest if key not in _ABOUT and key not in FILE_KEYS and key not in _OF_PARTS]
        found = kind or registry.type_of_path(path)
        if found is not None:
            rest.setdefault("dataset", {"type": found, **{key: rest.pop(key) for key in options}})
    return {"type": PARTITIONS, "path": folder, "pattern": pattern, **rest}


def _with_pattern(path: str, arguments: Mapping[str, Any]) -> str:
    pattern = arguments.get("pattern")
    return f"{path.rstrip('/')}/{pattern}" if isinstance(pattern, str) else path


def _type(details: Mapping[str, Any]) -> tuple[str, str | None]:
    wanted = details.get("type")
    frame = details.get("frame")
    if isinstance(wanted, type):
        return f"{wanted.__module__}.{wanted.__qualname__}", frame
    if wanted is not None:
        return wanted, frame
    path = details.get("path", details.get("filepath"))
    if path is None:
        raise CatalogError(
            "the entry says neither what it is nor where it lies",
            hint=_near_key(details, ["type", "path", "filepath"]) or "add `path: data/…` or `type: …`",
        )
    found = registry.type_of_path(path)
    if found is None:
        suffix = PurePosixPath(path).suffix
        raise CatalogError(
            f"the suffix of '{redact(path)}' does not say which format it has",
            hint=(did_you_mean(suffix, registry.known_suffixes()) if suffix else None) or "add `type: …`",
        )
    return found, frame


def _check_values(details: Mapping[str, Any]) -> None:
    for key, value in details.items():
        expected = _ABOUT.get(key) or FILE_KEYS.get(key)
        if expected is None or value is None or isinstance(value, expected):
            continue
        kinds = expected if isinstance(expected, tuple) else (expected,)
        raise EntryError(
            f"'{key}' must be {' or '.join(_NAMES[kind] for kind in kinds)}",
            why=f"found {_shown(key, value)}",
            key=key,
        )
    if "path" in details and "filepath" in details:
        raise CatalogError("the entry has both 'path' and 'filepath'", hint="keep one of them")
    fingerprint = details.get("fingerprint")
    if fingerprint is not None and fingerprint not in _FINGERPRINTS:
        raise EntryError(
            f"fingerprint '{fingerprint}' is unknown",
            why=f"known are {', '.join(_FINGERPRINTS)}",
            hint=did_you_mean(fingerprint, _FINGERPRINTS),
            key="fingerprint",
        )


def _shown(key: str, value: Any) -> str:
    return f"a {type(value).__name__}" if key == "credentials" else redact(repr(value))


def _near_key(details: Mapping[str, Any], wanted: list[str]) -> str | None:
    for key in details:
        if key not in _ABOUT and key not in FILE_KEYS and (near := did_you_mean(str(key), wanted)):
            return f"'{key}' is unknown: {near}"
    return None


def _tags(value: Any) -> frozenset[str]:
    if value is None:
        return frozenset()
    return frozenset([value] if isinstance(value, str) else map(str, value))
