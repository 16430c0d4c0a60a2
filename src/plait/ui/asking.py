"""Asking the workbench process, from the server: one question at a time, answers by number."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
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
        self._process: subprocess.Popen[bytes] | None = None
        self._heard: subprocess.Popen[bytes] | None = None  # whose answers are read
        self._begun: dict[str, int] = {}
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._writing = threading.Lock()
        self._reader: asyncio.Task[None] | None = None

    def begin(self, call: str) -> None:
        """Start the process with a question, before there is an event loop; :meth:`ask` takes the answer."""
        self._process = self._start()
        self._begun = {call: next(self._numbers)}
        self._put(self._process, self._begun[call], call)

    async def ask(self, call: str, **arguments: Any) -> Any:
        """Return the answer to one question. Raises WorkbenchError."""
        begun = self._begun.pop(call, None)
        if begun is not None:
            answer = self._wait_for(begun)
        else:
            process, number = self._running(), next(self._numbers)
            answer = self._wait_for(number)
            with contextlib.suppress(BrokenPipeError):  # its reader sees the end too, and tells who waits
                await asyncio.to_thread(self._put, process, number, call, **arguments)
        self._listen()
        return await answer

    def _wait_for(self, number: int) -> asyncio.Future[Any]:
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        return answer

    async def retire(self) -> None:
        """End the process: the next question starts one that sees the sources as they are now."""
        await asyncio.to_thread(self.end)
        self._broken()

    def end(self) -> None:
        """End the process, whether or not there was ever an event loop."""
        process, self._process, self._begun = self._process, None, {}
        if process is None:
            return
        process.kill()
        process.wait()
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._broken()  # who still waits for the one that ended
            self._process = self._start()
        return self._process

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "plait.ui.workbench", str(self._folder), self._environment],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("PLAIT_UI_DEBUG") else subprocess.DEVNULL,
        )

    def _put(self, process: subprocess.Popen[bytes], number: int, call: str, **arguments: Any) -> None:
        request = json.dumps({"id": number, "call": call, "arguments": arguments})
        assert process.stdin is not None
        with self._writing:
            process.stdin.write(request.encode() + b"\n")
            process.stdin.flush()

    def _listen(self) -> None:
        if self._process is not None and self._heard is not self._process:
            self._heard = self._process
            self._reader = asyncio.create_task(self._read(self._process))

    async def _read(self, process: subprocess.Popen[bytes]) -> None:
        stream = asyncio.StreamReader(_LONGEST_LINE)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), process.stdout
        )
        try:
            async for line in stream:
                self._take(json.loads(line))
        finally:
            transport.close()
        if process is self._process:
            self._broken()

    def _take(self, answer: dict[str, Any]) -> None:
        waiting = self._waiting.pop(answer["id"], None)
        if waiting is None or waiting.done():
            return
        if "error" in answer:
            waiting.set_exception(WorkbenchError(answer["error"]))
        else:
            waiting.set_result(answer["result"])

    def _broken(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                message = "The process that reads the project ended before it answered"
                answer.set_exception(
                    WorkbenchError({"message": message, "where": [], "why": None, "hint": "try again"})
                )
