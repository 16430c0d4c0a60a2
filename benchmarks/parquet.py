"""One gigabyte of Parquet, loaded and saved: through the catalog and by the library's own calls."""

from __future__ import annotations

from benchmarks.table import Row, show
from benchmarks.timing import Sample, side

__all__ = ["measure"]


def measure(rounds: int = 4, megabytes: int = 1_000) -> list[Row]:
    """Alternate both in one process, the file in the page cache."""
    taken = side("plait", "parquet", str(megabytes), str(rounds))
    hand, ours = Sample(tuple(taken["hand"])), Sample(tuple(taken["plait"]))
    return [
        Row(
            f"{taken['bytes'] / 1e9:.1f} GB of Parquet, load + save",
            "pandas' own calls",
            hand.median,
            ours.median,
            "≤ 1.05 ×",
            ours.median <= 1.05 * hand.median,
            spread=ours.spread,
        )
    ]


if __name__ == "__main__":
    show(measure())
