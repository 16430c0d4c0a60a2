"""A project in a temporary folder, and the command line in this process."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from plait.__main__ import main

PYPROJECT = '[tool.plait]\npackage = "shop"\n'

NODES = """
    def double(numbers):
        return [2 * number for number in numbers]

    def total(doubled, factor):
        return {"total": sum(doubled) * factor}
"""

PIPELINE = """
    from plait import node, pipeline
    from shop.pipelines.sums.nodes import double, total

    def create_pipeline():
        return pipeline([
            node(double, outputs="doubled", tags="fast"),
            node(total, {"factor": "params:factor"}, outputs="report"),
        ])
"""

FILES = {
    "pyproject.toml": PYPROJECT,
    "conf/base/catalog.yml": """
        numbers: data/01_raw/numbers.json
        report:
          path: data/08_reporting/report.json
          description: The sum of it all
    """,
    "conf/base/parameters.yml": "factor: 10\n",
    "data/01_raw/numbers.json": "[1, 2, 3]",
    "src/shop/__init__.py": "",
    "src/shop/pipelines/__init__.py": "",
    "src/shop/pipelines/sums/__init__.py": "",
    "src/shop/pipelines/sums/nodes.py": NODES,
    "src/shop/pipelines/sums/pipeline.py": PIPELINE,
}


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str]], None]:
    """Write files of a project, by path."""

    def write_files(files: Mapping[str, str]) -> None:
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip("\n"))

    return write_files


@pytest.fixture
def shop(tmp_path: Path, write: Callable[[Mapping[str, str]], None], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two nodes, current folder."""
    write(FILES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def plait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Run a command; the exit code must be ``code``."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, code: int = 0) -> Ran:
        capfd.readouterr()
        ended = main(words)
        captured = capfd.readouterr()
        assert ended == code, captured.out + captured.err
        return Ran(ended, captured.out, captured.err)

    return run
