"""Pipelines: what they refuse, how they order, and that they stay values."""

from __future__ import annotations

import itertools
import os
import pickle
import subprocess
import sys

import pytest

from plait.errors import (
    CircularDependencyError,
    NodeError,
    OutputNotUniqueError,
    PipelineError,
    SelectionError,
    UsageError,
)
from plait.pipeline import Pipeline, node, pipeline


def identity(x):
    return x


def add(x, y):
    return x + y


def step(inputs, outputs, name, **options):
    func = add if isinstance(inputs, list) and len(inputs) == 2 else identity
    return node(func, inputs, outputs, name=name, **options)


def chain(*names):
    return Pipeline([step(a, b, f"{a}_{b}") for a, b in itertools.pairwise(names)])


def test_a_cycle_is_shown_in_order():
    nodes = [step("a", "b", "n1"), step("b", "c", "n2"), step("c", "a", "n3"), step("c", "d", "n4")]
    with pytest.raises(CircularDependencyError) as caught:
        Pipeline(reversed(nodes))
    text = str(caught.value)
    assert text.startswith("3 nodes wait for each other: n1 → (b) → n2 → (c) → n3 → (a) → n1")
    assert text.count(f"{__file__}:") == 3


def test_duplicate_outputs_are_all_named():
    nodes = [step("a", "b", "n1"), step("a", "b@csv", "n2"), step("a", "c", "n3"), step("q", "c", "n4")]
    with pytest.raises(OutputNotUniqueError) as caught:
        Pipeline(nodes)
    assert "'b' by 'n1' and 'n2'" in str(caught.value)
    assert "'c' by 'n3' and 'n4'" in str(caught.value)


def test_mixed_spelling_is_found_in_unions_too():
    one, other = Pipeline([step("a@csv", "b", "n1")]), Pipeline([step("a", "c", "n2")])
    for build in (lambda: one + other, lambda: other + one, lambda: Pipeline([one, other])):
        with pytest.raises(NodeError, match="'a' is used both without a format and as 'a@csv'"):
            build()


def test_a_cycle_through_two_pipelines_is_found():
    with pytest.raises(CircularDependencyError, match="a_b → "):
        chain("a", "b") + chain("b", "a")


def test_members_are_checked():
    with pytest.raises(UsageError, match="3 is neither"):
        Pipeline([3])
    with pytest.raises(UsageError, match="not of None"):
        Pipeline(None)


def test_unknown_names_get_close_matches():
    made = chain("raw", "clean", "model")
    for ask, text in [
        (lambda: made.only_nodes("raw_claen"), "no node 'raw_claen'\n  → did you mean 'raw_clean'?"),
        (lambda: made.to_outputs("modle"), "no dataset 'modle'\n  → did you mean 'model'?"),
        (lambda: made.only_nodes_with_namespaces(["x"]), "no namespace 'x'"),
    ]:
        with pytest.raises(SelectionError) as caught:
            ask()
        assert text in str(caught.value)


def test_the_function_s_short_name_is_suggested_within_a_namespace():
    made = pipeline(chain("a", "b"), namespace="ns")
    with pytest.raises(SelectionError, match=r"did you mean 'ns\.a_b'"):
        made.only_nodes("a_b")


def test_collection_protocol():
    made = chain("a", "b", "c")
    assert len(made) == 2
    assert [n.name for n in made] == ["a_b", "b_c"]
    assert "a_b" in made
    assert step("a", "b", "a_b") in made
    assert step("a", "z", "a_b") not in made
    assert made == chain("a", "b") + chain("b", "c")
    assert hash(made) == hash(chain("b", "c") + chain("a", "b"))
    assert made != chain("a", "b")
    assert made != 3


def test_pipelines_are_immutable():
    made = chain("a", "b", "c")
    with pytest.raises(AttributeError, match="a pipeline is a value"):
        made.nodes = []
    made.nodes.clear()
    made.grouped_nodes[0].clear()
    with pytest.raises(TypeError):
        made.by_name["x"] = 1
    assert [n.name for n in made] == ["a_b", "b_c"]


def test_indices():
    made = Pipeline(
        [step("a", "b@csv", "n1"), step(["b@json", "params:p"], "c", "n2"), step("b@json", "d", "n3")]
    )
    n1, n2, n3 = (made.by_name[name] for name in ("n1", "n2", "n3"))
    assert made.producers == {"b": n1, "c": n2, "d": n3}
    assert made.consumers["b"] == (n2, n3)
    assert made.consumers["params:p"] == (n2,)
    assert made.children("n1") == (n2, n3)
    assert made.parents(n3) == (n1,)
    with pytest.raises(SelectionError, match="no node 'zzz'"):
        made.parents("zzz")


def test_a_slice_has_indices_of_its_own():
    whole = chain("a", "b", "c", "d")
    part = whole.from_nodes("b_c")
    assert part.inputs() == {"b"}
    assert part.parents("b_c") == ()
    assert set(part.producers) == {"c", "d"}
    assert part + whole == whole
    assert whole.only_nodes("a_b", "c_d").grouped_nodes == [list(whole.only_nodes("a_b", "c_d").nodes)]


def test_pipelines_are_pickled():
    made = chain("a", "b", "c") + Pipeline([node(identity, "q", "r"), node(identity, "s", "t")])
    copy = pickle.loads(pickle.dumps(made))
    assert copy == made
    assert [n.name for n in copy] == [n.name for n in made]


def test_names_are_kept_through_a_namespace():
    made = Pipeline([node(identity, "a", "b"), node(identity, "b", "c")])
    used = pipeline(made, namespace="ns", outputs={"c": "result"})
    assert [n.name for n in used] == ["ns.identity.b", "ns.identity.result"]


def test_parameter_groups_are_mapped_by_the_longest_name():
    made = Pipeline([step(["a", "params:m.x"], "b", "n1"), step(["a", "params:m.deep.y"], "c", "n2")])
    used = pipeline(made, namespace="ns", parameters={"m": "k", "params:m.deep": "params:shared"})
    assert {n.inputs[1] for n in used} == {"params:k.x", "params:shared.y"}
    kept = pipeline(made, namespace="ns", parameters="m")
    assert {n.inputs[1] for n in kept} == {"params:m.x", "params:m.deep.y"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"inputs": {"aa"}}, "'aa' is mapped, but not read or made by any node"),
        ({"parameters": {"zz"}}, "'params:zz' is mapped, but not read or made by any node"),
        ({"inputs": {"b"}}, "'b' is listed under inputs, but node 'a_b' of the same pipeline makes it"),
        ({"outputs": {"a"}}, "'a' is listed under outputs, but no node of the pipeline makes it"),
        ({"inputs": {"params:p"}}, "'params:p' is a parameter and cannot be mapped as a dataset"),
    ],
)
def test_wrong_mappings(options, text):
    with pytest.raises(PipelineError) as caught:
        pipeline(chain("a", "b", "c"), namespace="ns", **options)
    assert text in str(caught.value)


def test_mapping_two_outputs_of_one_node_to_one_name():
    made = Pipeline([node(lambda x: (x, x), "a", ["b", "c"], name="n")])
    with pytest.raises(NodeError, match="has 'q' more than once among its outputs"):
        pipeline(made, outputs={"b": "q", "c": "q"})


def test_grouping_refuses_namespaces_that_wait_for_each_other():
    made = Pipeline(
        [step("a", "b", "1", namespace="x"), step("b", "c", "2"), step("c", "d", "3", namespace="x")]
    )
    with pytest.raises(PipelineError, match="'2', 'x' wait for each other"):
        made.group_nodes_by("namespace")


SCRIPT = """
import random
from plait.pipeline import Pipeline, node
def f(*parts): return parts
made = random.Random(1)
nodes = []
for i in range(300):
    reads = sorted({f"d{made.randrange(i)}" for _ in range(made.randrange(4))}) if i else []
    nodes.append(node(f, reads, f"d{i}", name=f"n{made.randrange(10**9)}_{i}", tags={"t", "u", f"v{i % 7}"}))
whole = sum((Pipeline([n]) for n in nodes), Pipeline([]))
print([n.name for n in whole], whole.describe(), whole.to_json(), whole.group_nodes_by(None))
part = whole.to_outputs("d250", "d299") - whole.only_nodes_with_tags("v3")
print(part.describe(), part.to_json(), [n.name for n in whole.filter(tags=["v1", "v2"])])
try:
    Pipeline([*nodes, node(f, [f"d{i}" for i in range(90, 300)], "x", name="x"),
              node(f, "x", "d300", name="y"), node(f, ["d300", "q"], "z", name="z"),
              node(f, "z", "q", name="w")])
except Exception as error:
    print(error)
"""


def test_order_and_text_do_not_depend_on_the_hash_seed(tmp_path):
    script = tmp_path / "order.py"
    script.write_text(SCRIPT)
    seen = {
        subprocess.run(
            [sys.executable, str(script)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "7", "random")
    }
    assert len(seen) == 1
    assert "2 nodes wait for each other: w → (q) → z → (z) → w" in seen.pop()


def test_a_hundred_thousand_nodes_are_ordered():
    def f(x):
        return x

    nodes = [node(f, f"d{i}", f"d{i + 1}", name=f"n{i}") for i in range(100_000)]
    whole = Pipeline(reversed(nodes))
    assert [n.name for n in whole.nodes[:3]] == ["n0", "n1", "n2"]
    assert len(whole.to_outputs("d60000")) == 60_000
    assert len(whole.from_nodes("n99990")) == 10
