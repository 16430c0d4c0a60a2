"""Hooks and datasets of installed packages: entry points, scanned once per set of installed packages.

Scanning a large environment takes a tenth of a second, so the answer is kept in ``.plait/cache``
beside the time stamps of the folders that were scanned.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plait.errors import ProjectError

__all__ = ["DATASETS", "HOOKS", "entry_points", "load_entry_point"]

HOOKS = "plait.hooks"
DATASETS = "plait.datasets"

Found = Mapping[str, Mapping[str, str]]


def entry_points(state: Path) -> Found:
    """Return group → name → import path, from the cache in ``state`` where it still holds."""
    stamp = _stamp()
    cache = state / "cache" / "entry_points.json"
    known = _read(cache)
    if known is not None and known.get("stamp") == stamp:
        return known["found"]  # type: ignore[no-any-return]
    found = _scan()
    _write(cache, {"stamp": stamp, "found": found})
    return found


def load_entry_point(name: str, value: str) -> Any:
    """Import ``package.module:attribute``."""
    import importlib

    module, _, attribute = value.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in filter(None, attribute.split(".")):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ProjectError(
            f"The plugin '{name}' cannot be imported",
            where=value,
            why=f"{type(error).__name__}: {error}",
            hint="repair or uninstall the package, or set plugins = false in [tool.plait]",
        ) from error
    return found


def _stamp() -> list[list[Any]]:
    return [[folder, _changed(folder)] for folder in dict.fromkeys(sys.path) if folder]


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116
    except OSError:
        return 0


def _scan() -> dict[str, dict[str, str]]:
    from importlib import metadata

    return {
        group: {point.name: point.value for point in metadata.entry_points(group=group)}
        for group in (HOOKS, DATASETS)
    }


def _read(cache: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(cache.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "found" in content else None


def _write(cache: Path, content: Mapping[str, Any]) -> None:
    beside = cache.with_name(f"{cache.name}.{os.getpid()}")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(content), encoding="utf-8")
        beside.replace(cache)
    except OSError:
        return
