"""``plait mlflow``."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click

from plait.cli.options import Place, PlaitGroup, as_json, everywhere
from plait.cli.output import document, line
from plait.errors import MissingLibraryError, PlaitError, UsageError

if TYPE_CHECKING:
    from plait.mlflow.settings import Tracking
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

    What has arrived is not sent again. Exit code 1 when some of it still cannot be sent.
    """
    from plait.mlflow.sending import send
    from plait.mlflow.spool import waiting

    sent: list[str] = []
    going_on: list[str] = []
    problems: dict[str, str] = {}
    with place.open() as project:
        tracking = _tracking(project)
        os.environ.update(tracking.login)
        for spool in waiting(project.state):
            try:
                (sent if send(spool) else going_on).append(spool.run)
            except PlaitError as error:
                problems[spool.run] = str(error)
    if json_:
        document({"sent": sent, "going_on": going_on, "problems": problems})
    else:
        _tell(sent, going_on, problems, tracking)
    if problems:
        raise SystemExit(1)


def _tell(sent: list[str], going_on: list[str], problems: dict[str, str], tracking: Tracking) -> None:
    if not sent and not problems and not going_on:
        line("MLflow has been told of every run.")
    if sent:
        line(f"Told {tracking.uri} of {len(sent)} run{'' if len(sent) == 1 else 's'}.")
    for run in going_on:
        line(f"… {run}  is still running, or being sent")
    for run, why in problems.items():
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
