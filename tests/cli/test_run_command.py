"""``plait run``, as people type it."""

from __future__ import annotations

import json
import re

import pytest


def tidy(text: str) -> str:
    """Leave out what differs between runs: ids and times."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d.]+Z", "RUN", text)
    return re.sub(r"\d+(\.\d)? (ms|s)\b", "TIME", text)


def report(shop):
    return json.loads((shop / "data/08_reporting/report.json").read_text())


def test_runs_everything_and_says_so(shop, plait):
    ran = plait("run")
    assert tidy(ran.out) == (
        "2 nodes   run RUN\n[1/2] ✓ double  TIME\n[2/2] ✓ total  TIME\n\n✓ 2 done in TIME   run RUN\n"
    )
    assert ran.err == ""
    assert report(shop) == {"total": 120}


def test_params_are_yaml_and_may_follow_one_another(shop, write, plait):
    write({"conf/base/parameters.yml": "factor: 10\nother: {a: 1, b: 2}\n"})
    plait("run", "--params", "factor=2", "other.a=[1,2]")
    assert report(shop) == {"total": 24}
    shown = json.loads(plait("runs", "show", "--json").out)
    assert shown["run"]["parameters"] == {"factor": 2, "other": {"a": [1, 2], "b": 2}}


def test_kedros_spelling_of_params_is_refused_with_the_right_one(shop, plait):
    assert "--params a=1 b=2" in plait("run", "--params", "a=1,b=2", code=2).err


@pytest.mark.parametrize(
    ("words", "nodes"),
    [
        (["double"], ["double"]),
        (["double+"], ["double", "total"]),
        (["+total", "not:double"], ["total"]),
        (["tag:fast"], ["double"]),
        (["--nodes", "double"], ["double"]),
        (["--from-nodes", "double", "--to-nodes", "total"], ["double", "total"]),
        (["--to-outputs=doubled"], ["double"]),
        (["--from-inputs", "numbers", "-t", "fast"], ["double"]),
        (["-p", "sums"], ["double", "total"]),
    ],
)
def test_a_part_is_picked_by_selector_or_by_kedros_flags(shop, write, plait, words, nodes):
    write(
        {
            "conf/base/catalog.yml": """
                numbers: data/01_raw/numbers.json
                doubled: data/doubled.json
                report: memory
            """
        }
    )
    plait("run")
    ran = plait("run", "--json", *words)
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert events[0]["event"] == "run_started"
    assert events[0]["nodes"] == nodes
    assert {event["schema"] for event in events} == {1}


def test_a_misspelt_node_gets_a_suggestion(shop, plait):
    ran = plait("run", "totl", code=2)
    assert "did you mean 'total'?" in ran.err
    assert ran.out == ""


def test_a_misspelt_pipeline_gets_a_suggestion(shop, plait):
    assert plait("run", "-p", "sum", code=2).err == ("There is no pipeline 'sum'\n  → did you mean 'sums'?\n")


def test_a_pipeline_that_only_the_registry_knows_can_be_run(shop, write, plait):
    """Kedro: ImportError, for such a pipeline and for a typo alike."""
    write(
        {
            "src/shop/pipeline_registry.py": """
                from plait.project import find_pipelines

                def register_pipelines():
                    pipelines = find_pipelines()
                    pipelines["quick"] = pipelines["sums"].only_nodes_with_tags("fast")
                    return pipelines
            """
        }
    )
    assert "[1/1] ✓ double" in plait("run", "--pipelines", "quick").out
    assert "did you mean 'quick'?" in plait("run", "--pipelines=quik", code=2).err


def test_a_failure_shows_the_users_frames_and_how_to_go_on(shop, write, plait):
    write(
        {
            "src/shop/pipelines/sums/nodes.py": """
        def double(numbers):
            return divide(numbers, 0)

        def divide(numbers, by):
            return [number / by for number in numbers]

        def total(doubled, factor):
            return 1
    """
        }
    )
    ran = plait("run", "--params", "factor=3", code=1)
    assert "[1/2] ✗ double  ZeroDivisionError: division by zero" in ran.out
    assert "[2/2] ○ total  blocked by double" in ran.out
    assert 'File "src/shop/pipelines/sums/nodes.py", line 5, in divide' in ran.out
    assert "numbers: list of 3" in ran.out
    assert "site-packages" not in ran.out
    assert "src/plait" not in ran.out
    last = tidy(ran.out).splitlines()[-3:]
    assert last == [
        "✗ 1 failed, 1 blocked in TIME   run RUN",
        "  full traceback: plait runs logs RUN double",
        "  to go on: plait run --params factor=3",
    ]
    assert ran.err == ""


def test_what_a_node_prints_is_shown_and_kept_with_its_name(shop, write, plait):
    write(
        {
            "src/shop/pipelines/sums/nodes.py": """
        import logging

        def double(numbers):
            print("doubling")
            logging.getLogger(__name__).info("three numbers")
            logging.getLogger(__name__).warning("careful")
            return numbers

        def total(doubled, factor):
            return 1
    """
        }
    )
    ran = plait("run")
    assert "  double │ doubling\n" in ran.out
    assert "  double │ WARNING careful\n" in ran.out
    assert "three numbers" not in ran.out
    logs = plait("runs", "logs", "last", "double")
    assert logs.out == "doubling\nINFO three numbers\nWARNING careful\n"


def test_a_missing_input_is_named_with_its_place(shop, plait):
    (shop / "data/01_raw/numbers.json").unlink()
    ran = plait("run", code=1)
    assert "✗ 'numbers' does not exist at data/01_raw/numbers.json" in ran.out
    assert "to go on: plait run" in ran.out


def test_an_unlisted_free_output_is_said_before_the_run(shop, write, plait):
    write({"conf/base/catalog.yml": "numbers: data/01_raw/numbers.json\nreports: data/reports.json\n"})
    first = plait("run").out.splitlines()[0]
    assert first == "'report' is not in the catalog and lives in memory only: did you mean 'reports'?"


def test_a_missing_library_is_an_error_with_the_command_that_installs_it(shop, write, plait):
    write({"conf/base/catalog.yml": "numbers: {type: nosuch.Dataset, path: x}\nreport: memory\n"})
    assert "nosuch" in plait("run", code=2).err


def test_outside_a_project(plait):
    ran = plait("run", code=2)
    assert ran.err.startswith("There is no Plait project here\n")
    assert "plait new makes a project, plait init turns this folder into one" in ran.err


def test_another_folder_and_environment(shop, write, plait, tmp_path_factory, monkeypatch):
    write({"conf/prod/parameters.yml": "factor: 1\n"})
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    plait("run", "--project", str(shop), "--env", "prod")
    assert report(shop) == {"total": 12}


def test_an_environment_that_is_not_there(shop, plait):
    assert "production" in plait("run", "--env", "production", code=2).err


def test_a_single_file_is_a_program(write, plait, tmp_path):
    write(
        {
            "sums.py": """
                from plait import node, pipeline

                catalog = {"numbers": [1, 2, 3], "total": "total.json"}
                parameters = {"factor": 2}

                def total(numbers, factor):
                    return sum(numbers) * factor

                main = pipeline([node(total, ["numbers", "params:factor"], "total")])
            """
        }
    )
    plait("run", "sums.py", "--params", "factor=5")
    assert (tmp_path / "total.json").read_text().strip() == "30"
    assert "sums.py" not in plait("runs", "list", "--project", "sums.py").out


def test_the_unknown_is_suggested(shop, plait):
    ran = plait("chek", code=2)
    assert ran.err == "There is no command 'plait chek'.\n  → did you mean 'check'?\n  → plait --help\n"
    assert "--from-nodes" in plait("run", "--from-node", "x", code=2).err
    assert (
        plait("registry", "list", code=2).err.splitlines()[1] == "  → In Plait this is: plait pipeline list"
    )
    assert "plait pipeline new" in plait("pipeline", "create", "x", code=2).err
    assert "plait run --executor threads" in plait("run", "--runner", "ThreadRunner", code=2).err


def test_versions_to_load_are_given_as_in_kedro(shop, write, plait):
    write(
        {
            "conf/base/catalog.yml": """
                numbers: data/01_raw/numbers.json
                doubled: {path: data/doubled.json, versioned: true}
                report: data/08_reporting/report.json
            """
        }
    )
    plait("run")
    version = json.loads(plait("versions", "list", "doubled", "--json").out)["versions"]["doubled"][0]
    write({"data/01_raw/numbers.json": "[100]"})
    plait("run")
    plait("run", "total", "--load-version", f"doubled:{version}")
    assert report(shop) == {"total": 120}
    assert "DATASET:VERSION" in plait("run", "-lv", "doubled", code=2).err
    write({"data/01_raw/numbers.json": "[1000]"})
    assert "no version 'TYPO'" in plait("run", "-lv", "doubled:TYPO", code=2).err
    assert len(json.loads(plait("versions", "list", "doubled", "--json").out)["versions"]["doubled"]) == 2
    plait("versions", "prune", "doubled", "--keep", "1", "--yes")
    assert len(json.loads(plait("versions", "list", "doubled", "--json").out)["versions"]["doubled"]) == 1


def test_debug_shows_all(shop, plait):
    ran = plait("run", "nothing", "--debug", code=2)
    assert "Traceback (most recent call last)" in ran.err
    assert "src/plait/" in ran.err


def test_logging_yml_is_applied_by_the_command(shop, write, plait):
    write(
        {
            "conf/logging.yml": """
                version: 1
                handlers:
                  file: {class: logging.FileHandler, filename: run.log}
                root: {handlers: [file], level: INFO}
            """,
            "src/shop/pipelines/sums/nodes.py": """
                import logging

                def double(numbers):
                    logging.getLogger("any").info("to the file")
                    return numbers

                def total(doubled, factor):
                    return 1
            """,
        }
    )
    plait("run")
    assert (shop / "run.log").read_text() == "to the file\n"
    write({"conf/logging.yml": "version: 1\nhandlers: {file: {class: nosuch.Handler}}\n"})
    assert "conf/logging.yml" in plait("run", code=2).err
