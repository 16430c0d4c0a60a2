"""A project to be ill-treated: its runs are processes that can be killed, and all they do is written down."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).parent
SHARED_MEMORY = Path("/dev/shm")
EXECUTORS = {
    "inline": (),
    "threads": ("--executor", "threads"),
    "processes": ("--executor", "processes", "--workers", "2"),
}
PATIENCE = 60.0  # seconds after which a run hangs; far beyond what any takes


def wait_until(condition: Callable[[], Any], patience: float = PATIENCE, pause: float = 0.002) -> None:
    """Wait until something holds. Fails when it never does."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(pause)


@dataclass
class Attempt:
    """One run, as a process of its own whose output goes into files."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    book: Path
    begun_at: int
    helpers: list[psutil.Process] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait(self) -> int:
        return self.process.wait(PATIENCE)

    def calls(self) -> list[tuple[str, str]]:
        """Return the calls, (node, key), that were written into the book since the run began."""
        if not self.book.exists():
            return []
        lines = self.book.read_bytes()[self.begun_at :].decode().splitlines()
        return [(node, key) for node, key, *_ in (line.split("\t") for line in lines)]

    def workers(self) -> list[psutil.Process]:
        """Return the worker processes there are now."""
        try:
            children = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [child for child in children if _is_worker(child)]

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the events that were printed whole, of one kind if that is given."""
        lines = [line for line in self.out.read_text().splitlines(keepends=True) if line.endswith("\n")]
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in events if kind in (None, event["event"])]

    def reported(self) -> set[tuple[str, str]]:
        """Return the nodes and parts, (node, key), of which the run said that they are done."""
        nodes = {(event["node"], "") for event in self.events("node_finished")}
        parts = self.events("partition_done")
        return nodes | {(event["node"], event["key"]) for event in parts if event["error"] is None}

    def said(self) -> str:
        return self.out.read_text() + self.err.read_text()

    def kill(self) -> None:
        """Kill the coordinating process, and see that its workers end by themselves."""
        self.helpers = self.workers()
        self.process.kill()
        self.process.wait(PATIENCE)
        wait_until(lambda: not any(map(_is_there, self.helpers)), patience=20)

    def kill_worker(self, chance: random.Random) -> bool:
        """Kill one of the workers; False if there is none."""
        workers = self.workers()
        if not workers:
            return False
        victim = chance.choice(workers)
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            return False
        return True


class Ground:
    """The project in a folder of its own."""

    def __init__(self, root: Path, pipelines: str = "__default__") -> None:
        shutil.copytree(HERE / "yard", root / "yard", ignore=shutil.ignore_patterns("__pycache__"))
        self.root = root / "yard"
        self.logs = root / "logs"
        self.logs.mkdir()
        self.pipelines = pipelines
        self.book = self.root / "executions.log"
        self.environment: dict[str, str] = {}
        self.attempts: list[Attempt] = []

    def set_turn(self, turn: int) -> None:
        (self.root / "conf/base/parameters.yml").write_text(f"turn: {turn}\n")

    def write_source(self, *words: str) -> None:
        (self.root / "data/01_raw/source.json").write_text(json.dumps({"words": words}))

    def start(self, *words: str) -> Attempt:
        """Start ``plait run`` with these words."""
        number = len(self.attempts)
        out, err = self.logs / f"{number}.out", self.logs / f"{number}.err"
        size = self.book.stat().st_size if self.book.exists() else 0
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "plait", "run", "--json", "--pipeline", self.pipelines, *words],
                cwd=self.root,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        self.attempts.append(Attempt(process, out, err, self.book, size))
        return self.attempts[-1]

    def run(self, *words: str, code: int | None = 0) -> Attempt:
        """Run to the end."""
        attempt = self.start(*words)
        found = attempt.wait()
        assert code is None or found == code, f"exit code {found}\n{attempt.said()[-4000:]}"
        return attempt

    def contents(self) -> dict[str, bytes]:
        """Return what lies in the data folder; of versions only the latest, without its name."""
        data = self.root / "data"
        found = {}
        for path in sorted(path for path in data.rglob("*") if path.is_file()):
            place = path.relative_to(data)
            if "06_models" in place.parts:  # sorted: later versions come over earlier ones
                place = place.parent.parent
            found[str(place)] = path.read_bytes()
        return found

    def leftovers(self) -> list[str]:
        """Return temporary files and shared memory that the project's runs have left."""
        found = [str(path.relative_to(self.root)) for path in self.root.rglob("*") if ".plait-" in str(path)]
        scratch = self.root / ".plait/scratch"
        found += [str(path.relative_to(self.root)) for path in scratch.glob("*")]
        found += [str(path) for path in (self.root / ".plait").rglob("plait-*")]
        found += [str(path.relative_to(self.root)) for path in self.root.glob(".plait/spill/*")]
        pids = {attempt.pid for attempt in self.attempts}
        if SHARED_MEMORY.is_dir():
            found += [path.name for path in SHARED_MEMORY.glob("plait-*") if _owner(path.name) in pids]
        return found

    def destroy(self) -> None:
        """End what still runs."""
        for attempt in self.attempts:
            if attempt.process.poll() is None:
                attempt.kill()


@contextmanager
def reading(ground: Ground) -> Iterator[None]:
    """Have another process open the outputs all the time; fails when it ever found half of one."""
    stop, findings = ground.logs / "stop", ground.logs / "findings.txt"
    reader = subprocess.Popen([sys.executable, HERE / "torture_reader.py", ground.root, stop, findings])
    try:
        yield
    finally:
        stop.touch()
        assert reader.wait(PATIENCE) == 0
    found = findings.read_text().splitlines()
    looks = int(found.pop(0))
    assert looks > 0
    assert not found, "a reader saw half of something: " + "; ".join(found[:20])


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "plait.engine.workers" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _is_there(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _owner(name: str) -> int:
    parts = name.split("-")
    return int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else 0


def signalled(attempt: Attempt) -> bool:
    return attempt.process.returncode == -signal.SIGKILL
