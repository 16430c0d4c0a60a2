"""Tables in Snowflake, against an emulator on this machine: what Plait adds to the connector's own calls."""

from __future__ import annotations

from benchmarks.table import Row, show
from benchmarks.timing import Sample, side

__all__ = ["measure"]

ROWS, MORE = 1_000_000, 1.05


def measure(rounds: int = 7, rows: int = ROWS) -> list[Row]:
    """Alternate both in one process, and count what 200 entries of one credential open when 20 are used."""
    taken = side("plait", "snowflake_table", str(rows), str(rounds))
    return [
        _against(
            f"{rows:,} rows × 20 columns saved to a Snowflake emulator",
            "the statements of write_pandas",
            taken,
            "save",
            "write_pandas itself does not run on the emulator; both overwrite a table that is there",
        ),
        _against(f"{rows:,} rows × 20 columns loaded from it", "fetch_pandas_all", taken, "load"),
        _connections(taken["opened"]),
    ]


def _against(measure: str, peer: str, taken: dict[str, list[float]], action: str, note: str = "") -> Row:
    hand, ours = Sample(tuple(taken[f"{action}_hand"])), Sample(tuple(taken[action]))
    met = ours.median <= MORE * hand.median
    return Row(measure, peer, hand.median, ours.median, f"≤ {MORE:g} ×", met, note, ours.spread)


def _connections(opened: list[int]) -> Row:
    before, after = opened
    return Row(
        "connections of 200 entries with one credential, 20 used",
        "",
        None,
        after,
        "one, at first use",
        (before, after) == (0, 1),
        unit="opened",
    )


if __name__ == "__main__":
    show(measure())
