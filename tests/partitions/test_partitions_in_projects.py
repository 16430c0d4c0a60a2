"""Partitions as their user meets them: a project and its commands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FILES = {
    "pyproject.toml": '[project]\nname = "demo"\nversion = "1"\n\n[tool.plait]\npackage = "demo"\n',
    "conf/base/catalog.yml": "texts: data/01_raw/texts/*.txt\nloud: data/02_intermediate/loud/*.txt\n",
    "src/demo/__init__.py": "",
    "src/demo/pipelines/__init__.py": "",
    "src/demo/pipelines/shouting/__init__.py": "from .pipeline import create_pipeline\n",
    "src/demo/pipelines/shouting/nodes.py": "def shout(text):\n    return text.upper()\n",
    "src/demo/pipelines/shouting/pipeline.py": (
        "from plait import each, node, pipeline\n"
        "from demo.pipelines.shouting.nodes import shout\n\n\n"
        "def create_pipeline():\n"
        '    return pipeline([node(shout, each("texts"), each("loud"))])\n'
    ),
}


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    raw = tmp_path / "data/01_raw/texts"
    for key in ("2024/01", "2024/02", "2025/01"):
        (raw / key).parent.mkdir(parents=True, exist_ok=True)
        (raw / f"{key}.txt").write_text(f"text {key}")
    catalog = tmp_path / "conf/base/catalog.yml"
    catalog.write_text(catalog.read_text().replace("/*.txt", "/**/*.txt"))
    return tmp_path


def plait(project, *words, code=0):
    command = [str(Path(sys.executable).parent / "plait"), *words]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def loud(project):
    folder = project / "data/02_intermediate/loud"
    return {str(path.relative_to(folder).with_suffix("")): path.read_text() for path in folder.rglob("*.txt")}


def test_a_key_is_selected_planned_run_and_skipped(project):
    plait(project, "run", "loud[2024/01]")
    assert loud(project) == {"2024/01": "TEXT 2024/01"}

    plan = json.loads(plait(project, "plan", "--json"))
    (step,) = plan["steps"]
    assert step["action"] == "run"
    assert (step["reasons"][0]["kind"], step["reasons"][0]["text"]) == ("keys", "2 of 3 keys")

    events = [json.loads(line) for line in plait(project, "run", "--json", "--workers", "2").splitlines()]
    assert sorted(event["key"] for event in events if event["event"] == "partition_done") == [
        "2024/02",
        "2025/01",
    ]
    finished = next(event for event in events if event["event"] == "node_finished")
    assert finished["keys"]["done"] == 2
    assert finished["keys"]["skipped"] == 1
    assert len(loud(project)) == 3
    plait(project, "run")

    assert "is not called once per key" not in plait(project, "run", "shout[2024/*]")


def test_removals_are_held_back_until_they_are_allowed(project):
    plait(project, "run")
    (project / "data/01_raw/texts/2025/01.txt").unlink()

    assert "1 of 3 keys vanished from the inputs" in plait(project, "plan")
    said = plait(project, "run")
    assert "stays until --allow-removals" in said
    assert "→ plait run --allow-removals" in said
    assert len(loud(project)) == 3
    plait(project, "run", "--allow-removals")
    assert sorted(loud(project)) == ["2024/01", "2024/02"]


def test_a_new_file_and_a_changed_file_are_seen(project):
    plait(project, "run")
    (project / "data/01_raw/texts/2025/02.txt").write_text("more")
    (project / "data/01_raw/texts/2024/01.txt").write_text("other")
    plait(project, "run")
    assert loud(project)["2025/02"] == "MORE"
    assert loud(project)["2024/01"] == "OTHER"
