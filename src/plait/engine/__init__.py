"""Plan → execute → record. :func:`run` is the whole of it as a library."""

from plait.engine.options import IdentityOptions, RunOptions
from plait.engine.plan import Plan, Step, make_plan
from plait.engine.result import NodeResult, RunResult
from plait.engine.run import run, run_plan
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
    "run",
    "run_plan",
    "with_memory_producers",
]
