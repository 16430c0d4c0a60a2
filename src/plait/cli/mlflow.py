"""``plait mlflow``."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import click

from plait.cli.options import Place, PlaitGroup, as_json, everywhere
from plait.cli.output import document, line
from plait.errors import MissingLibraryError, PlaitError, UsageError

if TYPE_CHECKING:
    from plait.mlflow.settings import Tracking
    from plait.mlflow.spool import Spool
    from plait.project import Project

__all__ = ["command"]


@click.group(cls=PlaitGroup)
def command() -> None:
    """Send what MLflow has not been told yet; look at its experiments."""


@command.command()
@as_json
@everywhere
def sync(json_: bool, place: Place) -> None:
    """Tell MLflow of the runs that it could not be told of when they ran.

    What has arrived is not sent again. What MLflow refuses for good is left out, and said. Exit code 1 when
    some of it still cannot be sent.
    """
    from plait.mlflow.sending import impatient
    from plait.mlflow.spool import waiting

    with place.open() as project:
        tracking = _tracking(project)
        os.environ.update(tracking.login)
        impatient()
        found = _Synced()
        for spool in waiting(project.state):
            if not json_ and not found.is_away(spool):
                line(f"Telling {found.place_of(spool)} of {spool.run} …")
                sys.stdout.flush()
            found.send(spool)
    if json_:
        document(asdict(found))
    else:
        _tell(found)
    if found.problems:
        raise SystemExit(1)


@dataclass
class _Synced:
    """What became of the runs that were waiting."""

    sent: list[str] = field(default_factory=list)
    going_on: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._not_reached: dict[str, str] = {}

    def is_away(self, spool: Spool) -> bool:
        """Whether nobody answered where a run is to be told, when an earlier one was to be."""
        return self.place_of(spool) in self._not_reached

    def send(self, spool: Spool) -> None:
        """Tell of a run; where nobody has answered before, nobody is asked again."""
        from plait.mlflow.sending import NotReachedError, send

        where = self.place_of(spool)
        try:
            if self.is_away(spool):
                self.problems[spool.run] = self._not_reached[where]
            elif send(spool):
                self._arrived(spool)
            else:
                self.going_on.append(spool.run)
        except PlaitError as error:
            self.problems[spool.run] = str(error)
            if isinstance(error, NotReachedError):
                self._not_reached[where] = str(error)

    def _arrived(self, spool: Spool) -> None:
        self.sent.append(spool.run)
        refused = (spool.arrival() or {}).get("refused")
        if refused:
            self.refused[spool.run] = refused

    @staticmethod
    def place_of(spool: Spool) -> str:
        """Return where a run is to be told, which its spool says without secrets."""
        head = next(iter(spool.lines()), None)
        return str(head["where"]["uri"]) if head else "MLflow"


def _tell(found: _Synced) -> None:
    if not found.sent and not found.problems and not found.going_on:
        line("MLflow has been told of every run.")
    if found.sent:
        line(f"MLflow has been told of {len(found.sent)} run{'' if len(found.sent) == 1 else 's'}.")
    for run, refused in found.refused.items():
        for text in refused:
            line(f"  {run}  without what MLflow refused: {text}")
    for run in found.going_on:
        line(f"… {run}  is still running, or being sent")
    for run, why in found.problems.items():
        line(f"✗ {run}  {why}")


@command.command()
@click.option("--port", type=int, default=5000, show_default=True, help="Where it listens on this machine.")
@everywhere
def ui(port: int, place: Place) -> None:
    """Open MLflow's own pages over the store of this project, until Ctrl-C."""
    with place.open() as project:
        tracking = _tracking(project)
    if not tracking.is_local:
        raise UsageError(f"The experiments are at {tracking.uri}", hint="open it in a browser")
    if importlib.util.find_spec("flask") is None:
        raise MissingLibraryError("MLflow's pages need the whole of MLflow", hint="pip install mlflow")
    words = ["server", "--backend-store-uri", tracking.uri, "--port", str(port), "--host", "127.0.0.1"]
    artifacts = ["--default-artifact-root", tracking.artifacts] if tracking.artifacts else []
    raise SystemExit(subprocess.call([sys.executable, "-m", "mlflow", *words, *artifacts]))


def _tracking(project: Project) -> Tracking:
    from plait.project.tracking import tracking_of

    found = tracking_of(project, project.parts())
    if found is None:
        raise UsageError(
            "Runs of this project are not told to MLflow",
            hint="conf/base/mlflow.yml turns it on; an empty mapping `{}` is enough",
        )
    return found
