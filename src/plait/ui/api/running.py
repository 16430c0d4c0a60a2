"""Starting and cancelling runs: the command that is shown is the one that runs, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plait.config import parse_overrides
from plait.errors import UsageError
from plait.processes import living
from plait.project.graph.command import run_arguments
from plait.project.pipelines import DEFAULT
from plait.ui.asking import WorkbenchError
from plait.ui.endpoints import PROBLEM, Endpoint, ForbiddenError, NotFoundError, Parameter, RequestError
from plait.ui.orders import kept
from plait.ui.schemas import TEXT, WHOLE, YES_OR_NO, list_of, or_null, record
from plait.ui.viewer import Viewer

__all__ = ["ENDPOINTS"]

_BODY: Mapping[str, Any] = {
    "properties": {
        "pipeline": {"type": "string", "default": DEFAULT},
        "select": {"type": "string", "default": ""},
        "params": {"type": "object", "default": {}},
        "fresh": {"type": "boolean", "default": False},
        "executor": {"type": "string", "default": ""},
        "workers": {"type": "integer", "default": 0},
    }
}
_TICKET = {"ticket": {"type": "string", "default": ""}}  # what it is cancelled by before it has begun
_BETWEEN = 0.05  # seconds between two interrupts, which would count as one
_EXECUTORS = ("", "inline", "threads", "processes")


async def command(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    """Tell what an order would run and what is wrong with it: a form asks letter by letter."""
    options = _options(values)
    return await viewer.workbench.ask(
        "command", pipeline=values["pipeline"], select=values["select"], options=options
    )


async def start(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    _refuse_read_only(viewer)
    options = _options(values)
    pipeline, select = values["pipeline"], values["select"]
    ticket = values["ticket"] or secrets.token_hex(8)
    if ticket in viewer.orders:
        raise RequestError(f"The ticket '{ticket}' is taken")
    with kept(viewer.orders, ticket) as order:
        # Whoever is wrong is told before a process starts.
        judged = await viewer.workbench.ask("command", pipeline=pipeline, select=select, options=options)
        if judged["problems"]:
            raise WorkbenchError(judged["problems"][0])
        arguments = run_arguments(pipeline, select, viewer.environment, **options)
        order.taken_by(await _process(viewer.root, arguments))
        return {
            "run": await viewer.begun(order),
            "cancelled": order.cancelled,
            "command": judged["command"],
        }


async def _process(folder: Path, arguments: list[str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "plait",
        *arguments,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


def _options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an order says besides its selection. Raises RequestError where it makes no sense."""
    if values["executor"] not in _EXECUTORS or not 0 <= values["workers"] <= 256:
        raise RequestError("there is no such executor, or too many workers")
    for word in values["select"].split():
        if word.startswith("-"):
            raise RequestError(f"'{word}' begins with a dash, which no selector does")
    _refuse_wrong_names(values["params"])
    return {
        "params": values["params"],
        "fresh": values["fresh"],
        "executor": values["executor"] or None,
        "workers": values["workers"] or None,
    }


async def cancel(viewer: Viewer, values: Mapping[str, Any]) -> Any:
    _refuse_read_only(viewer)
    run = values["run"]
    if (order := viewer.orders.get(run)) is not None:
        run = order.run(viewer.running())
        if run is None:
            order.cancel()
            return {"run": None}
    await _stop(viewer, run, now=values["now"])
    return {"run": run}


async def _stop(viewer: Viewer, run: str, *, now: bool) -> None:
    """Interrupt a run: the first time lets its running nodes finish, the second does not."""
    pid = living(viewer.running().get(run, ""))
    if pid is None:
        raise NotFoundError(f"Run {run} is not going on")
    with contextlib.suppress(ProcessLookupError):
        if not viewer.is_stopping(run):
            viewer.stopping(run)
            os.kill(pid, signal.SIGINT)
            await asyncio.sleep(_BETWEEN if now else 0)
        if now:
            os.kill(pid, signal.SIGINT)


def _refuse_wrong_names(params: Mapping[str, Any]) -> None:
    try:
        parse_overrides(f"{name}=0" for name in params)
    except UsageError as error:
        raise RequestError(error.what) from error
    for name in params:
        if (
            name.startswith("-") or "=" in name or not name.isprintable()
        ):  # it would be an option, or another name and value
            raise RequestError(f"'{name}' is no name of a parameter")


def _refuse_read_only(viewer: Viewer) -> None:
    if viewer.read_only:
        raise ForbiddenError("This server only shows: it was started with --read-only")


_JUDGED = record(
    {
        "command": TEXT,
        "problems": list_of(
            {"allOf": [PROBLEM, record({"parameter": or_null(TEXT), "status": WHOLE})]},
        ),
    }
)

ENDPOINTS = (
    Endpoint(
        "/api/runs",
        start,
        "Start a run, and return its id once it has begun; null where there is nothing to do.",
        returns=record({"run": or_null(TEXT), "cancelled": YES_OR_NO, "command": TEXT}),
        method="POST",
        body={"properties": {**_BODY["properties"], **_TICKET}},
    ),
    Endpoint(
        "/api/command",
        command,
        "The command that an order would run, and what it would refuse.",
        returns=_JUDGED,
        method="POST",
        body=_BODY,
    ),
    Endpoint(
        "/api/runs/{run}/cancel",
        cancel,
        "Stop a run: let running nodes finish, or not even that. One that has not begun ends at once.",
        (Parameter("run", place="path", description="A run, or the ticket that it was ordered with."),),
        record({"run": or_null(TEXT)}),
        method="POST",
        body={"properties": {"now": {"type": "boolean", "default": False}}},
    ),
)
