"""What one server looks at: a project in one environment, its picture, its runs as they happen."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plait.ledger import Ledger
from plait.ledger.live import LiveTail, watch
from plait.processes import living
from plait.project import Project
from plait.ui.asking import Workbench, WorkbenchError
from plait.ui.going_on import GoingOn
from plait.ui.memory import memory_of
from plait.ui.orders import Order
from plait.ui.snapshot import Snapshot, project_stamp, read_snapshot

__all__ = ["Viewer"]

_LOOK_AT_SOURCES = 0.7  # seconds
_LOOK_AT_RUNS = 0.05
_LOOK_AT_MEMORY = 1.0
_LAST = 5  # runs, among which one is that ended before it was seen
_MOST_WAITING = 2_000  # messages a slow page may have waiting before it is told to load anew


@dataclass(frozen=True)
class Message:
    """One server-sent event."""

    event: str
    data: Mapping[str, Any]

    def encode(self) -> bytes:
        return f"event: {self.event}\ndata: {json.dumps(self.data, default=str)}\n\n".encode()


_THE_END = Message("end", {})


class Viewer:
    """Keeps the picture of a project fresh and passes on what happens.

    Args:
        project: opened only for its places; none of its code is imported in this process.
        read_only: whether runs can be neither started nor cancelled.
        workbench: one that has begun to take the first picture.
    """

    def __init__(
        self, project: Project, *, read_only: bool = False, workbench: Workbench | None = None
    ) -> None:
        self.root: Path = project.root
        self.state: Path = project.state
        self.environment: str = project.env
        self.name: str = project.name
        self.conf: Path = project.conf
        self.place: Path = project.place
        self.read_only = read_only
        self.workbench = workbench or Workbench(project.place, project.env)
        self._snapshot: Snapshot | None = None
        self._ready = asyncio.Event()
        self._listeners: set[asyncio.Queue[Message]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._going_on = GoingOn()
        self._ledger: Ledger | None = None
        self.orders: dict[str, Order] = {}

    # --- Life

    async def start(self) -> None:
        """Begin to look."""
        self._snapshot = await asyncio.to_thread(read_snapshot, self.state, self.environment)
        if self._snapshot is not None:
            self._ready.set()
        self._tasks = [
            asyncio.create_task(self._keep_fresh()),
            asyncio.create_task(self._follow_runs()),
            asyncio.create_task(self._follow_processes()),
        ]

    async def look(self) -> None:
        """Take one picture of how things are, without following what happens."""
        await self._take(await asyncio.to_thread(project_stamp, self.root))

    async def stop(self) -> None:
        """End everything that was begun."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.workbench.close()
        if self._ledger is not None:
            self._ledger.close()

    # --- The picture

    async def snapshot(self) -> Snapshot:
        """Return the last picture; the first one is waited for."""
        await self._ready.wait()
        assert self._snapshot is not None
        return self._snapshot

    def environments(self) -> list[str]:
        """Return the environments that the configuration has a folder for."""
        folders = (
            {path.name for path in self.conf.iterdir() if path.is_dir()} if self.conf.is_dir() else set()
        )
        return sorted({*folders, *self.environment.split(",")} - {"base"})

    def ledger(self) -> Ledger | None:
        """Return the ledger, or None while nothing has run here."""
        if self._ledger is None or not self._ledger.database.is_current():
            self._ledger = Ledger.find(self.state)
        return self._ledger

    def hang_up(self) -> None:
        """End what :meth:`messages` gives to all who listen, so that the server can end."""
        self._send(_THE_END)

    async def _keep_fresh(self) -> None:
        while True:
            stamp = await asyncio.to_thread(project_stamp, self.root)
            if self._snapshot is None or self._snapshot.stamp != stamp:
                await self._take(stamp)
            await asyncio.sleep(_LOOK_AT_SOURCES)

    async def _take(self, stamp: str) -> None:
        if self._snapshot is not None:  # the first one may have begun to be taken
            await self.workbench.retire()
        try:
            await self.workbench.ask("snapshot")
            taken = await asyncio.to_thread(read_snapshot, self.state, self.environment)
        except WorkbenchError as error:
            taken = self._with_problem(stamp, error)
        if taken is None:
            return
        before, self._snapshot = self._snapshot, taken
        self._ready.set()
        if before is None or before.graph != taken.graph or before.details != taken.details:
            self._send(Message("graph", {"key": taken.graph["key"]}))

    def _with_problem(self, stamp: str, error: WorkbenchError) -> Snapshot:
        last = self._snapshot or Snapshot(stamp, _nothing(self.name, self.environment), {})
        return Snapshot(stamp, {**last.graph, "problems": [error.document], "stale": True}, last.details)

    # --- What happens

    async def messages(self) -> AsyncIterator[bytes]:
        """Give what happens from now on, as server-sent events."""
        queue: asyncio.Queue[Message] = asyncio.Queue(_MOST_WAITING)
        self._listeners.add(queue)
        if runs := self._going_on.so_far():
            queue.put_nowait(Message("run", {"events": runs}))
        try:
            yield b": hello\n\n"
            while True:
                try:
                    message = await asyncio.wait_for(queue.get(), 15)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if message is _THE_END:
                    return
                yield message.encode()
        finally:
            self._listeners.discard(queue)

    def running(self) -> dict[str, str]:
        """Return the runs that are going on and the process of each."""
        return self._going_on.processes()

    def is_stopping(self, run: str) -> bool:
        """Return whether a run was asked to stop when its running nodes are done."""
        return self._going_on.is_stopping(run)

    def stopping(self, run: str) -> None:
        """Tell that a run was asked to stop when its running nodes are done."""
        events = [{"event": "run_stopping", "run_id": run}]
        self._going_on.note(events)
        self._send(Message("run", {"events": events}))

    async def begun(self, order: Order) -> str | None:
        """Return the run that an order has begun; None where there was nothing to do, or it was cancelled.

        Raises:
            WorkbenchError: it refused to begin; with what it said.
        """
        assert order.process is not None
        assert order.ended is not None
        while not order.ended.done():
            if run := order.run(self.running()):
                return run
            await asyncio.wait([order.ended], timeout=_LOOK_AT_RUNS)
        ledger = self.ledger()
        last = [] if ledger is None else ledger.runs(_LAST)
        run = next((record.id for record in last if record.pid == order.process.pid), None)
        if run is None and order.process.returncode and not order.cancelled:
            raise WorkbenchError(_refusal(order.ended.result()[1].decode(errors="replace").strip()))
        return run

    async def _follow_runs(self) -> None:
        tail = LiveTail(self.state)
        marked = 0.0
        loop = asyncio.get_running_loop()
        self._going_on.note(tail.news())  # what was told before the start
        while True:
            if loop.time() - marked > 1:
                marked = loop.time()
                with contextlib.suppress(OSError):
                    watch(self.state)
            events = await asyncio.to_thread(lambda: list(tail.news()))
            if events:
                self._going_on.note(events)
                self._send(Message("run", {"events": events}))
            await asyncio.sleep(_LOOK_AT_RUNS)

    async def _follow_processes(self) -> None:
        while True:
            for run, signed in self.running().items():
                pid = living(signed)
                found = None if pid is None else await asyncio.to_thread(memory_of, pid)
                if found is None:
                    await self._gone(run)
                elif self._listeners:
                    self._send(Message("memory", {"run": run, **found}))
            await asyncio.sleep(_LOOK_AT_MEMORY)

    async def _gone(self, run: str) -> None:
        """Tell of a run whose process ended, unless it told of its end itself meanwhile."""
        await asyncio.sleep(2 * _LOOK_AT_RUNS)
        if run in self.running():
            self._going_on.forget(run)
            end = {"event": "run_finished", "run_id": run, "status": "interrupted"}
            self._send(Message("run", {"events": [end]}))

    def _send(self, message: Message) -> None:
        for queue in self._listeners:
            if queue.full():
                with contextlib.suppress(asyncio.QueueEmpty):
                    while True:
                        queue.get_nowait()
                queue.put_nowait(Message("reload", {}))
            else:
                queue.put_nowait(message)


def _nothing(name: str, environment: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "key": "",
        "project": {"name": name, "environment": environment},
        "pipelines": [],
        "layers": [],
        "elements": [],
        "problems": [],
    }


def _refusal(said: str) -> dict[str, Any]:
    """Return what a command printed when it refused to begin, as other problems are told."""
    first, _, rest = said.partition("\n")
    return {
        "message": first or "The run did not begin",
        "where": [],
        "why": rest.strip()[-2_000:] or None,
        "hint": None,
    }
