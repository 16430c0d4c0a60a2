"""The flights example: ``plait run`` beside a plain script that calls the same functions, whole processes."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks.environments import REPOSITORY, python_of
from benchmarks.table import Row, show
from benchmarks.timing import interleaved, whole_process

__all__ = ["measure"]


def measure(rounds: int = 5) -> list[Row]:
    """Run both from nothing but the installed packages, each in a copy of the example."""
    python = python_of("plait")
    plait = str(Path(python).parent / "plait")
    script = str(REPOSITORY / "benchmarks" / "plain_flights.py")
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder, "plait"), Path(folder, "plain")
        for project in (ours, theirs):
            whole_process([plait, "new", str(project), "--example", "flights", "--no-lock"], Path(folder))
        whole_process([plait, "run"], ours)
        taken = interleaved(
            {
                "plain": lambda: _from_nothing([python, script, str(theirs)], theirs),
                "plait": lambda: _from_nothing([plait, "run"], ours),
            },
            rounds,
        )
    plain, run = taken["plain"], taken["plait"]
    return [
        Row(
            "flights example, whole process",
            "plain script",
            plain.median,
            run.median,
            "≤ 1.1 ×",
            run.median <= 1.1 * plain.median,
            "the script reads, writes and converts the same files by hand, in the same order",
            run.spread,
        )
    ]


def _from_nothing(command: list[str], project: Path) -> float:
    for layer in (project / "data").iterdir():
        shutil.rmtree(layer)
        layer.mkdir()
    return whole_process(command, project)


if __name__ == "__main__":
    show(measure())
