"""Nodes: inference, injection, names, errors, identity, calling."""

from __future__ import annotations

import functools
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from plait.errors import NodeError, SignatureError
from plait.pipeline import Binding, Pipeline, node
from plait.values import Completed, PartitionKey, RunContext

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator


def train(X_train, y_train, depth=3):
    return X_train, y_train, depth


def add(x, y):
    return x + y


def sample(rng: np.random.Generator, table, context: RunContext, size):
    return rng, table, context, size


def shuffled(table, rng: Generator):
    return table


def keyed(key: PartitionKey, done: Completed, *parts):
    return key, done, parts


def trailing(table, *, context: RunContext):
    return table, context


def whole(parameters):
    return parameters


def number(x):
    return float(x)


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, values):
        return values * self.factor

    def by(self, values, *, extra=0):
        return values * self.factor + extra


def logged(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)

    return wrapper


def renaming(func):
    @functools.wraps(func)
    def wrapper(frame):
        return func(frame, 1)

    return wrapper


def bound(made):
    return [(b.parameter, b.dataset) for b in made.bindings]


# --- inputs ---


def test_omitted_inputs_are_the_arguments_without_default():
    assert bound(node(train, outputs="model")) == [("X_train", "X_train"), ("y_train", "y_train")]


def test_none_and_an_empty_list_mean_no_inputs():
    for nothing in (None, []):
        with pytest.raises(SignatureError, match="gets no input for 'X_train', 'y_train'"):
            node(train, nothing, "model")


def test_a_dict_may_leave_arguments_out():
    made = node(train, {"y_train": "labels", "depth": "params:depth"}, "model")
    assert bound(made) == [("X_train", "X_train"), ("y_train", "labels"), ("depth", "params:depth")]
    assert made.run({"X_train": 1, "labels": 2, "params:depth": 9}) == {"model": (1, 2, 9)}


def test_an_unknown_key_is_found_before_anything_is_inferred():
    with pytest.raises(SignatureError) as caught:
        node(train, {"X_trian": "a"}, "model")
    text = str(caught.value)
    assert text.startswith("'X_trian' is no argument of train(X_train, y_train, depth=…)")
    assert "did you mean 'X_train' or 'y_train'?" in text
    assert f"{__file__}:" in text
    assert "(train)" in text


def test_parameters_are_never_inferred():
    with pytest.raises(SignatureError, match="argument 'parameters' of whole has no input"):
        node(whole, outputs="a")
    assert node(whole, "parameters", "a").inputs == ["parameters"]


def test_too_many_inputs_are_named():
    with pytest.raises(SignatureError, match="takes 2 inputs, but 3 are given: 'a', 'b', 'c'"):
        node(add, ["a", "b", "c"], "d")


def test_open_functions_need_named_inputs():
    def concat(*frames):
        return frames

    with pytest.raises(SignatureError, match=r"inputs of concat\(\*frames\) cannot be inferred"):
        node(concat, outputs="all")
    assert [b.parameter for b in node(concat, ["a", "b"], "all").bindings] == ["frames[0]", "frames[1]"]


def test_a_function_without_known_signature_needs_named_inputs():
    with pytest.raises(SignatureError, match="Python does not know its arguments"):
        node(max, outputs="m")
    assert node(max, ["a", "b"], "m").run({"a": 1, "b": 3}) == {"m": 3}


# --- functions of every kind ---


def test_wrapped_functions_are_looked_through():
    made = node(logged(logged(train)), outputs="model")
    assert made.inputs == ["X_train", "y_train"]
    assert made.name == "train"
    assert made.run({"X_train": 1, "y_train": 2}) == {"model": (1, 2, 3)}


def test_a_wrapper_with_arguments_of_its_own_keeps_them():
    assert node(renaming(add), outputs="z").inputs == ["frame"]


def test_wrappers_that_take_only_names_or_only_positions_are_called_so():
    @functools.wraps(add)
    def by_name(**kwargs):
        return add(**kwargs)

    @functools.wraps(add)
    def by_position(*args):
        return add(*args)

    for func in (by_name, by_position):
        for inputs in (["a", "b"], {"y": "b", "x": "a"}):
            assert node(func, inputs, "c").run({"a": 5, "b": 1}) == {"c": 6}
        assert node(func, outputs="c").run({"x": 5, "y": 1}) == {"c": 6}


def test_dispatching_and_caching_wrappers():
    @functools.singledispatch
    def show(value, suffix):
        return f"{value}{suffix}"

    @functools.lru_cache
    def cached(value):
        return value

    assert node(show, outputs="s").run({"value": 1, "suffix": "!"}) == {"s": "1!"}
    assert node(cached, outputs="s").run({"value": 1}) == {"s": 1}


def test_partials_methods_instances_classes_and_builtins():
    assert node(functools.partial(add, 1), outputs="z").inputs == ["y"]
    assert node(functools.partial(add, x=1), outputs="z").inputs == ["y"]
    assert node(functools.partial(add, x=1), {"x": "a", "y": "b"}, "z").run({"a": 5, "b": 5}) == {"z": 10}
    with pytest.raises(SignatureError):
        node(functools.partial(add, x=1), ["a", "b"], "z")
    assert node(Scale(3), outputs="z").run({"values": 2}) == {"z": 6}
    assert node(Scale(3).by, outputs="z").name == "by"
    assert node(Scale, outputs="z").inputs == ["factor"]
    assert node(len, "a", "z").run({"a": [1]}) == {"z": 1}
    assert node(lambda x: x, outputs="z").name == "lambda"


def test_a_wrapper_around_itself_does_not_hang_an_error():
    def odd():
        return 1

    odd.__wrapped__ = odd
    with pytest.raises(SignatureError):
        node(odd, "a", "b")


# --- injected arguments ---


def test_injected_arguments_are_recognised_from_text_without_numpy():
    made = node(sample, outputs="s")
    assert made.injected == {"rng": "Generator", "context": "RunContext"}
    assert made.inputs == ["table", "size"]
    assert made.call([1, 2], {"rng": "r", "context": "c"}) == ("r", 1, "c", 2)
    assert node(shuffled, outputs="s").injected == {"rng": "Generator"}


def test_a_list_binds_the_arguments_that_are_not_injected():
    made = node(sample, ["a", "b"], "s")
    assert bound(made) == [("table", "a"), ("size", "b")]
    assert made.call([1, 2], {"rng": "r", "context": "c"}) == ("r", 1, "c", 2)


def test_injected_before_the_rest():
    made = node(keyed, ["a", "b"], "s")
    assert made.call([1, 2], {"key": "k", "done": "d"}) == ("k", "d", (1, 2))


def test_injected_keyword_only():
    made = node(trailing, "t", "s")
    assert made.run({"t": 1}, injected={"context": "c"}) == {"s": (1, "c")}
    with pytest.raises(NodeError, match="run with other injected arguments"):
        made.run({"t": 1})


def test_classes_are_recognised_by_what_they_are():
    namespace: dict = {}
    source = (
        "from plait.values import RunContext as RC, PartitionKey\n"
        "import plait.values as v\n"
        "class Completed: pass\n"
        "def f(a: 'RC', b: RC, c: 'v.RunContext', d: PartitionKey, e: 'Completed', g: 'list[int]'): pass\n"
    )
    exec(source, namespace)
    made = node(namespace["f"], outputs="out")
    injected = {"a": "RunContext", "b": "RunContext", "c": "RunContext", "d": "PartitionKey"}
    assert made.injected == injected
    assert bound(made) == [("e", "e"), ("g", "g")]


def test_numpy_generator_as_a_class():
    np = pytest.importorskip("numpy")

    def draw(rng: np.random.Generator, n):
        return rng, n

    draw.__annotations__ = {"rng": np.random.Generator}
    assert node(draw, outputs="d").injected == {"rng": "Generator"}


def test_an_injected_argument_is_never_a_dataset():
    with pytest.raises(SignatureError, match="argument 'rng' of sample is injected as Generator"):
        node(sample, {"rng": "seeds"}, "s")


# --- names and identity ---


def test_unnamed_nodes_of_one_function_are_qualified_where_they_meet():
    one, two = node(number, "a", "b"), node(number, "c", "d")
    assert [one.name, two.name] == ["number", "number"]
    both = Pipeline([one]) + Pipeline([two])
    assert [n.name for n in both] == ["number.b", "number.d"]
    assert [n.name for n in both + Pipeline([node(number, "e", "f@csv")])] == [
        "number.b",
        "number.d",
        "number.f",
    ]
    assert both - Pipeline([two]) == Pipeline([one])
    assert [n.name for n in both.only_nodes("number.b")] == ["number.b"]


def test_a_given_name_is_never_changed():
    made = Pipeline([node(number, "a", "b", name="number"), node(number, "c", "d")])
    assert {n.name for n in made} == {"number", "number.d"}


def test_nodes_without_outputs_are_qualified_by_their_input():
    def show(x):
        return None

    made = Pipeline([node(show, "a"), node(show, "params:b.c")])
    assert [n.name for n in made] == ["show.a", "show.b.c"]


def test_two_functions_under_one_name_are_an_error():
    one = Pipeline([node(add, ["a", "b"], "c", name="n")])
    other = Pipeline([node(lambda x, y: 0, ["a", "b"], "c", name="n")])
    with pytest.raises(NodeError) as caught:
        one + other
    assert "2 nodes are named 'n': nodes must have unique names" in str(caught.value)


def test_lambdas_and_partials_of_one_definition_are_the_same():
    def create(offset):
        shift = offset
        return Pipeline(
            [
                node(lambda x: x + shift, "a", "b", name="one"),
                node(functools.partial(add, shift), "b", "c", name="two"),
            ]
        )

    assert create(1) == create(1)
    assert len(create(1) + create(1)) == 2
    assert create(1) != create(2)
    with pytest.raises(NodeError, match="nodes must have unique names"):
        create(1) + create(2)


def test_one_node_with_two_policies_is_an_error():
    one = Pipeline([node(add, ["a", "b"], "c", retries=1)])
    with pytest.raises(NodeError, match="'add' is defined twice, with different retries: 1 and 2"):
        one + Pipeline([node(add, ["a", "b"], "c", retries=2)])


def test_nodes_are_immutable_and_replaced():
    made = node(add, ["a", "b"], "c", name="n", retries=2)
    with pytest.raises(AttributeError, match=r"node\.replace\(func=…\) makes another one"):
        made.func = train
    with pytest.raises(AttributeError):
        del made.name
    made.inputs.append("x")
    assert made.inputs == ["a", "b"]
    other = made.replace(func=lambda x, y: x * y).replace(func=lambda x, y: x - y)
    assert (other.name, other.retries, other.run({"a": 5, "b": 2})) == ("n", 2, {"c": 3})
    assert made.run({"a": 5, "b": 2}) == {"c": 7}
    with pytest.raises(SignatureError):
        made.replace(func=number)


def test_what_was_given_can_be_changed_afterwards_without_effect():
    inputs, outputs, resources = ["a", "b"], ["c", "d"], {"gpu": 1}
    made = node(add, inputs, outputs, resources=resources)
    for given in (inputs, outputs):
        given.clear()
    resources["gpu"] = 7
    assert (made.inputs, made.outputs, made.resources) == (["a", "b"], ["c", "d"], {"gpu": 1})
    assert made.unpack((1, 2)) == [("c", 1), ("d", 2)]


def test_nodes_are_pickled_whole():
    made = node(add, {"y": "b", "x": "params:a"}, ["c"], tags="t", namespace="ns", timeout=3)
    made.call([1, 2], {})
    made.unpack((1,))
    copy = pickle.loads(pickle.dumps(made))
    assert copy == made
    assert (copy.name, copy.tags, copy.timeout, copy.bindings) == ("ns.add", {"t"}, 3, made.bindings)
    assert copy.call([1, 2], {}) == 3


def test_a_node_knows_where_it_was_defined():
    made = node(add, outputs="z")
    assert made.place.startswith(f"{__file__}:")
    assert made.where[1].endswith("(add)")


# --- definitions that are refused ---


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        ({"func": 3}, "the first argument of node() must be a function, not 3 (int)"),
        (
            {"inputs": ("x", "y")},
            "inputs must be a name, a list of names, a dict or None, not ('x', 'y') (tuple)",
        ),
        ({"inputs": [1, "y"]}, "a dataset is named by a string, not by 1 (int)"),
        ({"inputs": {1: "a"}}, "the keys of inputs are strings, not 1"),
        ({"outputs": ""}, "'' is not a complete name"),
        ({"outputs": "@x"}, "'@x' is not a complete name"),
        ({"inputs": ["params:", "y"]}, "'params:' is not a complete name"),
        ({"outputs": "a\nb"}, "'a\\nb' starts or ends with a space or holds a control character"),
        ({"outputs": "x"}, "a node over add has 'x' both as input and as output"),
        ({"outputs": ["q", "q@csv"]}, "a node over add has 'q' more than once among its outputs"),
        ({"outputs": "params:q"}, "a node over add cannot make the parameter 'params:q'"),
        ({"name": "a b"}, "'a b' is not a valid node name: letters, digits, '_', '-' and '.' are"),
        ({"tags": ["ok", "a,b"]}, "'a,b' is not a valid tag"),
        ({"tags": [3]}, "a tag is a string, not 3 (int)"),
        ({"namespace": "a..b"}, "'a..b' is not a valid namespace"),
        ({"cache": "atuo"}, "did you mean 'auto'?"),
        ({"retries": -1}, "retries is a number of times, 0 or more, not -1"),
        ({"retries": True}, "retries is a number of times"),
        ({"timeout": 0}, "timeout is a number of seconds above 0, not 0"),
        ({"version": 2}, "version is a string, not 2\n"),
        ({"confirms": [4]}, "a dataset is named by a string, not by 4 (int)"),
    ],
)
def test_wrong_definitions_say_what_and_where(definition, text):
    with pytest.raises(NodeError) as caught:
        node(**{"func": add, "outputs": "z", **definition})
    assert text in str(caught.value)
    assert f"{__file__}:" in str(caught.value)


def test_a_node_needs_inputs_or_outputs():
    with pytest.raises(NodeError, match="has neither inputs nor outputs"):
        node(lambda: None)


# --- results ---


def test_wrong_results_name_the_node_and_both_sides():
    two = node(number, "a", ["b", "c"], name="n")
    with pytest.raises(NodeError, match="node 'n' has 2 outputs, but its function returned one float"):
        two.unpack(1.0)
    with pytest.raises(NodeError, match="node 'n' has 2 outputs, but its function returned 3 of them"):
        two.unpack((1, 2, 3))
    keyed_ = node(number, "a", {"left": "b"}, name="n")
    with pytest.raises(NodeError) as caught:
        keyed_.unpack({"right": 1})
    assert "expected keys: 'left'\n  returned keys: 'right'" in str(caught.value)


def test_a_dropped_result_warns():
    with pytest.warns(
        UserWarning, match=r"node 'number' has no outputs, but its function returned a value \(float\)"
    ):
        assert node(number, "a").run({"a": 1}) == {}


def test_bindings_carry_annotations_as_written():
    def join(left: int, right: list[str], plain) -> dict:
        return {}

    made = node(join, outputs="z")
    assert made.bindings[0] == Binding(None, "left", "left", "int")
    assert [b.annotation for b in made.bindings] == ["int", "list[str]", None]
    assert made.return_annotation == "dict"


def test_import_is_light():
    code = (
        "import sys; from plait.pipeline import node, pipeline, select\n"
        "heavy = {'numpy', 'pandas', 'yaml', 'click', 'rich', 'pluggy', 'asyncio', 'logging'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
