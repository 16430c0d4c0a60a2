"""What goes wrong in Kedro 1.7 and must not here: each trap, and the tests that would catch it.

The numbers are those of the list that the project began with. Three wait for what they are about: a partition
value that is callable (20), grouping for Airflow (21) and the visualiser (22).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import plait
from plait import node, pipeline

TESTS = Path(__file__).parent.parent

CAUGHT: dict[int, tuple[str, list[str]]] = {
    1: (
        "an in-memory dataset hands a bare object() to consumers in other processes",
        [
            "catalog/test_catalog_differences.py::test_an_empty_dataset_in_another_process",
            "executors/test_executor_conformance.py::test_an_explicit_memory_dataset_hands_over_the_data_itself",
        ],
    ),
    2: (
        "results of a parallel run are gone with its manager, and shared data is never released",
        [
            "executors/test_worker_faults.py::test_results_can_be_read_when_the_workers_are_gone",
            "engine/test_run.py::test_intermediate_data_is_let_go_after_its_last_consumer",
        ],
    ),
    3: (
        "data given to a MemoryDataset at construction is never freed",
        ["catalog/test_memory_datasets.py::test_release_frees_the_data_however_it_came_in"],
    ),
    4: (
        "a pipeline that only the registry knows cannot be run, and a typo gives the same error",
        ["cli/test_run_command.py::test_a_pipeline_that_only_the_registry_knows_can_be_run"],
    ),
    5: (
        "nested --params replace or merge depending on unrelated files",
        [
            "config/test_config_differences.py::test_nested_runtime_parameters_do_not_depend_on_files",
            "project/test_opening.py::test_nested_params_merge_whether_or_not_the_environment_has_parameters",
        ],
    ),
    6: (
        "queued nodes run on after a failure, in an order that depends on the hash seed",
        [
            "executors/test_executor_conformance.py::test_fail_fast_starts_nothing_more",
            "pipeline/test_pipelines.py::test_order_and_text_do_not_depend_on_the_hash_seed",
        ],
    ),
    7: (
        "factories match without regard to case, and pinned versions fail beside a catch-all",
        [
            "catalog/test_factories.py::test_case_matters",
            "catalog/test_factories.py::test_a_catch_all_comes_last_and_takes_part_in_load_versions",
        ],
    ),
    8: (
        "of two functions under one name the first wins silently",
        ["pipeline/test_nodes.py::test_two_functions_under_one_name_are_an_error"],
    ),
    9: (
        "a node over a callable instance has no name; a function can be set once; dotted names warn",
        [
            "pipeline/test_nodes.py::test_partials_methods_instances_classes_and_builtins",
            "pipeline/test_nodes.py::test_nodes_are_immutable_and_replaced",
        ],
    ),
    10: (
        "a generator into memory keeps its last chunk only, and an empty one cannot be unpacked",
        [
            "engine/test_run.py::test_a_generator_into_memory_keeps_every_chunk",
            "engine/test_run.py::test_an_empty_generator_with_several_outputs_gives_empty_lists",
        ],
    ),
    11: (
        "the key sets of a wrong result are swapped, and a cycle is listed in random order",
        [
            "pipeline/test_nodes.py::test_wrong_results_name_the_node_and_both_sides",
            "pipeline/test_pipelines.py::test_a_cycle_is_shown_in_order",
        ],
    ),
    12: (
        "missing credentials are a KeyError, a missing library a typo, an unpicklable node an AttributeError",
        [
            "catalog/test_data_catalog.py::test_missing_credentials_are_a_key_error_too_as_in_kedro",
            "catalog/test_data_catalog.py::test_a_missing_library_names_the_module_and_the_command",
            "executors/test_worker_faults.py::test_functions_that_workers_cannot_find_are_refused_together_before_anything_runs",
        ],
    ),
    13: (
        "a run costs time in the square of its nodes",
        ["traps/test_kedro_traps.py::test_a_run_costs_the_same_for_each_node_however_many_there_are"],
    ),
    14: (
        "a catalog of more than a thousand entries does not load",
        ["config/test_config_differences.py::test_a_catalog_may_be_large"],
    ),
    15: (
        "what is missing is made, what is stale stays",
        ["traps/test_kedro_traps.py::test_a_stale_output_is_made_again_although_it_is_there"],
    ),
    16: (
        "an error while looking for data is taken for missing data",
        ["catalog/test_data_catalog.py::test_a_server_that_cannot_be_reached_is_not_taken_for_missing_data"],
    ),
    17: (
        "importing configures the root logger from a file in the working directory",
        ["traps/test_kedro_traps.py::test_importing_configures_no_logging"],
    ),
    18: (
        "session, settings and pipelines are global to the process",
        ["project/test_opening.py::test_two_projects_at_once"],
    ),
    19: (
        "--params split at commas, so that a list cannot be given",
        [
            "cli/test_run_command.py::test_params_are_yaml_and_may_follow_one_another",
            "cli/test_run_command.py::test_kedros_spelling_of_params_is_refused_with_the_right_one",
        ],
    ),
}


@pytest.mark.parametrize(
    ("trap", "test"), [(trap, test) for trap, (_, tests) in CAUGHT.items() for test in tests]
)
def test_is_caught(trap: int, test: str) -> None:
    file, _, name = test.partition("::")
    assert re.search(rf"^def {name}\(", (TESTS / file).read_text(), re.MULTILINE), (trap, CAUGHT[trap][0])


def add_one(x: int) -> int:
    return x + 1


def _calls_of_a_run(length: int) -> int:
    chain = pipeline([node(add_one, f"x{i}", f"x{i + 1}", name=f"n{i}") for i in range(length)])
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        plait.run(chain, {"x0": 0})
    finally:
        sys.setprofile(None)
    return calls


def test_a_run_costs_the_same_for_each_node_however_many_there_are() -> None:
    """Counted in calls, which no busy machine changes; Kedro: 2.5 ms a node at 1,000, 19 ms at 5,000."""
    _calls_of_a_run(10)
    few, many = _calls_of_a_run(200), _calls_of_a_run(2_000)
    assert many < 10.5 * few


def read_total(numbers: list[int]) -> int:
    return sum(numbers)


def test_a_stale_output_is_made_again_although_it_is_there(tmp_path: Path) -> None:
    """Kedro's --only-missing-outputs asks whether outputs exist, and nothing else."""
    numbers, total = tmp_path / "numbers.json", tmp_path / "total.json"
    catalog = {"numbers": str(numbers), "total": str(total)}
    totals = pipeline([node(read_total, "numbers", "total")])
    for content, expected in (([1, 2], 3), ([1, 2, 3], 6)):
        numbers.write_text(json.dumps(content))
        plait.run(totals, catalog, state=tmp_path / "state")
        assert json.loads(total.read_text()) == expected


def test_importing_configures_no_logging(tmp_path: Path) -> None:
    """Kedro: importing a runner applies conf/logging.yml of the working directory."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/logging.yml").write_text("version: 1\nroot: {level: DEBUG}\n")
    code = (
        "import logging, plait, plait.engine, plait.project, plait.catalog, plait.cli.run\n"
        "from plait import Project, run, DataCatalog\n"
        "print(logging.getLogger().handlers, logging.getLogger().level, logging.getLogger('plait').handlers)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[] 30 []\n"
