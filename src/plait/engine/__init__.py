"""Plan → execute → record. :func:`plait.engine.run.run` is the whole of it as a library.

What is exported here is imported when it is first used, so that a worker process, which only performs, starts
without what plans, decides and records.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.engine.options import IdentityOptions, RunOptions
    from plait.engine.plan import Plan, Step, make_plan
    from plait.engine.result import NodeResult, RunResult
    from plait.engine.run import run_plan
    from plait.engine.selection import with_memory_producers
    from plait.engine.stop import Stop

__all__ = [
    "IdentityOptions",
    "NodeResult",
    "Plan",
    "RunOptions",
    "RunResult",
    "Step",
    "Stop",
    "make_plan",
    "run_plan",
    "with_memory_producers",
]

_HOMES = {
    "IdentityOptions": "options",
    "NodeResult": "result",
    "Plan": "plan",
    "RunOptions": "options",
    "RunResult": "result",
    "Step": "plan",
    "Stop": "stop",
    "make_plan": "plan",
    "run_plan": "run",
    "with_memory_producers": "selection",
}


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'plait.engine' has no attribute '{name}'") from None
    value = getattr(importlib.import_module(f"plait.engine.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
