"""One worker process, as the coordinating process sees it."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from typing import Any

from plait.engine.workers.causes import cause_of_death, memory_kills
from plait.engine.workers.messages import Ready, Shutdown

__all__ = ["Worker"]

_PATIENCE = 5.0  # seconds a worker gets to end by itself


class Worker:
    """A process that performs tasks. Starting does not wait for it: messages wait in the socket.

    Attributes:
        connection: where its messages arrive.
        runs: the runs that it was told of.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.runs: set[str] = set()
        self._kills = memory_kills()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _command(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # A terminal's Ctrl-C does not reach it, and what nodes start can be killed with it.
                start_new_session=True,
            )
        self.connection = Connection(ours.detach())
        self._death = _death_watch(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def watched(self) -> list[Any]:
        """What to wait for: a message, and its death."""
        return [self.connection] if self._death is None else [self.connection, self._death]

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: Any) -> None:
        """Send a message; a dead worker loses it, and is noticed when its answer is waited for."""
        with contextlib.suppress(OSError):
            self.connection.send_bytes(pickle.dumps(message, protocol=5))

    def receive(self) -> list[Any]:
        """Return the messages that have arrived. Raises EOFError when it is dead and all are read."""
        found: list[Any] = []
        try:
            while self.connection.poll():
                found.append(pickle.loads(self.connection.recv_bytes()))
        except (EOFError, OSError):
            if not found:
                raise EOFError from None
        if not found and not self.alive and not self.connection.poll():
            raise EOFError
        return [message for message in found if not isinstance(message, Ready)]

    def wait_ready(self) -> None:
        """Wait until it has started. Raises EOFError when it dies instead."""
        try:
            self.connection.recv_bytes()
        except OSError:
            raise EOFError from None

    def kill(self) -> None:
        """End it at once, with what its node has started."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._reap()

    def shut_down(self) -> None:
        """Ask it to end; :meth:`join` waits for that."""
        self.send(Shutdown())

    def join(self) -> None:
        """Wait until it has ended by itself; kill it when that takes too long."""
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            self._reap()

    def cause_of_death(self) -> str:
        """Say why it died."""
        try:
            code: int | None = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            code = None
        return cause_of_death(code, self._kills)

    def _reap(self) -> None:
        self._process.wait()
        self.connection.close()
        if self._death is not None:
            os.close(self._death)
            self._death = None


def _command(descriptor: int) -> str:
    return (
        f"import sys; sys.path[:] = {sys.path!r}; "
        f"from plait.engine.workers.process import main; main({descriptor})"
    )


def _death_watch(pid: int) -> int | None:
    """Return what becomes readable when the process dies, also while a child of its own holds its socket."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
