"""The same scenarios, run by Kedro and by Plait: what a Kedro user relies on gives the same here.

A scenario is a function of an ``Api``: the names a user imports. Its result must be equal for both, or
both must raise: the same built-in type where Kedro raises one, an exception of the same name where it
has its own. ``DIFFERENCES`` lists where Plait deviates on purpose, with the reason; each entry is
checked to be one, so that the list stays true.
"""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from plait.pipeline import TRANSCODING_SEPARATOR, node, pipeline

kedro_api = pytest.importorskip("kedro.pipeline")

Api = Any
Scenario = Callable[[Api], Any]


def identity(x):
    return x


def add(x, y):
    return x + y


def constant():
    return 1


def consume(x):
    return None


def split(x):
    return x, x + 1


def as_dict(x):
    return {"first": x, "second": x + 1}


def with_default(x, y=10):
    return x + y


def keyword_only(x, *, y):
    return x - y


def rest(*parts):
    return sum(parts)


def keywords(**parts):
    return sorted(parts.items())


def chunks(x):
    yield from range(x)


def pairs(x):
    for i in range(x):
        yield i, -i


def wrong_count(x):
    return x, x, x


def decorated(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)

    return wrapper


@decorated
def wrapped(x, y):
    return x * y


class Adder:
    def __init__(self, amount):
        self.amount = amount

    def __call__(self, x):
        return x + self.amount

    def method(self, x):
        return x - self.amount


def diamond(api: Api):
    """raw → clean → (left, right) → joined, with tags and a parameter."""
    n = api.node
    return api.pipeline(
        [
            n(add, ["left", "right"], "joined", name="join", tags=["end"]),
            n(identity, "raw", "clean", name="clean", tags="start"),
            n(add, {"x": "clean", "y": "params:shift.left"}, "left", name="go_left", tags=["a", "b"]),
            n(add, ["clean", "params:shift.right"], "right", name="go_right", tags={"b"}),
        ]
    )


def transcoded(api: Api):
    n = api.node
    return api.pipeline(
        [
            n(identity, "raw", "cars@spark", name="make"),
            n(identity, "cars@pandas", "report", name="read_pandas"),
            n(identity, "cars@polars", "other", name="read_polars"),
            n(identity, "report", "final@csv", name="finish"),
        ]
    )


def namespaced(api: Api):
    n = api.node
    return api.pipeline(
        [
            n(identity, "a", "b", name="n1", namespace="x"),
            n(identity, "b", "c", name="n2", namespace="x.y"),
            n(identity, "c", "d", name="n3", namespace="xy"),
            n(identity, "d", "e", name="n4"),
        ]
    )


def names(pipe) -> list[str]:
    return [node.name for node in pipe.nodes]


def shape(pipe) -> list[tuple]:
    return [(n.name, n.inputs, n.outputs, sorted(n.tags), n.namespace, n.confirms) for n in pipe.nodes]


def sets(pipe) -> dict[str, set[str]]:
    return {
        "inputs": pipe.inputs(),
        "outputs": pipe.outputs(),
        "all_inputs": pipe.all_inputs(),
        "all_outputs": pipe.all_outputs(),
        "datasets": pipe.datasets(),
    }


def describe_node(n) -> dict[str, Any]:
    return {
        "name": n.name,
        "short": n.short_name,
        "inputs": n.inputs,
        "outputs": n.outputs,
        "tags": set(n.tags),
        "confirms": n.confirms,
        "namespace": n.namespace,
        "text": str(n),
    }


def many(api: Api, count: int = 12):
    return api.pipeline(
        [api.node(add, [f"d{i // 2}", f"d{i // 3}"], f"d{i + 1}", name=f"n{i:02}") for i in range(count)]
    )


def groups(pipe, by):
    return [(g.name, g.type, g.nodes, g.dependencies) for g in pipe.group_nodes_by(by)]


def layers(pipe):
    return [[n.name for n in layer] for layer in pipe.grouped_nodes]


def dependencies(pipe):
    return {n.name: {p.name for p in parents} for n, parents in pipe.node_dependencies.items()}


def reuse(api: Api, **options):
    return shape(api.pipeline(diamond(api), **options))


SCENARIOS: dict[str, Scenario] = {
    # forms of nodes
    "node str": lambda k: describe_node(k.node(identity, "a", "b", name="n")),
    "node list": lambda k: describe_node(k.node(add, ["a", "b"], ["c"], name="n")),
    "node dict": lambda k: describe_node(k.node(add, {"y": "b", "x": "a"}, {"k": "c"}, name="n")),
    "node no outputs": lambda k: describe_node(k.node(consume, "a", None, name="n")),
    "node no inputs": lambda k: describe_node(k.node(constant, None, "b", name="n")),
    "node empty list inputs": lambda k: describe_node(k.node(constant, [], "b", name="n")),
    "node tags str": lambda k: set(k.node(identity, "a", "b", tags="t").tags),
    "node tags many": lambda k: set(k.node(identity, "a", "b", tags=["t", "u", "t"]).tags),
    "node tag adds": lambda k: set(k.node(identity, "a", "b", tags="t").tag(["u"]).tags),
    "node confirms str": lambda k: k.node(identity, "a", "b", confirms="a").confirms,
    "node confirms list": lambda k: k.node(identity, "a", "b", confirms=["a", "q"]).confirms,
    "node namespace": lambda k: describe_node(k.node(identity, "a", "b", name="n", namespace="x.y")),
    "node prefixes": lambda k: k.node(identity, "a", "b", name="n", namespace="x.y").namespace_prefixes,
    "node same input twice": lambda k: k.node(add, ["a", "a"], "b", name="n").inputs,
    "node default left out": lambda k: k.node(with_default, "a", "b", name="n").run({"a": 1}),
    "node default given": lambda k: k.node(with_default, ["a", "c"], "b").run({"a": 1, "c": 2}),
    "node default in dict": lambda k: k.node(with_default, {"x": "a"}, "b").run({"a": 1}),
    "node rest": lambda k: k.node(rest, ["a", "b", "c"], "d").run({"a": 1, "b": 2, "c": 3}),
    "node keywords": lambda k: k.node(keywords, {"p": "a", "q": "b"}, "d").run({"a": 1, "b": 2}),
    "node keyword only": lambda k: k.node(keyword_only, {"x": "a", "y": "b"}, "d").run({"a": 1, "b": 2}),
    "node partial": lambda k: k.node(functools.partial(add, y=5), "a", "b", name="n").run({"a": 1}),
    "node partial positional": lambda k: k.node(functools.partial(add, 5), "a", "b", name="n").run({"a": 1}),
    "node callable": lambda k: k.node(Adder(3), "a", "b", name="n").run({"a": 1}),
    "node method": lambda k: k.node(Adder(3).method, "a", "b", name="n").run({"a": 1}),
    "node lambda": lambda k: k.node(lambda x: x + 1, "a", "b", name="n").run({"a": 1}),
    "node builtin": lambda k: k.node(len, "a", "b", name="n").run({"a": [1, 2]}),
    "node class": lambda k: k.node(Adder, "a", "b", name="n").run({"a": 4})["b"].amount,
    "node wrapped": lambda k: k.node(wrapped, ["a", "b"], "c").run({"a": 2, "b": 3}),
    "node short name of function": lambda k: k.node(with_default, "a", "b").short_name,
    "node text unnamed": lambda k: str(k.node(add, ["a", "b"], ["c", "d"])),
    "node call": lambda k: k.node(identity, "a", "b")(a=3),
    "node equal": lambda k: k.node(add, ["a", "b"], "c", name="n") == k.node(add, ["a", "b"], "c", name="n"),
    "node unequal inputs": lambda k: k.node(identity, "a", "c") == k.node(identity, "b", "c"),
    "node unequal name": lambda k: (
        k.node(identity, "a", "c", name="m") == k.node(identity, "a", "c", name="n")
    ),
    "node unequal outputs": lambda k: k.node(identity, "a", "c") == k.node(identity, "a", ["c"]),
    "node dict order": lambda k: (
        k.node(add, {"x": "a", "y": "b"}, "c", name="n") == k.node(add, {"y": "b", "x": "a"}, "c", name="n")
    ),
    "node unequal other": lambda k: k.node(identity, "a", "c") == 3,
    "node tags do not count": lambda k: (
        k.node(identity, "a", "c", name="n", tags="t") == k.node(identity, "a", "c", name="n")
    ),
    "node hash": lambda k: len({k.node(identity, "a", "c", name="n"), k.node(identity, "a", "c", name="n")}),
    "node order": lambda k: [
        n.name for n in sorted([k.node(identity, "a", "b", name="z"), k.node(identity, "a", "b", name="m")])
    ],
    "node order other": lambda k: k.node(identity, "a", "b") < 3,
    # running one
    "run list outputs": lambda k: k.node(split, "a", ["b", "c"]).run({"a": 1}),
    "run dict outputs": lambda k: k.node(as_dict, "a", {"second": "s", "first": "f"}).run({"a": 1}),
    "run none": lambda k: k.node(consume, "a", None).run({"a": 1}),
    "run no inputs": lambda k: k.node(constant, None, "b").run(),
    "run dict inputs": lambda k: k.node(keyword_only, {"y": "b", "x": "a"}, "c").run({"a": 1, "b": 3}),
    "run generator": lambda k: list(k.node(chunks, "a", "b").run({"a": 3})["b"]),
    "run generator list": lambda k: {
        name: list(values) for name, values in k.node(pairs, "a", ["b", "c"]).run({"a": 3}).items()
    },
    "run missing input": lambda k: k.node(add, ["a", "b"], "c").run({"a": 1}),
    "run extra input": lambda k: k.node(identity, "a", "c").run({"a": 1, "b": 2}),
    "run other input": lambda k: k.node(identity, "a", "c").run({"b": 1}),
    "run missing in dict": lambda k: k.node(add, {"x": "a", "y": "b"}, "c").run({"a": 1}),
    "run inputs for none": lambda k: k.node(constant, None, "c").run({"a": 1}),
    "run a list": lambda k: k.node(identity, "a", "c").run([1]),
    "run wrong count": lambda k: k.node(wrong_count, "a", ["b", "c"]).run({"a": 1}),
    "run not a list": lambda k: k.node(identity, "a", ["b", "c"]).run({"a": 1}),
    "run not a dict": lambda k: k.node(identity, "a", {"k": "b"}).run({"a": 1}),
    "run other keys": lambda k: k.node(as_dict, "a", {"third": "b"}).run({"a": 1}),
    "run raises": lambda k: k.node(add, ["a", "b"], "c").run({"a": 1, "b": "x"}),
    # what is refused
    "refuse no function": lambda k: k.node("f", "a", "b"),
    "refuse nothing": lambda k: k.node(constant, None, None),
    "refuse empty lists": lambda k: k.node(constant, [], []),
    "refuse tuple inputs": lambda k: k.node(add, ("a", "b"), "c"),
    "refuse set outputs": lambda k: k.node(identity, "a", {"b"}),
    "refuse number input": lambda k: k.node(identity, [3], "c"),
    "refuse number output": lambda k: k.node(identity, "a", [3]),
    "refuse number in dict": lambda k: k.node(identity, {"x": 3}, "c"),
    "refuse same in and out": lambda k: k.node(identity, "a", "a"),
    "refuse same transcoded": lambda k: k.node(identity, "a@x", "a@y"),
    "refuse two equal outputs": lambda k: k.node(split, "a", ["b", "b"]),
    "refuse two separators": lambda k: k.node(identity, "a@b@c", "d"),
    "refuse too many inputs": lambda k: k.node(identity, ["a", "b"], "c"),
    "refuse too few inputs": lambda k: k.node(add, ["a"], "c"),
    "refuse inputs for none": lambda k: k.node(constant, "a", "c"),
    "refuse none for one": lambda k: k.node(identity, None, "c"),
    "refuse unknown argument": lambda k: k.node(identity, {"z": "a"}, "c"),
    "refuse bad name": lambda k: k.node(identity, "a", "b", name="a b"),
    "refuse bad tag": lambda k: k.node(identity, "a", "b", tags=["a,b"]),
    "refuse positional keyword only": lambda k: k.node(keyword_only, ["a", "b"], "c"),
    # pipelines
    "order": lambda k: names(diamond(k)),
    "order of many": lambda k: names(many(k)),
    "layers": lambda k: layers(diamond(k)),
    "layers of many": lambda k: layers(many(k)),
    "sets": lambda k: sets(diamond(k)),
    "sets transcoded": lambda k: sets(transcoded(k)),
    "order transcoded": lambda k: names(transcoded(k)),
    "dependencies": lambda k: dependencies(diamond(k)),
    "dependencies transcoded": lambda k: dependencies(transcoded(k)),
    "describe": lambda k: diamond(k).describe(),
    "describe fully": lambda k: diamond(k).describe(names_only=False),
    "describe empty": lambda k: k.pipeline([]).describe(),
    "empty": lambda k: (names(k.pipeline([])), sets(k.pipeline([]))),
    "nested": lambda k: names(k.pipeline([diamond(k), k.node(identity, "joined", "end", name="last")])),
    "generator of nodes": lambda k: names(
        k.pipeline(k.node(identity, f"a{i}", f"b{i}", name=f"n{i}") for i in range(3))
    ),
    "tags of all": lambda k: shape(k.pipeline(diamond(k), tags=["new"])),
    "tag": lambda k: shape(diamond(k).tag("new")),
    "json": lambda k: sorted(
        (n["name"], tuple(n["inputs"]), tuple(n["outputs"]))
        for n in json.loads(diamond(k).to_json())["pipeline"]
    ),
    "no nodes": lambda k: k.pipeline(None),
    "cycle": lambda k: k.pipeline(
        [k.node(identity, "a", "b", name="m"), k.node(identity, "b", "a", name="n")]
    ),
    "cycle transcoded": lambda k: k.pipeline(
        [k.node(identity, "a@x", "b", name="m"), k.node(identity, "b", "a@y", name="n")]
    ),
    "two makers": lambda k: k.pipeline(
        [k.node(identity, "a", "b", name="m"), k.node(identity, "c", "b", name="n")]
    ),
    "two makers transcoded": lambda k: k.pipeline(
        [k.node(identity, "a", "b@x", name="m"), k.node(identity, "c", "b@y", name="n")]
    ),
    "two names": lambda k: k.pipeline(
        [k.node(identity, "a", "b", name="n"), k.node(identity, "c", "d", name="n")]
    ),
    "same node twice": lambda k: k.pipeline([k.node(identity, "a", "b", name="n")] * 2),
    "same pipeline twice": lambda k: k.pipeline([diamond(k), diamond(k)]),
    "two confirms": lambda k: k.pipeline(
        [
            k.node(identity, "a", "b", confirms="q", name="m"),
            k.node(identity, "c", "d", confirms="q", name="n"),
        ]
    ),
    "mixed spelling": lambda k: k.pipeline(
        [k.node(identity, "a@x", "b", name="m"), k.node(identity, "a", "c", name="n")]
    ),
    # algebra
    "plus": lambda k: names(diamond(k) + k.pipeline([k.node(identity, "joined", "z", name="z")])),
    "plus itself": lambda k: names(diamond(k) + diamond(k)),
    "or": lambda k: names(diamond(k) | transcoded(k).only_nodes("finish")),
    "minus": lambda k: names(diamond(k) - diamond(k).only_nodes("join", "clean")),
    "minus itself": lambda k: names(diamond(k) - diamond(k)),
    "and": lambda k: names(diamond(k) & diamond(k).from_nodes("go_left")),
    "sum": lambda k: names(sum([diamond(k), diamond(k).only_nodes("join"), namespaced(k)])),
    "sum of none": lambda k: sum([]),
    "plus a node": lambda k: diamond(k) + k.node(identity, "a", "b"),
    "plus text": lambda k: diamond(k) + "x",
    "one plus": lambda k: 1 + diamond(k),
    "minus text": lambda k: diamond(k) - "x",
    "and text": lambda k: diamond(k) & "x",
    "or text": lambda k: diamond(k) | "x",
    "plus same name": lambda k: diamond(k) + k.pipeline([k.node(identity, "q", "r", name="join")]),
    "plus same output": lambda k: diamond(k) + k.pipeline([k.node(identity, "q", "joined", name="j2")]),
    "plus cycle": lambda k: diamond(k) + k.pipeline([k.node(identity, "joined", "raw", name="back")]),
    "plus confirm": lambda k: (
        k.pipeline([k.node(identity, "a", "b", confirms="q", name="m")])
        + k.pipeline([k.node(identity, "c", "d", confirms="q", name="n")])
    ),
    "plus mixed spelling": lambda k: transcoded(k) + k.pipeline([k.node(identity, "cars", "z", name="z")]),
    # slices
    "only": lambda k: names(diamond(k).only_nodes("join", "clean")),
    "only none": lambda k: names(diamond(k).only_nodes()),
    "only unknown": lambda k: diamond(k).only_nodes("joim"),
    "only without namespace": lambda k: namespaced(k).only_nodes("n1"),
    "only tags": lambda k: names(diamond(k).only_nodes_with_tags("a", "start")),
    "only no tags": lambda k: names(diamond(k).only_nodes_with_tags()),
    "only unknown tag": lambda k: names(diamond(k).only_nodes_with_tags("zzz")),
    "only namespace": lambda k: names(namespaced(k).only_nodes_with_namespaces(["x"])),
    "only namespaces": lambda k: names(namespaced(k).only_nodes_with_namespaces(["x.y", "xy"])),
    "only unknown namespace": lambda k: namespaced(k).only_nodes_with_namespaces(["q"]),
    "only inputs": lambda k: names(diamond(k).only_nodes_with_inputs("clean", "right")),
    "only parameter": lambda k: names(diamond(k).only_nodes_with_inputs("params:shift.left")),
    "only output as input": lambda k: names(diamond(k).only_nodes_with_inputs("joined")),
    "only inputs transcoded": lambda k: names(transcoded(k).only_nodes_with_inputs("cars")),
    "only inputs one format": lambda k: names(transcoded(k).only_nodes_with_inputs("cars@pandas")),
    "only inputs made format": lambda k: names(transcoded(k).only_nodes_with_inputs("cars@spark")),
    "only inputs unknown": lambda k: diamond(k).only_nodes_with_inputs("zzz"),
    "only inputs unknown format": lambda k: transcoded(k).only_nodes_with_inputs("cars@zzz"),
    "only outputs": lambda k: names(diamond(k).only_nodes_with_outputs("clean", "right")),
    "only free input as output": lambda k: names(diamond(k).only_nodes_with_outputs("raw")),
    "only outputs transcoded": lambda k: names(transcoded(k).only_nodes_with_outputs("cars")),
    "only outputs one format": lambda k: names(transcoded(k).only_nodes_with_outputs("cars@spark")),
    "only outputs read format": lambda k: names(transcoded(k).only_nodes_with_outputs("cars@pandas")),
    "only outputs unknown": lambda k: diamond(k).only_nodes_with_outputs("zzz"),
    "from inputs": lambda k: names(diamond(k).from_inputs("left")),
    "from inputs format": lambda k: names(transcoded(k).from_inputs("cars@pandas")),
    "from inputs base": lambda k: names(transcoded(k).from_inputs("cars")),
    "from inputs unknown": lambda k: diamond(k).from_inputs("zzz"),
    "to outputs": lambda k: names(diamond(k).to_outputs("right")),
    "to outputs format": lambda k: names(transcoded(k).to_outputs("final@csv")),
    "to outputs unknown": lambda k: diamond(k).to_outputs("zzz"),
    "from nodes": lambda k: names(diamond(k).from_nodes("go_left")),
    "from nodes unknown": lambda k: diamond(k).from_nodes("zzz"),
    "to nodes": lambda k: names(diamond(k).to_nodes("go_left")),
    "to nodes transcoded": lambda k: names(transcoded(k).to_nodes("finish")),
    "to nodes unknown": lambda k: diamond(k).to_nodes("zzz"),
    "filter": lambda k: names(diamond(k).filter(tags=["b"], from_nodes=["clean"], to_outputs=["left"])),
    "filter names and inputs": lambda k: names(
        diamond(k).filter(node_names=["join", "clean"], from_inputs=["raw"])
    ),
    "filter namespaces": lambda k: names(namespaced(k).filter(node_namespaces=["x"], to_nodes=["xy.n3"])),
    "filter nothing": lambda k: names(diamond(k).filter()),
    "filter empty": lambda k: names(diamond(k).filter(tags=[], from_nodes=None)),
    "filter all out": lambda k: diamond(k).filter(tags=["start"], to_nodes=["go_left"], node_names=["join"]),
    "filter unknown": lambda k: diamond(k).filter(from_nodes=["zzz"]),
    "group by namespace": lambda k: groups(namespaced(k), "namespace"),
    "group by none": lambda k: groups(diamond(k), None),
    "group by other": lambda k: diamond(k).group_nodes_by("moon"),
    # reuse
    "namespace": lambda k: reuse(k, namespace="ns"),
    "namespace nested": lambda k: shape(k.pipeline(k.pipeline(diamond(k), namespace="in"), namespace="out")),
    "namespace of namespaced": lambda k: shape(k.pipeline(namespaced(k), namespace="ns")),
    "namespace transcoded": lambda k: shape(k.pipeline(transcoded(k), namespace="ns")),
    "namespace inputs str": lambda k: reuse(k, namespace="ns", inputs="raw"),
    "namespace inputs set": lambda k: reuse(k, namespace="ns", inputs={"raw"}, outputs={"joined"}),
    "namespace inputs dict": lambda k: reuse(k, namespace="ns", inputs={"raw": "other"}),
    "namespace outputs dict": lambda k: reuse(k, namespace="ns", outputs={"joined": "all", "clean": "tidy"}),
    "namespace parameter": lambda k: reuse(k, namespace="ns", parameters={"shift.left"}),
    "namespace parameter dict": lambda k: reuse(
        k, namespace="ns", parameters={"params:shift.left": "params:q"}
    ),
    "namespace parameter bare": lambda k: reuse(k, namespace="ns", parameters={"shift.left": "q"}),
    "namespace keeps parameters": lambda k: shape(
        k.pipeline([k.node(add, ["a", "parameters"], "b", name="n")], namespace="ns")
    ),
    "namespace parameters listed": lambda k: shape(
        k.pipeline(
            [k.node(add, ["a", "parameters"], "b", name="n")], namespace="ns", parameters={"parameters"}
        )
    ),
    "namespace without prefix": lambda k: reuse(k, namespace="ns", prefix_datasets_with_namespace=False),
    "namespace tags": lambda k: reuse(k, namespace="ns", tags="t"),
    "namespace confirms": lambda k: shape(
        k.pipeline([k.node(identity, "a", "b", name="n", confirms="a")], namespace="ns")
    ),
    "namespace one format": lambda k: shape(
        k.pipeline(transcoded(k), namespace="ns", outputs={"cars": "boats"})
    ),
    "namespace full format": lambda k: shape(
        k.pipeline(transcoded(k), namespace="ns", outputs={"final@csv": "end@csv"})
    ),
    "rename without namespace": lambda k: reuse(k, inputs={"raw": "other"}, outputs={"joined": "all"}),
    "used twice": lambda k: names(
        k.pipeline(diamond(k), namespace="one", inputs="raw")
        + k.pipeline(diamond(k), namespace="two", inputs="raw")
    ),
    "map unknown input": lambda k: reuse(k, namespace="ns", inputs={"rae": "x"}),
    "map unknown output": lambda k: reuse(k, namespace="ns", outputs={"zzz"}),
    "map unknown parameter": lambda k: reuse(k, namespace="ns", parameters={"zzz"}),
    "map output as input": lambda k: reuse(k, namespace="ns", inputs={"clean"}),
    "map input as output": lambda k: reuse(k, namespace="ns", outputs={"raw"}),
    "map parameter as input": lambda k: reuse(k, namespace="ns", inputs={"params:shift.left"}),
    "map two outputs to one": lambda k: reuse(k, outputs={"left": "q", "right": "q"}),
    "map to a cycle": lambda k: reuse(k, inputs={"raw": "joined"}),
    # names
    "transcoding separator": lambda k: k.separator,
}


def _api(name: str) -> Api:
    if name == "plait":
        return SimpleNamespace(node=node, pipeline=pipeline, separator=TRANSCODING_SEPARATOR)
    from kedro.pipeline.transcoding import TRANSCODING_SEPARATOR as separator

    return SimpleNamespace(node=kedro_api.node, pipeline=kedro_api.pipeline, separator=separator)


def outcome(scenario: Scenario, api: str) -> tuple[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return "gives", scenario(_api(api))
        except Exception as error:
            return "raises", error


def agrees(expected: tuple[str, Any], actual: tuple[str, Any]) -> bool:
    if expected[0] != actual[0]:
        return False
    if expected[0] == "gives":
        return expected[1] == actual[1]
    kind = type(expected[1])
    if kind.__module__ == "builtins":
        return isinstance(actual[1], kind)
    return kind.__name__ in {base.__name__ for base in type(actual[1]).__mro__}


@pytest.mark.parametrize("name", SCENARIOS)
def test_plait_does_what_kedro_does(name):
    expected, actual = outcome(SCENARIOS[name], "kedro"), outcome(SCENARIOS[name], "plait")
    assert agrees(expected, actual), f"Kedro {expected[0]} {expected[1]!r}\nPlait {actual[0]} {actual[1]!r}"


def unnamed_twice(k: Api):
    return names(k.pipeline([k.node(identity, "a", "b"), k.node(identity, "a", "c")]))


def other_function(k: Api):
    one = k.pipeline([k.node(identity, "a", "b", name="n")])
    return names(one + k.pipeline([k.node(consume, "a", "b", name="n")]))


def interrupted(k: Api):
    return k.pipeline(
        [
            k.node(identity, "a", "b", name="n1", namespace="x"),
            k.node(identity, "b", "c", name="n2"),
            k.node(identity, "c", "d", name="n3", namespace="x"),
        ]
    )


def no_warning(build: Scenario) -> Scenario:
    def scenario(k: Api):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return build(k) is not None

    return scenario


def replaced_function(k: Api):
    n = k.node(identity, "a", "b", name="n")
    n.func = consume
    return n.func


# what → (scenario, what Plait gives, or the name of what it raises)
DIFFERENCES: dict[str, tuple[Scenario, Any]] = {
    "An unnamed node is called after its function": (lambda k: k.node(identity, "a", "b").name, "identity"),
    "Unnamed nodes over one function get `function.first_output`": (
        unnamed_twice,
        ["identity.b", "identity.c"],
    ),
    "An unnamed node over a callable instance is called after its class": (
        lambda k: k.node(Adder(1), "a", "b").name,
        "Adder",
    ),
    "Inputs may be omitted": (lambda k: k.node(add, outputs="z").inputs, ["x", "y"]),
    "A dict of inputs may be partial": (lambda k: k.node(add, {"x": "a"}, "z").inputs, ["a", "y"]),
    "The function counts when nodes are compared": (
        lambda k: k.node(identity, "a", "b", name="n") == k.node(consume, "a", "b", name="n"),
        False,
    ),
    "Two different functions under one name are an error": (other_function, "NodeError"),
    "A list and a dict that say the same are equal": (
        lambda k: k.node(add, ["a", "b"], "c", name="n") == k.node(add, {"x": "a", "y": "b"}, "c", name="n"),
        True,
    ),
    "A node cannot make a parameter": (lambda k: k.node(identity, "a", "params:b").outputs, "NodeError"),
    "A node is immutable": (replaced_function, "AttributeError"),
    "A node without namespace has no namespace prefixes": (
        lambda k: k.node(identity, "a", "b", name="n").namespace_prefixes,
        [],
    ),
    "Wrapped functions are looked through": (
        lambda k: k.node(wrapped, {"z": "a"}, "c").name,
        "SignatureError",
    ),
    "A missing argument of a wrapped function is found": (
        lambda k: k.node(wrapped, ["a"], "c", name="n").name,
        "SignatureError",
    ),
    "An empty generator with several outputs gives empty streams": (
        lambda k: {
            name: list(values) for name, values in k.node(pairs, "a", ["b", "c"]).run({"a": 0}).items()
        },
        {"b": [], "c": []},
    ),
    "Dots in names of datasets do not warn": (no_warning(lambda k: k.node(identity, "q.a", "q.b")), True),
    "A namespace may be left and entered again": (no_warning(interrupted), True),
    "Grouping by namespace refuses groups that wait for each other": (
        lambda k: groups(interrupted(k), "namespace"),
        "PipelineError",
    ),
    "Tags of both sides are kept in a union": (
        lambda k: shape(
            k.pipeline([k.node(identity, "a", "b", name="n", tags="l")])
            + k.pipeline([k.node(identity, "a", "b", name="n", tags="r")])
        )[0][3],
        ["l", "r"],
    ),
    "An intersection keeps the nodes of its left side, with their tags": (
        lambda k: shape(
            k.pipeline([k.node(identity, "a", "b", name="n", tags="l")])
            & k.pipeline([k.node(identity, "a", "b", name="n", tags="r")])
        )[0][3],
        ["l"],
    ),
    "A parameter's name stands for all parameters below it when mapped": (
        lambda k: [s[1] for s in reuse(k, namespace="ns", parameters={"shift": "move"})][1:3],
        [["ns.clean", "params:move.left"], ["ns.clean", "params:move.right"]],
    ),
    "Pipelines are compared by their nodes": (lambda k: diamond(k) == diamond(k), True),
    "Pipelines have a length": (lambda k: len(diamond(k)), 4),
    "Pipelines can be iterated": (
        lambda k: [n.name for n in diamond(k)],
        ["clean", "go_left", "go_right", "join"],
    ),
    "Coroutine functions are refused": (lambda k: k.node(awaiting, "x", "b", name="n").name, "NodeError"),
    "Names start and end without a space": (lambda k: k.node(identity, " a", "b").inputs, "NodeError"),
    "JSON has a schema number, not a version of the program": (
        lambda k: sorted(json.loads(diamond(k).to_json())),
        ["pipeline", "schema"],
    ),
}


async def awaiting(x):
    return x


@pytest.mark.parametrize("what", DIFFERENCES)
def test_differences_are_as_listed(what):
    scenario, expected = DIFFERENCES[what]
    kind, actual = outcome(scenario, "plait")
    assert (actual if kind == "gives" else type(actual).__name__) == expected
    theirs = outcome(scenario, "kedro")
    assert not agrees((kind, actual), theirs), "no difference any more: take it off the list"


def test_every_difference_is_in_the_documentation(request):
    page = (request.config.rootpath / "docs" / "differences-from-kedro.md").read_text(encoding="utf-8")
    assert [what for what in DIFFERENCES if f"| {what} |" not in page] == []
