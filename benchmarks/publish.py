"""Keep the figures: ``docs/benchmarks.json``, ``docs/benchmarks.md`` and the table in the README."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.environments import REPOSITORY
from benchmarks.table import Row, as_markdown, proportion, seconds

__all__ = ["keep", "readme_table"]

BEGIN, END = "<!-- figures: make bench -->", "<!-- end of figures -->"

PAGE = """\
# Benchmarks

`make bench` measures Plait beside Kedro and Hamilton, each in an environment of its own, in one run,
and writes this page. Absolute times depend on the machine; the ratios are what counts. Every figure is
the median of several runs that took turns.

{conditions}

{table}

Each measure is a module of `benchmarks/` and runs alone: `python -m benchmarks.chain`.
"""

#: Title in the README → the row that it is taken from.
README_ROWS = {
    "`--help`": "--help, whole process",
    "a node that does nothing, 1,000 in a chain": "chain of 1,000 nodes, a node, with ledger and observer",
    "the same, 5,000 in a chain": "chain of 5,000 nodes, a node, with ledger and observer",
    "build 5,000 nodes, unite, slice": "build 5,000 nodes, +, to_outputs",
    "a catalog of 10,000 entries, from YAML": "10,000-entry catalog, cold",
    "200 no-op nodes on 2 processes": "200 no-op nodes on 2 processes, pool up",
    "a 160 MB frame, used by 4 nodes on 2 processes": (
        "160 MB frame, made once and used by 4 nodes, 2 processes, pool up"
    ),
}


def keep(name: str, rows: Sequence[Row], conditions: str) -> None:
    """Put the rows of one measure beside the kept ones, and renew the page and the table in the README."""
    docs = REPOSITORY / "docs"
    kept = kept_measures()
    kept[name] = {"conditions": conditions, "rows": [asdict(row) for row in rows]}
    (docs / "benchmarks.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    everything = [Row(**row) for measure in kept.values() for row in measure["rows"]]
    page = PAGE.format(conditions=taken_on(kept), table=as_markdown(everything))
    (docs / "benchmarks.md").write_text(page)
    readme = REPOSITORY / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{readme_table(everything)}\n{END}{after}")


def kept_measures() -> dict[str, Any]:
    """Return what was kept before: measure → its conditions and rows, in the order of the measures."""
    path = REPOSITORY / "docs" / "benchmarks.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def taken_on(kept: Mapping[str, Any]) -> str:
    """Return a line on when, and on what machine, each measure was taken, newest first."""
    names: dict[str, list[str]] = {}
    for name, measure in kept.items():
        names.setdefault(measure["conditions"], []).append(f"`{name}`")
    lines = (f"- {conditions}: {', '.join(names[conditions])}" for conditions in sorted(names, reverse=True))
    return "Taken on\n\n" + "\n".join(lines)


def readme_table(rows: Sequence[Row]) -> str:
    """Return the rows that compare with Kedro, as the README shows them."""
    kedro = {row.measure: row for row in rows if row.peer.startswith("Kedro") and row.peer_figure}
    lines = ["| | Kedro 1.7 | Plait | |", "|---|---:|---:|---:|"]
    for title, measure in README_ROWS.items():
        row = kedro.get(measure)
        if row is None:
            continue
        cells = title, seconds(row.peer_figure or 0), seconds(row.plait_figure), proportion(row.ratio or 0)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
