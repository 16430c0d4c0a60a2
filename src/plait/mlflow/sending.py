"""Tells MLflow what a spool holds, run as a program beside a run, or by ``plait mlflow sync``.

Beside this, ``runs``, ``files`` and ``refusals`` are all that import MLflow here. Every line may be sent
twice: a run is found by its tag before one is made, MLflow takes equal parameters and equal points of a
metric once, and so on for the rest.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.catalog.registry import missing_library
from plait.errors import PlaitError
from plait.mlflow.refusals import in_one_line
from plait.mlflow.spool import Spool
from plait.processes import is_gone

if TYPE_CHECKING:
    from plait.mlflow.runs import Telling

__all__ = ["NotReachedError", "impatient", "send"]

_POLL = 0.2
_SQLITE = "sqlite:///"


class NotReachedError(PlaitError):
    """There is nobody to send to, which holds for every run that goes to the same place."""


def impatient() -> None:
    """Let MLflow's client give up within seconds: what is not sent is kept, so nobody needs to wait."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")


def send(spool: Spool, *, follow: bool = False) -> bool:
    """Send what has not arrived; return whether all of a run has that ended, or was killed.

    Args:
        follow: wait for more lines while the process of the run lives.

    Raises:
        NotReachedError: the server does not answer, or the store cannot be opened.
        PlaitError: MLflow is not installed, or refuses the run itself.
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
            raise PlaitError(in_one_line(error)) from error


def _sent(spool: Spool, follow: bool) -> bool:
    head = next(iter(spool.lines()), None)
    if head is None:
        return False
    arrived = spool.arrived()
    telling = _reached(spool, head, arrived)
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


def _reached(spool: Spool, head: dict[str, Any], arrived: dict[str, Any]) -> Telling:
    try:
        _demand_store(head["where"]["uri"])
        from mlflow.store.db import utils

        from plait.mlflow.runs import Telling

        utils.MAX_RETRY_COUNT = 3  # of opening a database; with MLflow's own number that takes two hours
        return Telling(spool, head, arrived)
    except ImportError:
        raise
    except Exception as error:  # of the file system, the client, the network, the server
        raise NotReachedError(in_one_line(error)) from error


def _demand_store(uri: str) -> None:
    """Raise OSError or sqlite3.Error where an SQLite store cannot be opened, before MLflow is imported.

    A run waits two seconds to say so, which are over when MLflow's import is.
    """
    path = uri.removeprefix(_SQLITE).partition("?")[0]
    if uri.startswith(_SQLITE) and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA schema_version")


def main() -> int:
    """Send the lines of one run while it runs, and the rest of them when it ended."""
    impatient()
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
