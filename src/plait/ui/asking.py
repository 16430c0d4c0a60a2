"""Asking the workbench process, from the server: one question at a time, answers by number."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["Workbench", "WorkbenchError"]

_LONGEST_LINE = 256 * 2**20  # bytes of one answer


class WorkbenchError(Exception):
    """A question could not be answered; ``document`` says why as plain values."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document["message"])
        self.document = document


class Workbench:
    """The process that opens the project, started at the first question and again after :meth:`retire`."""

    def __init__(self, folder: Path, environment: str) -> None:
        self._folder = folder
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._starting = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None

    async def ask(self, call: str, **arguments: Any) -> Any:
        """Return the answer to one question. Raises WorkbenchError."""
        process = await self._running()
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        request = json.dumps({"id": number, "call": call, "arguments": arguments})
        assert process.stdin is not None
        try:
            process.stdin.write(request.encode() + b"\n")
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            self._broken()
        return await answer

    async def retire(self) -> None:
        """End the process: the next question starts one that sees the sources as they are now."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        self._broken()

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "plait.ui.workbench",
                    str(self._folder),
                    self._environment,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=None if os.environ.get("PLAIT_UI_DEBUG") else asyncio.subprocess.DEVNULL,
                    limit=_LONGEST_LINE,
                )
                self._reader = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            answer = json.loads(line)
            waiting = self._waiting.pop(answer["id"], None)
            if waiting is None or waiting.done():
                continue
            if "error" in answer:
                waiting.set_exception(WorkbenchError(answer["error"]))
            else:
                waiting.set_result(answer["result"])
        if process is self._process:
            self._broken()

    def _broken(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                message = "The process that reads the project ended before it answered"
                answer.set_exception(
                    WorkbenchError({"message": message, "where": [], "why": None, "hint": "try again"})
                )
