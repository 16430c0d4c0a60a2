"""Executors: what a node, a core and a large value cost on two processes, once the pool is up."""

from __future__ import annotations

from benchmarks.table import Row, show
from benchmarks.timing import Sample, side

__all__ = ["measure"]

NODES = 200
NO_OPS, SPEEDUP, HANDED_OVER, POOL = 0.3, 1.85, 0.05, 1.5
KEDRO_NOTE = "Kedro has no pool to keep: its figure has the start of its processes in it"


def measure(rounds: int = 5) -> list[Row]:
    """Return no-op nodes, CPU-bound nodes, a shared frame, and the start of the pool."""
    return [_no_ops(rounds), _pool(rounds), *_cpu_bound(rounds), *_frame(rounds)]


def _no_ops(rounds: int) -> Row:
    taken, kedro = _plait("nothing", rounds)["processes"], _kedro("nothing")["processes"]
    title = f"{NODES} no-op nodes on 2 processes, pool up"
    met = taken.median <= NO_OPS
    return Row(title, "Kedro 1.7", kedro, taken.median, f"≤ {NO_OPS:g} s", met, KEDRO_NOTE, taken.spread)


def _pool(rounds: int) -> Row:
    taken = side("plait", "pool", str(rounds))
    ours, bare = Sample(tuple(taken["workers"])), Sample(tuple(taken["bare"]))
    met = ours.median <= POOL * bare.median
    peer = "2 bare interpreters"
    note = "the interpreters import what a worker does"
    target = f"≤ {POOL:g} ×"
    return Row("start of 2 processes", peer, bare.median, ours.median, target, met, note, ours.spread)


def _cpu_bound(rounds: int) -> list[Row]:
    ours, kedro = _plait("compute", rounds), _kedro("compute")
    inline, shared = ours["inline"], ours["processes"]
    title = "8 CPU-bound nodes on 2 processes, pool up"
    met = inline.median >= SPEEDUP * shared.median
    note = f"{inline.median / shared.median:.2f} × faster than inline"
    least = f"≥ {SPEEDUP:g} × faster than inline"
    return [
        Row(title, "Plait inline", inline.median, shared.median, least, met, note, shared.spread),
        Row(title, "Kedro 1.7", kedro["processes"], shared.median, least, met, KEDRO_NOTE, shared.spread),
    ]


def _frame(rounds: int) -> list[Row]:
    ours, kedro = _plait("frame", rounds), _kedro("frame")
    inline, shared, write = ours["inline"].median, ours["processes"], ours["write"].median
    title = "160 MB frame, made once and used by 4 nodes, 2 processes, pool up"
    target = f"≤ inline + one write + {HANDED_OVER:g} s"
    met = shared.median <= inline + write + HANDED_OVER
    note = f"inline {inline:.2f} s, one write of the frame to shared memory {write:.2f} s"
    theirs = f"{KEDRO_NOTE}; inline {kedro['inline']:.2f} s"
    return [
        Row(title, "inline + one write", inline + write, shared.median, target, met, note, shared.spread),
        Row(title, "Kedro 1.7", kedro["processes"], shared.median, target, met, theirs, shared.spread),
    ]


def _plait(chain: str, rounds: int) -> dict[str, Sample]:
    taken = side("plait", "executors_plait", chain, str(rounds))
    return {how: Sample(tuple(seconds)) for how, seconds in taken.items() if seconds}


def _kedro(chain: str) -> dict[str, float]:
    return side("kedro", "executors_kedro", chain)


if __name__ == "__main__":
    show(measure())
