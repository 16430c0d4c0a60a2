"""Tells MLflow what a spool holds, run as a program beside a run, or by ``plait mlflow sync``.

The modules that do it, ``runs`` and ``files``, are all that import MLflow here. Every line may be sent twice:
a run is found by its tag before one is made, MLflow takes equal parameters and equal points of a metric once,
and so on for the rest.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from plait.catalog.locations import redact
from plait.catalog.registry import missing_library
from plait.errors import PlaitError
from plait.mlflow.spool import Spool
from plait.processes import is_gone

__all__ = ["send"]

_POLL = 0.2


def send(spool: Spool, *, follow: bool = False) -> bool:
    """Send what has not arrived; return whether all of a run has that ended, or was killed.

    Args:
        follow: wait for more lines while the process of the run lives.

    Raises:
        PlaitError: MLflow is not installed, or cannot be reached or refuses.
    """
    with spool.alone() as alone:
        if not alone:
            return spool.is_gone()
        try:
            return _sent(spool, follow)
        except ImportError as error:
            raise missing_library(error.name or "mlflow", "MLflow") from error
        except PlaitError:
            raise
        except Exception as error:  # of the client, the network, the server
            raise PlaitError(_short(error)) from error


def _sent(spool: Spool, follow: bool) -> bool:
    from plait.mlflow.runs import Telling

    head = next(iter(spool.lines()), None)
    if head is None:
        return False
    arrived = spool.arrived()
    telling = Telling(spool, head, arrived)
    while True:
        lives = not is_gone(head["process"])  # before its lines are read: what it wrote last is among them
        lines = spool.lines(arrived["lines"])
        if not lines and not lives:
            lines = [{"kind": "end", "time": time.time(), "status": "interrupted", "counts": {}}]
        if lines:
            ended = telling.send(lines)
            arrived = {"lines": arrived["lines"] + len(lines), **telling.arrival}
            spool.note_arrived(arrived)
            if ended:
                spool.forget(telling.arrival)
                return True
        elif not follow:
            return False
        if follow:
            time.sleep(_POLL)


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return redact(f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)


def main() -> int:
    """Send the lines of one run while it runs, and the rest of them when it ended."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    state, run = sys.argv[1:]
    spool = Spool(Path(state), run)
    try:
        send(spool, follow=True)
    except PlaitError as error:
        spool.note_problem(str(error))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
