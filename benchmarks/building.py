"""Building nodes, uniting two pipelines, slicing to the last output."""

from __future__ import annotations

from benchmarks.table import Row, show
from benchmarks.timing import interleaved, side

__all__ = ["measure"]


def measure(rounds: int = 5) -> list[Row]:
    """Compare 5,000 nodes with Kedro, and 100,000 nodes with 5,000."""
    taken = interleaved(
        {
            "kedro": lambda: side("kedro", "building_kedro", "5000")["seconds"],
            "plait": lambda: side("plait", "building_plait", "5000")["seconds"],
            "large": lambda: side("plait", "building_plait", "100000")["seconds"],
        },
        rounds,
    )
    theirs, ours, large = (taken[name].median for name in ("kedro", "plait", "large"))
    return [
        Row(
            "build 5,000 nodes, +, to_outputs",
            "Kedro 1.7",
            theirs,
            ours,
            "≤ 1/5",
            ours <= theirs / 5,
            spread=taken["plait"].spread,
        ),
        Row(
            "build 100,000 nodes, a node",
            "5,000 nodes",
            ours / 5_000,
            large / 100_000,
            "linear (≤ 1.5 ×)",
            large / 100_000 <= 1.5 * ours / 5_000,
            spread=taken["large"].spread,
        ),
    ]


if __name__ == "__main__":
    show(measure())
