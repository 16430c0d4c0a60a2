"""A ledger of 1,000 runs of 100 nodes: ``plait runs list``, and the file's size."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.environments import python_of
from benchmarks.small_project import write_project
from benchmarks.table import Row, show
from benchmarks.timing import Sample, interleaved, side, whole_process

__all__ = ["measure"]

RUNS, NODES = 1_000, 100
LISTING = 0.2


def measure(rounds: int = 9) -> list[Row]:
    """Record the runs in a small project, and list them as a person does."""
    plait = str(Path(python_of("plait")).parent / "plait")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        write_project(project)
        side("plait", "many_runs", folder, str(RUNS), str(NODES))
        listing = [plait, "runs", "list"]
        taken = interleaved({"list": lambda: whole_process(listing, project)}, rounds)["list"]
        size = sum(path.stat().st_size for path in project.glob(".plait/ledger.db*"))
    return [_listing(taken), _size(size)]


def _listing(taken: Sample) -> Row:
    title = f"plait runs list after {RUNS:,} runs of {NODES} nodes, whole process"
    met = taken.median <= LISTING
    return Row(title, "", None, taken.median, f"≤ {LISTING:g} s", met, spread=taken.spread)


def _size(size: int) -> Row:
    note = f"{size / RUNS / NODES:.0f} bytes a node and run"
    return Row(f"ledger after {RUNS:,} runs of {NODES} nodes", "", None, size, "stated", True, note, unit="B")


if __name__ == "__main__":
    show(measure())
