"""Overrides of parameters that nothing knows are refused, whoever gives them."""

from __future__ import annotations

import pytest

from plait.errors import ParameterError, Problems

FILES = {
    "src/lab/pipelines/sums.py": """
        from plait import node, pipeline

        def add(numbers, step):
            return [number + step for number in numbers]

        def create_pipeline():
            return pipeline([node(add, ["numbers", "params:step"], "added")])
    """,
    "src/lab/pipelines/models.py": """
        from plait import node, pipeline

        def fit(model, rate):
            return (model, rate)

        def create_pipeline():
            return pipeline([node(fit, ["params:model", "params:training.rate"], "fitted")])
    """,
    "conf/base/parameters.yml": "step: 1\nmodel: {depth: 3}\nlabels:\n  - a\nempty:\n",
    "conf/base/catalog.yml": "numbers: 'data/${runtime_params:day,today}.json'\nadded: memory\n",
}


def run(project, **params):
    return project.run("sums", inputs={"numbers": [1]}, params=params)["added"]


def test_what_a_file_a_node_or_an_interpolation_asks_for_can_be_overridden(opened):
    project = opened(FILES)
    assert run(project, step=2) == [3]
    assert run(project, **{"training.rate": 2, "model.rate": 1, "day": "monday"}) == [2]
    assert run(project, training={"rate": 2}, model={}) == [2]


def test_a_misspelt_name_is_refused_with_a_close_match(opened):
    with pytest.raises(ParameterError) as raised:
        run(opened(FILES), stpe=2)
    assert str(raised.value) == (
        "there is no parameter 'stpe' to override\n"
        "  at --params\n"
        "  no parameter file has it, and no node and no ${runtime_params:…} asks for it\n"
        "  → did you mean 'step'?"
    )


def test_all_misspelt_names_are_told_at_once(opened):
    with pytest.raises(Problems) as raised:
        run(opened(FILES), stpe=2, **{"training.rat": 1})
    assert [problem.hint for problem in raised.value.problems] == [
        "did you mean 'step'?",
        "did you mean 'training.rate'?",
    ]


@pytest.mark.parametrize(
    ("name", "line", "hint"), [("step.size", 1, "step=…"), ("labels.first", 3, "labels=[…]")]
)
def test_a_single_value_does_not_become_a_group(opened, name, line, hint):
    with pytest.raises(ParameterError, match=f"'{name}' cannot be set") as raised:
        run(opened(FILES), **{name: 1})
    assert raised.value.where == ("--params", f"conf/base/parameters.yml:{line}")
    assert raised.value.hint == f"set it as a whole: --params {hint}"


def test_check_tells_of_overrides_that_a_project_was_opened_with(opened):
    found = opened(FILES, params={"stpe": 1}).check()
    assert "there is no parameter 'stpe' to override" in "\n".join(map(str, found))


def test_a_pipeline_that_is_broken_does_not_hide_what_the_others_read(opened):
    project = opened({**FILES, "src/lab/pipelines/broken.py": "import nothing_like_it\n"})
    assert run(project, **{"training.rate": 2}) == [2]
