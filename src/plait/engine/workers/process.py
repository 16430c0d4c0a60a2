"""A worker process: performs what it is sent until the coordinating process is gone."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, NamedTuple

from plait.catalog import DataCatalog
from plait.engine.capture import Capture
from plait.engine.data import RunData
from plait.engine.main_script import install_main
from plait.engine.options import Surroundings, WorkerSetup
from plait.engine.parcels import unpack
from plait.engine.parts import Part
from plait.engine.perform import Outcome, Performer, Task
from plait.engine.workers import messages as say
from plait.engine.workers.errors_sent import sent
from plait.engine.workers.values import WorkerMemory
from plait.errors import PlaitError, UsageError
from plait.events import Event, LogLine

__all__ = ["main"]


def main(descriptor: int) -> None:
    """Serve the coordinating process at the other end of a socket."""
    os.set_inheritable(descriptor, False)
    # Ctrl-C is for the coordinating process to deal with; children of nodes get the default back.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    _Worker(Connection(descriptor)).serve()


class _Run(NamedTuple):
    """A run as a worker sees it."""

    performer: Performer
    catalog: DataCatalog
    memory: WorkerMemory
    capture: Capture | None


class _Worker:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._work: SimpleQueue[Any] = SimpleQueue()
        self._runs: dict[str, _Run] = {}
        self._kept: dict[str, Any] = {}

    def serve(self) -> None:
        threading.Thread(target=self._listen, name="plait-listener", daemon=True).start()
        self._send(say.Ready())
        while not isinstance(message := self._work.get(), say.Shutdown):
            self._do(message)
            _flush()

    def _do(self, message: Any) -> None:
        try:
            match message:
                case say.Open():
                    self._open(message)
                case say.Perform():
                    self._perform(message)
                case say.Release(run, name):
                    self._release(run, name)
                case say.Close(run):
                    self._close(run)
        except UsageError as error:
            self._send(say.Refused(message.run, sent(error)))

    def _listen(self) -> None:
        """Take messages, also while a node computes; without a coordinating process nothing may be saved."""
        try:
            while True:
                message = pickle.loads(self._connection.recv_bytes())
                match message:
                    case say.Fetch(run, name):
                        self._fetch(run, name)
                    case say.Drop(run, name):
                        self._drop(run, name)
                    case _:
                        self._work.put(message)
        except (EOFError, OSError):
            os._exit(1)

    def _send(self, message: Any) -> None:
        data = pickle.dumps(message, protocol=5)
        with self._sending:
            self._connection.send_bytes(data)

    # --- Runs

    def _open(self, message: say.Open) -> None:
        _stand_in(message)
        try:
            catalog, make_interceptors = self._surroundings(message)
        except UsageError:
            raise
        except (Exception, SystemExit) as error:
            raise _cannot_open(error) from error
        memory = WorkerMemory(message.folders, message.parcels, message.copy_modes)
        run = message.run
        performer = Performer(
            RunData(catalog, memory),
            message.facts,
            (lambda event: self._send(say.Told(run, event))) if message.observed else None,
            None if make_interceptors is None else make_interceptors(catalog, message.facts.run_id),
        )
        performer.report = lambda parts: self._send(_saved(run, parts))
        capture = self._capture(message) if message.capture else None
        performer.capture = capture
        self._runs[run] = _Run(performer, catalog, memory, capture)

    def _surroundings(self, message: say.Open) -> Surroundings:
        given = pickle.loads(message.surroundings)
        found = _call(given, self._kept) if isinstance(given, WorkerSetup) else given
        catalog = found.catalog.apart().for_run(message.facts.version)
        for name, parcel in message.data.items():
            catalog[name] = unpack(parcel)
        return Surroundings(catalog, found.interceptors)

    def _capture(self, message: say.Open) -> Capture:
        def said(node: str, stream: Any, text: str, level: str | None, logger: str | None) -> None:
            import time

            event: Event = LogLine(message.facts.run_id, time.time(), node, stream, text, level, logger)
            self._send(say.Told(message.run, event))

        return Capture(said, echo=message.echo)

    def _release(self, run: str, name: str) -> None:
        if run not in self._runs or name not in self._runs[run].catalog:
            return
        try:
            self._runs[run].catalog.release(name)
        except Exception as error:
            self._send(say.Refused(run, sent(error)))

    def _close(self, run: str) -> None:
        ended = self._runs.pop(run, None)
        if ended is not None:
            ended.catalog.connections.close()

    def _fetch(self, run: str, name: str) -> None:
        try:
            answer = say.Fetched(run, name, self._runs[run].memory.fetch(name))
        except Exception as error:
            answer = say.Fetched(run, name, None, f"{type(error).__name__}: {error}")
        self._send(answer)

    def _drop(self, run: str, name: str) -> None:
        if run in self._runs:
            self._runs[run].memory.drop(name)

    # --- Tasks

    def _perform(self, message: say.Perform) -> None:
        run = self._runs.get(message.run)
        if run is None:
            return  # it was refused when it was opened
        try:
            task: Task = pickle.loads(message.task)
        except UsageError:
            raise
        except (Exception, SystemExit) as error:
            self._send(_failed(message, _cannot_receive(message.node, error)))
            return
        if task.step.node.timeout is not None:
            self._send(say.Begun(message.ticket))
        run.memory.begin(message.node, message.given, message.pack, message.keep)
        outcome = self._outcome(run, task)
        if outcome.error is None:
            self._send(_done(message, outcome, run.memory.commit()))
        else:
            run.memory.abandon()
            self._send(_done(message, outcome, {}))

    def _outcome(self, run: _Run, task: Task) -> Outcome:
        with _captured(run.capture):
            try:
                return run.performer.perform(task)
            except KeyboardInterrupt as error:  # raised by the node's own code: nobody interrupts a worker
                return Outcome(task, 0.0, 0.0, error)


@contextmanager
def _captured(capture: Capture | None) -> Iterator[None]:
    if capture is None:
        yield
        return
    with capture.installed():
        yield


def _call(setup: WorkerSetup, kept: dict[str, Any]) -> Surroundings:
    module, _, name = setup.call.partition(":")
    function: Callable[..., Surroundings] = getattr(import_module(module), name)
    return function(kept, *setup.arguments)


def _stand_in(message: say.Open) -> None:
    """See files and modules as the coordinating process does."""
    os.chdir(message.folder)
    if sys.path != list(message.path):
        sys.path[:] = message.path
    install_main(message.script)


def _saved(run: str, parts: list[Part]) -> say.Saved:
    errors = {part.key: sent(part.error) for part in parts if part.error is not None}
    return say.Saved(run, [part._replace(error=None) for part in parts], errors)


def _done(message: say.Perform, outcome: Outcome, outputs: Any) -> say.Done:
    error = None if outcome.error is None else sent(outcome.error)
    return say.Done(
        message.ticket,
        outcome.started,
        outcome.seconds,
        error,
        outcome.traceback,
        _peak_memory() if outcome.peak_memory is not None else None,
        outputs,
        outcome.saved,
    )


def _failed(message: say.Perform, error: PlaitError) -> say.Done:
    return say.Done(message.ticket, 0.0, 0.0, sent(error), str(error), None, {})


def _cannot_receive(node: str, error: BaseException) -> PlaitError:
    return UsageError(
        f"Node '{node}' cannot be made in a worker process",
        where=f"node '{node}'",
        why=f"{type(error).__name__}: {error}",
        hint="define what it needs in a module that can be imported, or run with --executor threads",
    )


def _cannot_open(error: BaseException) -> UsageError:
    return UsageError(
        "The run cannot be set up in a worker process",
        why=str(error) if isinstance(error, PlaitError) else f"{type(error).__name__}: {error}",
        hint="run with --executor threads",
    )


def _peak_memory() -> int | None:
    """Return this process's own high-water mark; the one of getrusage begins with that of its parent."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:  # noqa: PTH123 - often
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    from plait.engine.perform import peak_memory

    return peak_memory()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
