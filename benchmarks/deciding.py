"""Up-to-date nodes: how long deciding takes a node, and what is asked of a store."""

from __future__ import annotations

from benchmarks.table import Row, show
from benchmarks.timing import side

__all__ = ["measure"]

COUNTS = (1_000, 20_000)
TARGET = 0.1e-3
STORED = 50  # nodes on S3, each reading from one prefix and writing to another


def measure(rounds: int = 5) -> list[Row]:
    """Return the time a node for 1,000 and 20,000 stored nodes, and the listings of S3 a prefix."""
    short, long = (_decided(count, rounds) for count in COUNTS)
    return [_pace(COUNTS[0], short), _pace(COUNTS[1], long), _growth(short, long), _listings()]


def _decided(count: int, rounds: int) -> dict[str, float]:
    taken = side("plait", "deciding", str(count), str(rounds))
    return {what: seconds / count for what, seconds in taken.items()}


def _pace(count: int, taken: dict[str, float]) -> Row:
    return Row(
        f"deciding {count:,} up-to-date nodes, a node",
        "",
        None,
        taken["seconds"],
        f"≤ {TARGET * 1000:g} ms",
        taken["seconds"] <= TARGET,
        f"a second run as a library, with plan and result: {taken['run'] * 1000:.2f} ms a node",
    )


def _growth(short: dict[str, float], long: dict[str, float]) -> Row:
    return Row(
        f"deciding {COUNTS[1]:,} nodes, a node",
        f"{COUNTS[0]:,} nodes",
        short["seconds"],
        long["seconds"],
        "linear (≤ 1.3 ×)",
        long["seconds"] <= 1.3 * short["seconds"],
    )


def _listings() -> Row:
    requests = side("plait", "listings", str(STORED))
    others = sum(requests.values()) - requests.get("list_objects_v2", 0)
    listings = requests.get("list_objects_v2", 0) / 2
    return Row(
        f"{STORED} up-to-date nodes on S3, a prefix",
        "",
        None,
        listings,
        "one listing a prefix",
        listings == 1,
        f"{others} other requests, two prefixes",
        unit="listings",
    )


if __name__ == "__main__":
    show(measure())
