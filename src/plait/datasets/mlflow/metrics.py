"""Metrics in JSON files: numbers and their histories, loaded as they were saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plait.catalog.metrics import points_of, points_of_all
from plait.catalog.preview import Preview
from plait.datasets.documents import preview_json, write_json
from plait.datasets.sources import Source, opened

__all__ = ["preview", "read", "write_all", "write_one"]


def read(source: Source) -> Any:
    """Return a metric, or a mapping of them; the steps of histories are whole numbers again."""
    with opened(source, "r", encoding="utf-8") as file:
        return json.load(file, object_hook=_with_steps)


def write_one(data: Any, target: Path) -> None:
    points_of(data)
    write_json(_plain(data), target)


def write_all(data: Any, target: Path) -> None:
    list(points_of_all(data))
    write_json(_plain(data), target)


def preview(source: Source, limit: int) -> Preview:
    return preview_json(source, limit)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else int(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return value.tolist()
    return value


def _with_steps(found: dict[str, Any]) -> dict[Any, Any]:
    """JSON knows texts only as keys; step → number had whole numbers."""
    if found and all(key.removeprefix("-").isdecimal() for key in found):
        return {int(key): value for key, value in found.items()}
    return found
