"""A chain of nodes of ``x + 1``: what one node costs when it does nothing."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.table import Row, show
from benchmarks.timing import Sample, interleaved, side

__all__ = ["measure"]

TARGETS = {"library": 25e-6, "state": 60e-6}
TITLES = {"library": "as a library", "state": "with ledger and observer"}


def measure(rounds: int = 5) -> list[Row]:
    """Return the time a node for chains of 1,000, 5,000 and 50,000 nodes."""
    rows = [*_beside_peers(1_000, rounds), *_beside_peers(5_000, rounds, kedro_rounds=1)]
    return [*rows, *_long_chains(rounds)]


def _beside_peers(count: int, rounds: int, kedro_rounds: int | None = None) -> list[Row]:
    actions = {mode: _per_node("plait", count, mode) for mode in TARGETS}
    taken = interleaved({**actions, "hamilton": _per_node("hamilton", count)}, rounds)
    kedro = interleaved({"kedro": _per_node("kedro", count)}, kedro_rounds or min(rounds, 3))["kedro"]
    rows = [_row(count, mode, "Kedro 1.7", kedro, taken[mode]) for mode in TARGETS]
    note = "Hamilton plans and runs in memory only: it neither saves nor records"
    return [*rows, _row(count, "library", "Hamilton 1.90", taken["hamilton"], taken["library"], note)]


def _per_node(peer: str, count: int, *mode: str) -> Callable[[], float]:
    return lambda: side(peer, f"chain_{peer}", str(count), *mode)["seconds"] / count


def _row(count: int, mode: str, peer: str, theirs: Sample, ours: Sample, note: str = "") -> Row:
    title = f"chain of {count:,} nodes, a node, {TITLES[mode]}"
    target = TARGETS[mode]
    met = ours.median <= target
    return Row(title, peer, theirs.median, ours.median, f"≤ {target * 1e6:.0f} µs", met, note, ours.spread)


def _long_chains(rounds: int) -> list[Row]:
    counts = (1_000, 50_000)
    actions = {f"{mode} {count}": _per_node("plait", count, mode) for mode in TARGETS for count in counts}
    taken = interleaved(actions, min(rounds, 3))
    return [_growth(mode, taken[f"{mode} 1000"], taken[f"{mode} 50000"]) for mode in TARGETS]


def _growth(mode: str, short: Sample, long: Sample) -> Row:
    title = f"chain of 50,000 nodes, a node, {TITLES[mode]}"
    met = long.median <= 1.3 * short.median
    target = "≤ 1.3 × the shorter chain"
    return Row(title, "1,000 nodes", short.median, long.median, target, met, spread=long.spread)


if __name__ == "__main__":
    show(measure())
