"""A project whose runs are told to MLflow."""

from __future__ import annotations

import json
import sys
import textwrap
import time

import pytest

from plait.__main__ import main
from plait.mlflow import observer
from plait.mlflow.spool import waiting

mlflow = pytest.importorskip("mlflow")

FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "lab"\n',
    "conf/base/mlflow.yml": "{}\n",
    "conf/base/parameters.yml": "model: {depth: 3, names: [a, b]}\nlong: '" + "x" * 7000 + "'\n",
    "conf/base/catalog.yml": """
        numbers: data/01_raw/numbers.json
        scores: {type: json, path: data/08_reporting/scores.json, tags: [metrics]}
    """,
    "data/01_raw/numbers.json": "[1, 2, 3]\n",
    "src/lab/__init__.py": "",
    "src/lab/pipelines/__init__.py": "",
    "src/lab/pipelines/main/__init__.py": "",
    "src/lab/pipelines/main/nodes.py": """
        def score(numbers, depth):
            return {"mean": sum(numbers) / len(numbers), "depth": depth}
    """,
    "src/lab/pipelines/main/pipeline.py": """
        from plait import node, pipeline
        from lab.pipelines.main.nodes import score

        def create_pipeline():
            return pipeline([node(score, {"depth": "params:model.depth"}, "scores")])
    """,
}


class Lab:
    """The project, and what MLflow knows of it."""

    def __init__(self, root, capsys):
        self.root, self._capsys = root, capsys
        self.state = root / ".plait"

    def write(self, files):
        for name, text in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip("\n"))

    def plait(self, *words, code=0):
        self._capsys.readouterr()
        ended = main(words)
        said = self._capsys.readouterr()
        assert ended == code, said.out + said.err
        return said.out + said.err

    @property
    def runs(self):
        """What MLflow knows once all has arrived."""
        deadline = time.monotonic() + 60
        while waiting(self.state):
            assert time.monotonic() < deadline, [spool.problem for spool in waiting(self.state)]
            time.sleep(0.05)
        found = self.client.get_experiment_by_name("lab")
        return (
            [] if found is None else self.client.search_runs([found.experiment_id], order_by=["start_time"])
        )

    @property
    def client(self):
        return mlflow.MlflowClient(f"sqlite:///{self.root / 'mlflow.db'}")

    def last_run(self):
        return json.loads(self.plait("runs", "show", "--json"))["run"]["id"]


@pytest.fixture
def lab(tmp_path, monkeypatch, capsys):
    made = Lab(tmp_path, capsys)
    made.write(FILES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "lab"]:
        del sys.modules[name]


@pytest.fixture
def nobody_sends(monkeypatch):
    """Leave everything in the spool."""
    monkeypatch.setattr(observer, "_sender_of", lambda *given: None)
    monkeypatch.setattr(observer, "_LOCAL", 0.0)
