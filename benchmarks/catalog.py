"""A catalog of 10,000 entries with interpolation: from YAML to a ready catalog."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks.table import Row, show
from benchmarks.timing import interleaved, side

__all__ = ["measure"]

COUNT = 10_000
ENTRY = """\
table_{i}:
  type: pandas.CSVDataset
  filepath: ${{_root}}/store/table_{i}.csv
  load_args:
    sep: ";"
  metadata:
    owner: team_{team}
"""


def measure(rounds: int = 3) -> list[Row]:
    """Compare with Kedro, and with what the C parser alone takes."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        _write_project(project)
        catalog = project / "conf" / "base" / "catalog.yml"
        kedro = interleaved(
            {"kedro": lambda: side("kedro", "catalog_kedro", str(project / "conf"), str(COUNT))["seconds"]}, 1
        )["kedro"]
        taken = interleaved(
            {
                "parse": lambda: side("plait", "yaml_parse", str(catalog))["seconds"],
                "cold": lambda: _cold(project),
                "warm": lambda: _ready(project),
            },
            rounds,
        )
    parse, cold, warm = (taken[name] for name in ("parse", "cold", "warm"))
    note = "Kedro with its YAML layer's limit lifted; it refuses the file otherwise"
    return [
        Row(
            "10,000-entry catalog, cold",
            "Kedro 1.7",
            kedro.median,
            cold.median,
            "",
            cold.median < kedro.median,
            note,
            cold.spread,
        ),
        Row(
            "10,000-entry catalog, cold",
            "C YAML parser",
            parse.median,
            cold.median,
            "≤ 1.5 ×",
            cold.median <= 1.5 * parse.median,
            spread=cold.spread,
        ),
        Row(
            "10,000-entry catalog, unchanged",
            "",
            None,
            warm.median,
            "≤ 0.15 s",
            warm.median <= 0.15,
            spread=warm.spread,
        ),
    ]


def _write_project(project: Path) -> None:
    for environment in ("base", "local"):
        (project / "conf" / environment).mkdir(parents=True)
    entries = "".join(ENTRY.format(i=i, team=i % 7) for i in range(COUNT))
    (project / "conf" / "base" / "catalog.yml").write_text(f"_root: /data/shared\n{entries}")
    (project / "src" / "large").mkdir(parents=True)
    (project / "src" / "large" / "__init__.py").touch()
    (project / "pyproject.toml").write_text('[tool.plait]\npackage = "large"\n')


def _ready(project: Path) -> float:
    return side("plait", "catalog_plait", str(project), str(COUNT))["seconds"]


def _cold(project: Path) -> float:
    shutil.rmtree(project / ".plait", ignore_errors=True)
    return _ready(project)


if __name__ == "__main__":
    show(measure())
