"""Commands that show something, and those that make projects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


def test_catalog(shop, write, plait):
    assert plait("catalog", "list").out == (
        "NAME     TYPE  LAYER      LOCATION\n"
        "numbers  json  raw        data/01_raw/numbers.json\n"
        "report   json  reporting  data/08_reporting/report.json\n"
    )
    assert plait("catalog", "list", "num*").out.count("\n") == 2
    assert "doubled  memory" in plait("catalog", "list", "--resolve").out
    shown = plait("catalog", "show", "report").out
    assert "description  The sum of it all" in shown
    assert "conf/base/catalog.yml:2" in shown
    assert "did you mean 'report'?" in plait("catalog", "show", "reprt", code=2).err
    previewed = json.loads(plait("catalog", "preview", "numbers", "--json").out)
    assert previewed["schema"] == 1
    assert "plait run --to-outputs report" in plait("catalog", "preview", "report", code=2).err
    schema = json.loads(plait("catalog", "schema").out)
    assert schema["$schema"].startswith("https://json-schema.org")


def test_catalog_list_imports_no_pipeline(shop, write, plait):
    write({"src/shop/pipelines/sums/pipeline.py": "raise RuntimeError('imported')"})
    assert "numbers" in plait("catalog", "list").out


def test_pipelines(shop, plait):
    assert "sums         2      numbers  report" in plait("pipeline", "list").out
    assert plait("pipeline", "show").out == (
        "double  numbers → doubled\ntotal   doubled, params:factor → report\n"
    )
    assert plait("pipeline", "show", "sums", "double", "--format", "mermaid").out == (
        'flowchart TD\n    d0(["numbers"])\n    d1(["doubled"])\n    n2["double"]\n'
        "    d0 --> n2\n    n2 --> d1\n"
    )
    assert '"node double" -> "dataset doubled";' in plait("pipeline", "show", "--format", "dot").out
    drawn = json.loads(plait("pipeline", "show", "--json").out)
    assert [node["name"] for node in drawn["nodes"]] == ["double", "total"]
    assert drawn["parameters"] == ["params:factor"]


def test_a_new_pipeline_is_found_and_its_test_passes(shop, plait):
    ran = plait("pipeline", "new", "extra")
    assert "src/shop/pipelines/extra/pipeline.py" in ran.out
    assert "extra" in plait("pipeline", "list").out
    assert "is there already" in plait("pipeline", "new", "extra", code=2).err
    assert "plait pipeline new my_own" in plait("pipeline", "new", "my-own", code=2).err


def test_config(shop, write, plait):
    write(
        {"conf/local/parameters.yml": "factor: 3\n", "conf/local/credentials.yml": "db: {password: hush}\n"}
    )
    assert plait("config", "show").out == "factor: 3\n"
    explained = plait("config", "explain", "factor").out
    assert explained.splitlines()[0] == "factor = 3"
    assert "conf/base/parameters.yml:1" in explained
    assert "conf/local/parameters.yml:1" in explained
    assert "data/01_raw/numbers.json" in plait("config", "show", "catalog:numbers").out
    shown = plait("config", "show", "credentials").out
    assert "***" in shown
    assert "hush" not in shown
    assert "did you mean 'factor'?" in plait("config", "explain", "facter", code=2).err


def test_a_secret_parameter_is_not_shown(shop, write, plait, monkeypatch):
    monkeypatch.setenv("TOKEN", "hush")
    write({"conf/base/parameters.yml": "factor: 1\ntoken: ${oc.env:TOKEN}\n"})
    for words in (("show",), ("show", "token"), ("explain", "token"), ("show", "--json")):
        assert "hush" not in plait("config", *words).out


def test_runs(shop, plait):
    assert plait("runs", "list", code=2).err == "Nothing has run here yet\n  → plait run\n"
    plait("run")
    plait("run", "--params", "factor=11")
    listed = json.loads(plait("runs", "list", "--json").out)["runs"]
    assert [run["status"] for run in listed] == ["done", "done"]
    assert "✗" not in plait("runs", "list").out
    different = plait("runs", "diff").out
    assert "factor   10 → 11" in different
    assert "double" in plait("runs", "show").out
    assert "did you mean 'double'?" in plait("runs", "logs", "last", "duble", code=2).err


def test_info(shop, plait, tmp_path):
    told = json.loads(plait("info", "--json").out)
    assert (told["schema"], told["package"], told["environment"]) == (1, "shop", "local")
    assert told["root"] == str(tmp_path)


def test_a_new_project_runs_checks_and_passes_its_tests(plait, tmp_path):
    made = plait("new", "weather", "--no-lock")
    assert "Made the project weather in weather" in made.out
    pyproject = tomllib.loads((tmp_path / "weather/pyproject.toml").read_text())
    assert pyproject["tool"]["plait"]["package"] == "weather"
    assert "2 done" in plait("run", "--project", "weather").out
    assert plait("check", "--project", "weather").out == "✓ nothing wrong\n"
    assert "Bergen" in plait("catalog", "preview", "summary", "--project", "weather").out
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "weather",
        capture_output=True,
        text=True,
    )
    assert "3 passed" in tests.stdout, tests.stdout
    words = [file for file in (tmp_path / "weather").rglob("*") if "project_package" in str(file)]
    assert words == []


def test_new_overwrites_nothing(plait, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    assert "is not empty" in plait("new", "full", code=2).err
    assert "choose another name with --package" in plait("new", "json", code=2).err
    assert not (tmp_path / "json").exists()
    assert "did you mean 'flights'?" in plait("new", "--example", "fligths", code=2).err
    assert "plait new FOLDER" in plait("new", code=2).err


def test_the_flights_example_is_a_sound_project(plait, tmp_path):
    plait("new", "--example", "flights", "demo", "--no-lock")
    assert (tmp_path / "demo/pyproject.toml").is_file()
    assert not list((tmp_path / "demo").rglob("__pycache__"))


def test_a_template_of_ones_own(plait, tmp_path):
    pytest.importorskip("copier")
    template = tmp_path / "template"
    template.mkdir()
    (template / "copier.yml").write_text("name: {type: str, default: mine}\n")
    (template / "pyproject.toml.jinja").write_text('[tool.plait]\npackage = "{{ name }}"\n')
    plait("new", "made", "--from", str(template))
    assert (tmp_path / "made/pyproject.toml").read_text() == '[tool.plait]\npackage = "mine"\n'


def test_init_adds_and_overwrites_nothing(plait, write, tmp_path):
    write(
        {
            "pyproject.toml": '[project]\nname = "old-shop"\n',
            "conf/base/catalog_raw.yml": "{}",
            ".gitignore": "*.pyc\n",
        }
    )
    ran = plait("init")
    assert "kept     conf/base/catalog_raw.yml" in ran.out
    assert tomllib.loads((tmp_path / "pyproject.toml").read_text())["tool"]["plait"] == {
        "package": "old_shop"
    }
    assert (tmp_path / ".gitignore").read_text().startswith("*.pyc\n")
    assert ".plait/" in (tmp_path / ".gitignore").read_text()
    plait("pipeline", "new", "first")
    plait("check")
    assert "already" in plait("init", code=2).err


def test_init_understands_kedro(plait, write, tmp_path):
    write(
        {
            "pyproject.toml": '[tool.kedro]\npackage_name = "spaceflights"\nsource_dir = "code"\n',
            "code/spaceflights/__init__.py": "from kedro.pipeline import node\n",
        }
    )
    assert "1 files import kedro" in plait("init").out
    table = tomllib.loads((tmp_path / "pyproject.toml").read_text())["tool"]["plait"]
    assert table == {"package": "spaceflights", "source": "code"}


def completed(shop: Path, line: str) -> list[str]:
    words = line.split()
    position = len(words) if line.endswith(" ") else len(words) - 1
    answered = subprocess.run(
        [sys.executable, "-m", "plait"],
        cwd=shop,
        env={
            **os.environ,
            "_PLAIT_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(position),
        },
        capture_output=True,
        text=True,
    )
    return [item.partition(",")[2] for item in answered.stdout.splitlines()]


def test_completion(shop, write, plait):
    plait("check")
    write({"src/shop/pipelines/sums/pipeline.py": "raise RuntimeError('imported')"})
    assert completed(shop, "plait ch") == ["check"]
    assert "--from-nodes" in completed(shop, "plait run --fr")
    assert completed(shop, "plait run dou") == ["double"]
    assert completed(shop, "plait run +tot") == ["+total"]
    assert completed(shop, "plait run tag:") == ["tag:fast"]
    assert completed(shop, "plait run not:pipeline:s") == ["not:pipeline:sums"]
    assert completed(shop, "plait catalog preview rep") == ["report"]
    assert completed(shop, "plait run --to-nodes double,t") == ["double,total"]


def test_completion_scripts(plait, monkeypatch):
    for shell in ("bash", "zsh", "fish"):
        assert "_PLAIT_COMPLETE" in plait("completion", shell).out
    monkeypatch.setenv("SHELL", "/bin/zsh")
    assert "compdef" in plait("completion").out
    checked = subprocess.run(["bash", "-n"], input=plait("completion", "bash").out, text=True)
    assert checked.returncode == 0


def test_bash_keeps_what_stands_before_a_colon(shop, plait):
    plait("check")
    script = plait("completion", "bash").out
    program = f"""{script}
COMP_LINE="plait run tag:fa"; COMP_POINT=${{#COMP_LINE}}
_plait_completion plait
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    folder = Path(sys.executable).parent
    answered = subprocess.run(
        ["bash", "-c", program],
        cwd=shop,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert answered.stdout == "fast\n", answered.stderr
