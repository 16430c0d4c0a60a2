"""``--help``, the whole process, from a cold start of the interpreter."""

from __future__ import annotations

from pathlib import Path

from benchmarks.environments import python_of
from benchmarks.table import Row, show
from benchmarks.timing import interleaved, whole_process

__all__ = ["measure"]


def measure(rounds: int = 15) -> list[Row]:
    """Time ``kedro --help`` and ``plait --help`` as a shell starts them."""
    kedro, plait = (str(Path(python_of(name)).parent / name) for name in ("kedro", "plait"))
    taken = interleaved(
        {
            "bare": lambda: whole_process([python_of("plait"), "-c", ""]),
            "kedro": lambda: whole_process([kedro, "--help"]),
            "plait": lambda: whole_process([plait, "--help"]),
        },
        rounds,
    )
    ours, theirs = taken["plait"].median, taken["kedro"].median
    return [
        Row(
            "--help, whole process",
            "Kedro 1.7",
            theirs,
            ours,
            "≤ 1/12",
            ours <= theirs / 12,
            f"of Plait's, {taken['bare'].median * 1000:.0f} ms are the bare interpreter",
            taken["plait"].spread,
        )
    ]


if __name__ == "__main__":
    show(measure())
