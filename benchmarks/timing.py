"""Time what is compared in turns, and keep the median: noise then hits all sides alike."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.environments import REPOSITORY, clean_environment, python_of

__all__ = ["Sample", "interleaved", "side", "whole_process"]

SIDES = REPOSITORY / "benchmarks" / "sides"


@dataclass(frozen=True)
class Sample:
    """Seconds of several runs."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the distance from fastest to slowest, as a share of the median."""
        return (max(self.seconds) - min(self.seconds)) / 2 / self.median


def interleaved(actions: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Sample]:
    """Call every action once a round and return a sample for each."""
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            taken[name].append(action())
    return {name: Sample(tuple(seconds)) for name, seconds in taken.items()}


def whole_process(command: Sequence[str], folder: Path | None = None) -> float:
    """Run a command to its end and return the seconds it took."""
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    _check(done)
    return seconds


def side(peer: str, script: str, *arguments: str) -> dict[str, Any]:
    """Run ``sides/script.py`` with the interpreter of a peer; return the JSON of its last line."""
    command = [python_of(peer), str(SIDES / f"{script}.py"), *arguments]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    _check(done)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _check(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, done.args))}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
