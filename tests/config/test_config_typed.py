"""Typed parameters: what functions get, and every violation at once with its line."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Optional, TypedDict

import attrs
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.config import Parameters, bind_parameters, load_config, parameters_schema
from plait.config.typed import conform
from plait.errors import ParameterError, Problems


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Tree:
    depth: int
    rate: float = 0.1
    names: list[str] = field(default_factory=list)


@dataclass
class Model:
    tree: Tree
    kind: Literal["fast", "exact"] = "fast"
    colour: Colour | None = None
    folder: Path = Path("data")
    since: dt.date | None = None
    child: Model | None = None
    weights: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        if self.tree.depth < 0:
            raise ValueError("depth must not be negative")


@attrs.define
class Window:
    size: int = attrs.field(validator=attrs.validators.ge(1))
    _step: int = 1
    tags: set = attrs.field(converter=set, factory=set)


class Limits(pydantic.BaseModel):
    low: int
    high: int = 10


class Strict(pydantic.BaseModel, extra="forbid"):
    inner: Limits


class Binding(NamedTuple):
    argument: str | None
    parameter: str
    dataset: str
    annotation: object


def node(name, annotation=None, dataset="params:model", func=None, argument="options"):
    return SimpleNamespace(
        name=name, func=func or (lambda x: x), bindings=(Binding(None, argument, dataset, annotation),)
    )


def value(annotation, given_value):
    one = node("n", annotation)
    return bind_parameters([one], {"model": given_value}).value("n", one.bindings[0])


def message(annotation, given_value) -> str:
    with pytest.raises((ParameterError, Problems)) as caught:
        value(annotation, given_value)
    return str(caught.value)


def test_a_dataclass_is_built_with_everything_nested():
    model = value(
        Model,
        {
            "tree": {"depth": 3, "rate": 1},
            "kind": "exact",
            "colour": "blue",
            "folder": "x/y",
            "since": "2024-02-29",
            "child": {"tree": {"depth": 1, "names": ["a"]}},
            "weights": {"a": 1},
        },
    )
    assert model == Model(
        Tree(3, 1.0),
        "exact",
        Colour.BLUE,
        Path("x/y"),
        dt.date(2024, 2, 29),
        Model(Tree(1, names=["a"])),
        {"a": 1.0},
    )
    assert type(model.tree.rate) is float


def test_all_violations_of_all_nodes_point_at_their_lines(tmp_path):
    (tmp_path / "conf/base").mkdir(parents=True)
    (tmp_path / "conf/base/parameters.yml").write_text(
        "model:\n  tree:\n    dept: 3\n    rate: fast\n  kind: quick\n  colour: blu\nsize: true\n"
    )
    parameters = load_config(tmp_path / "conf", project=tmp_path).parameters
    nodes = [
        node("train", "Model", func=test_all_violations_of_all_nodes_point_at_their_lines),
        node("score", Model),
    ]
    nodes += [node("split", int, "params:size", argument="size"), node("plot", None, "params:nope")]
    with pytest.raises(Problems) as caught:
        bind_parameters(nodes, parameters)
    users = "  at node 'train', argument 'options' (Model)\n  at node 'score', argument 'options' (Model)\n"
    short = users.replace(" (Model)", "")
    assert str(caught.value) == (
        f"the parameter 'model.tree.dept' is no field of Tree\n  at conf/base/parameters.yml:3\n{users}"
        "  → did you mean 'depth'?\n\n"
        "the parameter 'model.tree' lacks the field 'depth' of Tree\n  at conf/base/parameters.yml:2\n"
        f"{users}\n"
        "the parameter 'model.tree.rate' must be float, not the text 'fast'\n"
        "  at conf/base/parameters.yml:4\n"
        f"{users}\n"
        "the parameter 'model.kind' must be one of 'fast', 'exact', not the text 'quick'\n"
        f"  at conf/base/parameters.yml:5\n{users}\n"
        "the parameter 'model.colour' must be one of red, blue (Colour), not the text 'blu'\n"
        f"  at conf/base/parameters.yml:6\n{users}  → did you mean 'blue'?\n\n"
        "the parameter 'size' must be int, not true (bool)\n  at conf/base/parameters.yml:7\n"
        "  at node 'split', argument 'size'\n\n"
        "there is no parameter 'nope'\n  at node 'plot', argument 'options'\n"
        "  parameters were read from conf/base/parameters.yml\n  → add 'nope' to conf/base/parameters.yml"
    )
    assert short


def test_what_the_class_itself_refuses_is_told():
    assert message(Model, {"tree": {"depth": -1}}).startswith(
        "the parameter 'model' is refused by Model: depth must not be negative\n"
    )
    assert "is refused by Window: 'size' must be >= 1: 0" in message(Window, {"size": 0})


def test_attrs_with_aliases_converters_and_defaults():
    assert value(Window, {"size": 2, "step": 3, "tags": ["a", "a"]}) == Window(2, 3, {"a"})
    text = message(Window, {"size": "2", "stp": 1})
    assert "the parameter 'model.stp' is no field of Window" in text
    assert "did you mean 'step'?" in text
    assert "the parameter 'model.size' must be int, not the text '2'" in text


def test_pydantic_models_follow_their_own_rules():
    assert value(Limits, {"low": "5", "unrelated": 1}) == Limits(low=5)
    assert value(Strict, {"inner": {"low": 1}}).inner.high == 10
    assert "the parameter 'model.inner' lacks the field 'low' of Strict" in message(Strict, {"inner": {}})
    assert "the parameter 'model.outer' is no field of Strict" in message(
        Strict, {"inner": {"low": 1}, "outer": 1}
    )
    assert "the parameter 'model.low' is refused by Limits: Input should be a valid integer" in message(
        Limits, {"low": "x"}
    )


def test_a_misspelt_field_is_found_though_pydantic_would_ignore_it():
    assert "the parameter 'model.hihg' is no field of Limits" in message(Limits, {"low": 1, "hihg": 5})


class Options(TypedDict):
    a: int
    b: NotRequired[str]


Meters = NewType("Meters", float)


@pytest.mark.parametrize(
    ("annotation", "plain", "expected"),
    [
        (float, 1, 1.0),
        (int | str, "1", "1"),
        (float | int, 1, 1),
        (int | None, None, None),
        (Optional[Tree], {"depth": 1}, Tree(1)),  # noqa: UP045
        (list[Tree] | Tree, [{"depth": 1}], [Tree(1)]),
        (dict[str, Tree], {"a": {"depth": 1}}, {"a": Tree(1)}),
        (Mapping[str, Any], {"a": 1}, {"a": 1}),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[int, ...], [1, 2], (1, 2)),
        (set[int], [1, 1], {1}),
        (frozenset, [1], frozenset([1])),
        (Sequence[float], [1], [1.0]),
        (list, [1], [1]),
        (dict, {"a": 1}, {"a": 1}),
        (Colour, "RED", Colour.RED),
        (Path, "a", Path("a")),
        (dt.datetime, "2024-01-02T03:04", dt.datetime(2024, 1, 2, 3, 4)),  # noqa: DTZ001
        (Annotated[int, "positive"], 1, 1),
        (Meters, 2, 2.0),
        (Options, {"a": 1}, {"a": 1}),
        (Any, "x", "x"),
        (object, "x", "x"),
        (SimpleNamespace, "any other class takes everything", "any other class takes everything"),
        ("int", 1, 1),
        ("NotImported", "passed through", "passed through"),
        (None, "x", "x"),
    ],
)
def test_values_that_fit(annotation, plain, expected):
    result = value(annotation, plain)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "plain", "text"),
    [
        (int, True, "'model' must be int, not true (bool)"),
        (int, 1.5, "must be int, not 1.5 (float)"),
        (int, "1", "must be int, not the text '1'"),
        (str, 1, "must be str, not 1 (int)"),
        (bool, 1, "must be bool, not 1 (int)"),
        (float, None, "must be float, not null"),
        (int | None, "x", "must be int | None, not the text 'x'"),
        (list[int], [1, "a"], "'model.1' must be int, not the text 'a'"),
        (list[int], {"a": 1}, "must be list[int], not a mapping"),
        (dict[str, int], {"a": "x"}, "'model.a' must be int"),
        (dict[str, int], {1: 1}, "'model.1' must be str, not 1 (int)"),
        (tuple[int, int], [1], "must have 2 items, not 1"),
        (set[Any], [[1]], "must hold single values, because it becomes a set"),
        (Optional[Tree], {"depth": "x"}, "'model.depth' must be int"),  # noqa: UP045
        (dt.date, "yesterday", "must be date, not the text 'yesterday'"),
        (Literal[1, "a"], True, "must be one of 1, 'a', not true (bool)"),
        (Tree, 3, "must be the fields of Tree, not 3 (int)"),
        (Options, {"b": "x"}, "lacks the field 'a' of Options"),
    ],
)
def test_values_that_do_not_fit(annotation, plain, text):
    assert text in message(annotation, plain)


def test_one_parameter_under_two_types_gives_each_its_own_instance():
    nodes = [node("a", Limits), node("b", dict), node("c", Limits)]
    bound = bind_parameters(nodes, {"model": {"low": 1}})
    values = [bound.value(one.name, one.bindings[0]) for one in nodes]
    assert values == [Limits(low=1), {"low": 1}, Limits(low=1)]
    assert values[0] is not values[2]


def test_an_instance_given_in_python_is_taken_as_it_is():
    tree = Tree(5)
    assert value(Tree, tree) is tree


def test_the_whole_of_the_parameters_may_have_a_type():
    one = node("n", Tree, "parameters")
    assert bind_parameters([one], {"depth": 2}).value("n", one.bindings[0]) == Tree(2)
    with pytest.raises(ParameterError, match="the whole of the parameters lacks the field 'depth' of Tree"):
        bind_parameters([one], {})


def test_text_annotations_are_looked_up_through_wrappers():
    def train(options: Tree):
        return options

    @functools.wraps(train)
    def wrapper(*args):
        return train(*args)

    for func in (train, wrapper, functools.partial(wrapper)):
        one = node("n", "Tree", func=func)
        assert bind_parameters([one], {"model": {"depth": 1}}).value("n", one.bindings[0]) == Tree(1)


def test_secret_values_are_not_shown():
    parameters = Parameters({"model": "hunter2"}, secrets=frozenset({("model",)}))
    with pytest.raises(ParameterError) as caught:
        bind_parameters([node("n", int)], parameters)
    assert "hunter2" not in str(caught.value)
    assert "the parameter 'model' must be int\n" in str(caught.value)


def test_nodes_without_parameters_need_no_parameters():
    nodes = [node(f"n{number}", "Unresolvable[", "data") for number in range(1000)]
    assert bind_parameters(nodes, {})


def test_neither_pydantic_nor_attrs_is_imported_for_dataclasses():
    code = (
        "import sys, dataclasses as d\nfrom types import SimpleNamespace as S\n"
        "from plait.config import bind_parameters\n"
        "@d.dataclass\nclass A:\n    x: int\n"
        "b = S(parameter='p', dataset='params:a', annotation=A)\n"
        "print(bind_parameters([S(name='n', func=print, bindings=[b])], {'a': {'x': 1}}).value('n', b))\n"
        "print({'pydantic', 'attr', 'yaml'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "A(x=1)\nset()\n"


def test_the_schema_for_editors():
    nodes = [
        node("a", Tree, "params:model.tree"),
        node("b", Limits, "params:limits"),
        node("c", int | None, "params:n"),
    ]
    schema = parameters_schema(nodes)
    tree = schema["$defs"]["Tree"]
    assert schema["properties"]["model"]["properties"]["tree"] == {"$ref": "#/$defs/Tree"}
    assert tree["properties"]["names"] == {"type": "array", "items": {"type": "string"}}
    assert (tree["required"], tree["additionalProperties"]) == (["depth"], False)
    assert schema["$defs"]["Limits"]["required"] == ["low"]
    assert schema["properties"]["n"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}


def test_the_schema_tells_what_is_left_to_its_default():
    definitions = parameters_schema([node("a", Model, "params:model")])["$defs"]
    tree, model = (definitions[name]["properties"] for name in ("Tree", "Model"))
    assert tree["rate"] == {"type": "number", "default": 0.1}
    assert "default" not in tree["depth"]
    assert "default" not in tree["names"], "a list is made anew each time"
    assert model["kind"] == {"enum": ["fast", "exact"], "default": "fast"}


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)
_hints = st.sampled_from(
    [int, float, str, bool, list[int], dict[str, float], Tree, Model, Limits, Window, int | str | None]
)


@given(_plain, _hints)
def test_any_value_fits_or_is_explained(plain, hint):
    _, violations = conform(plain, hint)
    again, none = conform(plain, Any)
    assert again == plain
    assert not none
    assert all(violation.message for violation in violations)


@given(st.integers(-5, 5), st.floats(0, 1), st.lists(st.text(max_size=3), max_size=3))
def test_a_dataclass_written_out_is_read_back(depth, rate, names):
    import dataclasses

    tree = Tree(depth, rate, names)
    assert conform(dataclasses.asdict(tree), Tree) == (tree, [])
