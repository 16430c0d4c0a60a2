"""The flights example a second time, nothing changed: the whole process."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.environments import python_of
from benchmarks.table import Row, show
from benchmarks.timing import interleaved, whole_process

__all__ = ["measure"]

TARGET = 0.4


def measure(rounds: int = 9) -> list[Row]:
    """Compare ``plait run`` of an up-to-date example with making all of it again, as Kedro has to."""
    plait = str(Path(python_of("plait")).parent / "plait")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "flights")
        whole_process([plait, "new", str(project), "--example", "flights", "--no-lock"], Path(folder))
        whole_process([plait, "run"], project)
        again = whole_process([plait, "run", "--fresh"], project)
        taken = interleaved({"unchanged": lambda: whole_process([plait, "run"], project)}, rounds)[
            "unchanged"
        ]
    return [
        Row(
            "flights example, unchanged, whole process",
            "run --fresh",
            again,
            taken.median,
            f"≤ {TARGET:g} s",
            taken.median <= TARGET,
            "Kedro has no such thing: it computes everything again at every run",
            taken.spread,
        )
    ]


if __name__ == "__main__":
    show(measure())
