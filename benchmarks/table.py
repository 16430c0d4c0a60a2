"""Rows of the result, and how they are printed and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Row", "as_markdown", "as_text", "figure", "seconds", "show"]

HEADINGS = ("measure", "beside", "its figure", "Plait", "ratio", "Plait must", "met")


@dataclass(frozen=True)
class Row:
    """One measure.

    Attributes:
        measure: what was timed.
        peer: what Plait is compared with, or an empty string.
        peer_figure: the peer's median, or None where there is no peer.
        plait_figure: Plait's median.
        target: what Plait must reach, in words.
        met: whether it does.
        note: what a reader should know about the figure.
        spread: half the distance from Plait's fastest to slowest run, as a share of the median.
        unit: what the figures are: ``s``, ``B`` (bytes), or what is counted.
    """

    measure: str
    peer: str
    peer_figure: float | None
    plait_figure: float
    target: str
    met: bool
    note: str = ""
    spread: float = 0.0
    unit: str = "s"

    @property
    def ratio(self) -> float | None:
        return self.plait_figure / self.peer_figure if self.peer_figure else None

    def cells(self) -> tuple[str, ...]:
        return (
            self.measure,
            self.peer or "–",
            "–" if self.peer_figure is None else figure(self.peer_figure, self.unit),
            figure(self.plait_figure, self.unit),
            "–" if self.ratio is None else proportion(self.ratio),
            self.target,
            "yes" if self.met else "no",
        )


def figure(value: float, unit: str) -> str:
    """Write a figure in its unit."""
    if unit == "s":
        return seconds(value)
    return f"{value / 1e6:.3g} MB" if unit == "B" else f"{value:,.0f} {unit}"


def seconds(value: float) -> str:
    """Write a duration with two or three significant digits in the unit that fits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size or unit == "µs":
            scaled = value / size
            return f"{scaled:,.0f} {unit}" if scaled >= 100 else f"{scaled:.3g} {unit}"
    raise AssertionError


def proportion(ratio: float) -> str:
    """Write a ratio as a person says it: 1.05 ×, or 1/12."""
    return f"{ratio:.2f} ×" if ratio > 0.5 else f"1/{1 / ratio:,.0f}" if ratio < 0.1 else f"1/{1 / ratio:.1f}"


def as_text(rows: Sequence[Row]) -> str:
    """Return the table in aligned columns, notes below."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    table.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join([*(line.rstrip() for line in table), *(f"  {note}" for note in _notes(rows))])


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the table in Markdown, notes below."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(row.cells() for row in rows)]
    table = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([*table, "", *(f"- {note}" for note in _notes(rows))])


def _notes(rows: Sequence[Row]) -> list[str]:
    return [f"{row.measure}: {row.note}" for row in rows if row.note]


def show(rows: Sequence[Row]) -> None:
    print(as_text(rows))
