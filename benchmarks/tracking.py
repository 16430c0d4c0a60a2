"""What telling MLflow costs a run: its nodes, and its end."""

from __future__ import annotations

from benchmarks.table import Row, show
from benchmarks.timing import Sample, side

__all__ = ["measure"]

NODES, MORE, END, AWAY = 200, 1.05, 2.0, 0.2


def measure(rounds: int = 5) -> list[Row]:
    """Alternate runs that are told to nobody, to a local store, and to a server that is away."""
    taken = side("plait", "told_to_mlflow", str(NODES), str(rounds))
    nodes = {name: Sample(tuple(found["nodes"])) for name, found in taken["seconds"].items()}
    whole = {name: Sample(tuple(found["whole"])) for name, found in taken["seconds"].items()}
    end = whole["local"].median - whole["without"].median
    away = whole["away"].median - whole["without"].median
    return [
        Row(
            f"{NODES} nodes of 10 ms, told to a local store of MLflow",
            "the same run, told to nobody",
            nodes["without"].median,
            nodes["local"].median,
            f"≤ {MORE:g} ×",
            nodes["local"].median <= MORE * nodes["without"].median,
            spread=nodes["local"].spread,
        ),
        Row("what it adds to the whole run", "", None, max(end, 0.0), f"≤ {END:g} s", end <= END),
        Row(
            "the same with a server that is away; all is kept",
            "",
            None,
            max(away, 0.0),
            f"≤ {AWAY:g} s",
            away <= AWAY and taken["kept"] == rounds + 1,
        ),
    ]


if __name__ == "__main__":
    show(measure())
