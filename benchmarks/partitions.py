"""Key by key on two processes: time and memory of 10,000 partitions, and one of them changed."""

from __future__ import annotations

import sys

from benchmarks.table import Row, show
from benchmarks.timing import Sample, side

__all__ = ["measure"]

COUNT = 10_000
ABOVE_HAND, CHANGED = 0.2e-3, 1.0
ARRAYS, ARRAY_BYTES = 20, 32_000_000


def measure(rounds: int = 3) -> list[Row]:
    """Return the time a partition, the time for one changed file, and the memory of the workers."""
    taken = side("plait", "parts", str(COUNT), str(rounds))
    hand, ours, changed = (Sample(tuple(taken[name])) for name in ("hand", "plait", "changed"))
    return [_pace(hand, ours), _one_changed(changed), *_memory()]


def _pace(hand: Sample, ours: Sample) -> Row:
    above = (ours.median - hand.median) / COUNT
    return Row(
        f"{COUNT:,} partitions of a trivial function, 2 processes, a partition",
        "raw reads and writes",
        hand.median / COUNT,
        ours.median / COUNT,
        f"≤ {ABOVE_HAND * 1000:g} ms above",
        above <= ABOVE_HAND,
        f"{above * 1000:.2f} ms above",
        ours.spread,
    )


def _one_changed(taken: Sample) -> Row:
    return Row(
        f"one changed file of {COUNT:,} partitions, one call",
        "",
        None,
        taken.median,
        f"≤ {CHANGED:g} s",
        taken.median <= CHANGED,
        spread=taken.spread,
    )


def _memory() -> list[Row]:
    if sys.platform != "linux":
        return []
    taken = side("plait", "parts_memory", str(ARRAYS), str(ARRAY_BYTES))
    most = taken["workers"] * 2 * taken["largest"]
    return [
        Row(
            f"{ARRAYS} partitions of {ARRAY_BYTES / 1e6:.0f} MB, 2 processes, memory above idle workers",
            "workers × 2 × partition",
            most,
            taken["above"],
            "≤ 1 ×",
            taken["above"] <= most,
            unit="B",
        )
    ]


if __name__ == "__main__":
    show(measure())
