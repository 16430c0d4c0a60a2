"""Plait: data and machine-learning pipelines that run only what changed and lose nothing.

Everything a program needs is here; each name is imported when it is first used.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.catalog import CachedDataset, DataCatalog, MemoryDataset
    from plait.engine import RunResult
    from plait.engine.hooks import hook_impl
    from plait.engine.run import run
    from plait.engine.workers import Workers
    from plait.errors import PlaitError
    from plait.pipeline import Node, Pipeline, each, new, node, pipeline
    from plait.project import Project
    from plait.values import Completed, PartitionKey, RunContext

__all__ = [
    "CachedDataset",
    "Completed",
    "DataCatalog",
    "MemoryDataset",
    "Node",
    "PartitionKey",
    "Pipeline",
    "PlaitError",
    "Project",
    "RunContext",
    "RunResult",
    "Workers",
    "__version__",
    "each",
    "hook_impl",
    "new",
    "node",
    "pipeline",
    "run",
]

__version__ = "0.1.0"

_HOMES = {
    "CachedDataset": "plait.catalog",
    "Completed": "plait.values",
    "DataCatalog": "plait.catalog",
    "MemoryDataset": "plait.catalog",
    "Node": "plait.pipeline",
    "PartitionKey": "plait.values",
    "Pipeline": "plait.pipeline",
    "PlaitError": "plait.errors",
    "Project": "plait.project",
    "RunContext": "plait.values",
    "RunResult": "plait.engine",
    "Workers": "plait.engine.workers",
    "each": "plait.pipeline",
    "hook_impl": "plait.engine.hooks",
    "new": "plait.pipeline",
    "node": "plait.pipeline",
    "pipeline": "plait.pipeline",
    "run": "plait.engine.run",
}


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'plait' has no attribute '{name}'") from None
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


class _Package(ModuleType):
    """Keeps ``plait.pipeline`` the function, although a package of that name is imported below it."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "pipeline" and isinstance(value, ModuleType):
            value = value.pipeline
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
