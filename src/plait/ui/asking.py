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
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Workbench", "WorkbenchError"]

_LONGEST_LINE = 256 * 2**20  # bytes of one answer


class WorkbenchError(Exception):
    """A question could not be answered; ``document`` says why as plain values."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document["message"])
        self.document = document


class _Question(NamedTuple):
    call: str
    arguments: Mapping[str, Any]
    answer: asyncio.Future[Any]


class Workbench:
    """The process that opens the project, started at the first question and again after :meth:`retire`."""

    def __init__(self, folder: Path, environment: str) -> None:
        self._folder = folder
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._heard: subprocess.Popen[bytes] | None = None  # whose answers are read
        self._begun: dict[str, int] = {}
        self._waiting: dict[int, _Question] = {}
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
        question = _Question(call, arguments, asyncio.get_running_loop().create_future())
        if begun is not None:
            self._waiting[begun] = question
            self._listen()
        else:
            await self._send(next(self._numbers), question)
        return await question.answer

    async def _send(self, number: int, question: _Question) -> None:
        process = self._running()
        self._waiting[number] = question
        with contextlib.suppress(OSError, ValueError):  # it ended: who reads its answers sees that too
            await asyncio.to_thread(self._put, process, number, question.call, **question.arguments)
        self._listen()

    async def retire(self) -> None:
        """End the process: the next question starts one that sees the sources as they are now.

        What was asked and not answered yet is asked again.
        """
        process, open_ = self._taken_away(), self._waiting.copy()
        await asyncio.to_thread(_end, process)
        for number, question in open_.items():
            if number in self._waiting:
                await self._send(number, question)

    async def close(self) -> None:
        """End the process for good, whoever still waits for its answers."""
        await asyncio.to_thread(_end, self._taken_away())
        self._broken()

    def end(self) -> None:
        """End the process, whether or not there was ever an event loop."""
        _end(self._taken_away())

    def _taken_away(self) -> subprocess.Popen[bytes] | None:
        process, self._process, self._begun = self._process, None, {}
        return process

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._broken()  # who still waits for the one that ended by itself
            self._process = None
        if self._process is None:
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
                if line.endswith(b"\n"):  # the last one may be cut off
                    self._take(json.loads(line))
        finally:
            transport.close()
        if process is self._process:
            self._broken()

    def _take(self, answer: dict[str, Any]) -> None:
        question = self._waiting.pop(answer["id"], None)
        if question is None or question.answer.done():
            return
        if "error" in answer:
            question.answer.set_exception(WorkbenchError(answer["error"]))
        else:
            question.answer.set_result(answer["result"])

    def _broken(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for question in waiting.values():
            if not question.answer.done():
                message = "The process that reads the project ended before it answered"
                question.answer.set_exception(
                    WorkbenchError({"message": message, "where": [], "why": None, "hint": "try again"})
                )


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is None:
        return
    process.kill()
    process.wait()
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
