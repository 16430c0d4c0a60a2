"""Interceptors: Kedro's hooks, by keyword, registered in settings."""

from __future__ import annotations

import sys

import pytest

from plait import hook_impl
from plait.engine.hooks import make_hooks
from plait.errors import RunError, UsageError

LAB = {
    "src/lab/pipelines/sums.py": """
        from plait import node, pipeline

        def add(numbers, step):
            return [number + step for number in numbers]

        def total(added):
            return sum(added)

        def create_pipeline():
            return pipeline([
                node(add, ["numbers", "params:step"], "added"),
                node(total, "added", "sum"),
            ])
    """,
    "conf/base/parameters.yml": "step: 1\n",
    "conf/base/catalog.yml": "numbers: memory\nsum: memory\n",
    "src/lab/settings.py": "from lab.hooks import Hooks\nHOOKS = (Hooks(),)\n",
}
HEAD = "from plait import hook_impl\nSEEN = []\nclass Hooks:\n"


def hooks(*methods: str) -> dict[str, str]:
    lines = [HEAD]
    for method in methods:
        lines.append("    @hook_impl\n" + "\n".join(f"    {line}" for line in method.splitlines()) + "\n")
    return {**LAB, "src/lab/hooks.py": "".join(lines)}


def seen() -> list:
    return sys.modules["lab.hooks"].SEEN


def test_the_order_of_a_run(opened):
    names = {
        "after_context_created": "context",
        "before_pipeline_run": "run_params",
        "before_dataset_loaded": "dataset_name",
        "before_node_run": "node",
        "after_node_run": "outputs",
        "after_dataset_saved": "dataset_name, data",
        "after_pipeline_run": "run_result",
    }
    project = opened(
        hooks(
            *[
                f"def {name}(self, {arguments}):\n    SEEN.append('{name}')"
                for name, arguments in names.items()
            ]
        )
    )
    project.run(inputs={"numbers": [1]})
    told = seen()
    assert told[:2] == ["after_context_created", "before_pipeline_run"]
    assert told[-1] == "after_pipeline_run"
    assert told.count("before_node_run") == 2
    assert told.index("before_node_run") < told.index("after_node_run") < told.index("after_dataset_saved")


def test_inputs_can_be_replaced(opened):
    project = opened(hooks(
        "def before_node_run(self, node):\n    return {'numbers': [100]} if node.name == 'add' else None"
    ))  # fmt: skip
    assert project.run(inputs={"numbers": [1]})["sum"] == 101


def test_a_hook_can_fail_a_node(opened):
    project = opened(hooks(
        "def after_node_run(self, node):\n    if node.name == 'total': raise ValueError('implausible')",
        "def on_pipeline_error(self, error, run_params):\n    SEEN.append((str(error), run_params['env']))",
    ))  # fmt: skip
    with pytest.raises(RunError, match="1 node failed"):
        project.run(inputs={"numbers": [1]})
    assert seen()[0][1] == "local"


def test_after_catalog_created_gets_what_kedro_gives(opened):
    project = opened(hooks(
        "def after_catalog_created(self, catalog, conf_catalog, conf_creds, parameters, save_version):\n"
        "    SEEN.append((catalog.keys(), parameters['step']))\n    catalog['numbers'] = [1, 2]"
    ))  # fmt: skip
    assert project.run()["sum"] == 5
    assert seen() == [(["numbers", "sum"], 1)]


def test_kedros_own_marker_works():
    marked = pytest.importorskip("kedro.framework.hooks").hook_impl
    calls = []

    class Hooks:
        @marked
        def before_node_run(self, node):
            calls.append(node)

    manager = make_hooks([Hooks()])
    manager.hook.before_node_run(node="n", catalog=None, inputs={}, is_async=False, run_id="r")
    assert calls == ["n"]


def test_the_last_registered_is_called_first():
    calls = []

    class Hooks:
        def __init__(self, name):
            self.name = name

        @hook_impl
        def before_pipeline_run(self):
            calls.append(self.name)

    make_hooks([Hooks("first"), Hooks("second")]).hook.before_pipeline_run(
        run_params={}, pipeline=None, catalog=None
    )
    assert calls == ["second", "first"]


def test_mistakes_are_named():
    class Misspelt:
        @hook_impl
        def before_node_rn(self, node): ...

    class Surplus:
        @hook_impl
        def before_node_run(self, nod): ...

    class Unmarked:
        def before_node_run(self, node): ...

    for given, words in (
        (Misspelt, "is a class, and hooks are instances"),
        (Misspelt(), "did you mean 'before_node_run'"),
        (Surplus(), "before_node_run may take: node, catalog, inputs, is_async, run_id"),
        (Unmarked(), "has no hooks"),
    ):
        with pytest.raises(UsageError) as caught:
            make_hooks([given])
        assert words in str(caught.value)
        assert "test_hooks.py:" in str(caught.value)
