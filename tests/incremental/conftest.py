"""A small project whose nodes say that they ran, and the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plait.__main__ import main

PYPROJECT = '[tool.plait]\npackage = "mill"\n'

NODES = """
    import pandas as pd
    from mill.helpers import cleaned


    def clean(grain: pd.DataFrame) -> pd.DataFrame:
        return cleaned(grain)


    def weigh(clean_grain: pd.DataFrame, factor) -> pd.DataFrame:
        return clean_grain.assign(weight=clean_grain["size"] * factor)


    def halve(clean_grain: pd.DataFrame):
        return clean_grain["size"].sum() / 2


    def report(weights: pd.DataFrame, half):
        return {"total": float(weights["weight"].sum()), "half": float(half)}
"""

PIPELINE = """
    from plait import node, pipeline
    from mill.pipelines.flour.nodes import clean, halve, report, weigh


    def create_pipeline():
        return pipeline([
            node(clean, outputs="clean_grain"),
            node(weigh, {"factor": "params:factor"}, "weights"),
            node(halve, outputs="half"),
            node(report, outputs="summary"),
        ])
"""

FILES = {
    "pyproject.toml": PYPROJECT,
    "conf/base/catalog.yml": """
        grain: data/01_raw/grain.csv
        clean_grain: data/02_intermediate/grain.csv
        weights: data/03_primary/weights.csv
        half: memory
        summary: data/08_reporting/summary.json
    """,
    "conf/base/parameters.yml": "factor: 10\nunused: 1\n",
    "data/01_raw/grain.csv": "size\n1\n2\n3\n",
    "src/mill/__init__.py": "",
    "src/mill/helpers.py": """
        def cleaned(grain):
            return grain[grain["size"] > 0]
    """,
    "src/mill/pipelines/__init__.py": "",
    "src/mill/pipelines/flour/__init__.py": "",
    "src/mill/pipelines/flour/nodes.py": NODES,
    "src/mill/pipelines/flour/pipeline.py": PIPELINE,
}


@dataclass
class Said:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Mill:
    """The project in a folder."""

    def __init__(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.root = root
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.root / name
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def install(self, name: str, version: str) -> None:
        """Pretend that a library is installed, in a folder of its own on the path."""
        place = self.root.parent / "site-packages"
        shutil.rmtree(place, ignore_errors=True)
        (place / name).mkdir(parents=True)
        (place / name / "__init__.py").write_text("ZERO = 0\n")
        about = place / f"{name}-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (about / "top_level.txt").write_text(f"{name}\n")
        (about / "RECORD").write_text(f"{name}/__init__.py,,\n{name}-{version}.dist-info/METADATA,,\n")
        if str(place) not in sys.path:
            self._monkeypatch.syspath_prepend(str(place))
        sys.modules.pop(name, None)

    def setenv(self, name: str, value: str) -> None:
        self._monkeypatch.setenv(name, value)

    def plait(self, *words: str, code: int | None = 0) -> Said:
        """Run a command in this process."""
        self._monkeypatch.chdir(self.root)
        self._capsys.readouterr()
        returned = main(words)
        said = Said(returned, *self._capsys.readouterr())
        assert code is None or returned == code, said.out + said.err
        return said

    def alone(self, *words: str, options: tuple[str, ...] = ()) -> Said:
        """Run a command in a process of its own; ``options`` are Python's."""
        done = subprocess.run(
            [sys.executable, *options, "-m", "plait", *words],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def plan(self, *words: str) -> dict[str, str]:
        """Return node → action with the kinds of its reasons, as ``plait plan`` foresees it."""
        steps = self.plait("plan", "--json", *words).json()["steps"]
        return {
            step["node"]: " ".join([step["action"], *dict.fromkeys(r["kind"] for r in step["reasons"])])
            for step in steps
        }

    def ran(self, *words: str) -> list[str]:
        """Run, and return the nodes that ran."""
        out = self.plait("run", "--json", *words).out
        events = [json.loads(line) for line in out.splitlines()]
        return [event["node"] for event in events if event["event"] == "node_started"]


@pytest.fixture
def mill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Mill:
    project = Mill(tmp_path / "mill", monkeypatch, capsys)
    project.write(FILES)
    return project
