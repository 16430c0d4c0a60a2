"""A small project: Plait's own time before the first node, TAB completion, a second run in one process."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.environments import python_of
from benchmarks.table import Row, show
from benchmarks.timing import interleaved, side, whole_process

__all__ = ["measure", "write_project"]

#: The nodes import nothing, so that all the time before the first of them is Plait's own.
NODES = """\
import time
from pathlib import Path


def first(number):
    Path("first_node_at").write_text(repr(time.time()))
    return number + 1


def increase(number):
    return number + 1
"""

PIPELINE = """\
from plait import node, pipeline

from small.pipelines.counting.nodes import first, increase


def create_pipeline():
    chain = [node(increase, f"d{i}", f"d{i + 1}", name=f"n{i}") for i in range(1, 4)]
    return pipeline([node(first, "number", "d1"), *chain, node(increase, "d4", "result")])
"""

CATALOG = "number: data/01_raw/number.json\nresult: data/08_reporting/result.json\n"


def measure(rounds: int = 9) -> list[Row]:
    """Return the three figures of a project of five nodes."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        write_project(project)
        plait = str(Path(python_of("plait")).parent / "plait")
        whole_process([plait, "run"], project)  # compiles the sources, and fills the caches
        taken = interleaved(
            {
                "first": lambda: _until_first_node(plait, project),
                "completion": lambda: _completion(plait, project),
                "second": lambda: side("plait", "second_run", str(project))["seconds"],
            },
            rounds,
        )
    targets = {"first": 0.3, "completion": 0.15, "second": 0.002}
    titles = {
        "first": "plait run, before the first node",
        "completion": "TAB completion, whole process",
        "second": "project.run of 5 nodes in memory, again",
    }
    return [
        Row(
            titles[name],
            "",
            None,
            taken[name].median,
            f"≤ {target:g} s" if target > 0.01 else f"≤ {target * 1000:g} ms",
            taken[name].median <= target,
            spread=taken[name].spread,
        )
        for name, target in targets.items()
    ]


def write_project(project: Path) -> None:
    """Write a project of five nodes, JSON in and JSON out."""
    counting = project / "src" / "small" / "pipelines" / "counting"
    files = {
        project / "pyproject.toml": '[tool.plait]\npackage = "small"\n',
        project / "conf" / "base" / "catalog.yml": CATALOG,
        project / "data" / "01_raw" / "number.json": "0",
        project / "src" / "small" / "__init__.py": "",
        counting.parent / "__init__.py": "",
        counting / "__init__.py": "",
        counting / "nodes.py": NODES,
        counting / "pipeline.py": PIPELINE,
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _until_first_node(plait: str, project: Path) -> float:
    (project / "data" / "01_raw" / "number.json").write_text(str(time.time_ns()))  # so that all has to run
    start = time.time()
    whole_process([plait, "run"], project)
    return float((project / "first_node_at").read_text()) - start


def _completion(plait: str, project: Path) -> float:
    words = {"_PLAIT_COMPLETE": "bash_complete", "COMP_WORDS": "plait run n", "COMP_CWORD": "2"}
    answer = ["env", *(f"{name}={value}" for name, value in words.items()), plait]
    return whole_process(answer, project)


if __name__ == "__main__":
    show(measure())
