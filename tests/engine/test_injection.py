"""What a node is given beside its data: a seeded generator and the context of the run."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

import plait
from plait import DataCatalog, RunContext, node, pipeline
from plait.config import Parameters, bind_parameters
from plait.engine import IdentityOptions, RunOptions, make_plan, run_plan
from plait.engine.seeds import node_seed, seeded_globals


def draw(x, rng: np.random.Generator):
    return float(rng.random())


def test_the_generator_depends_on_seed_and_node_only():
    steps = pipeline([node(draw, "x", "a", name="one"), node(draw, "x", "b", name="two")])
    first, again = plait.run(steps, {"x": 1}), plait.run(steps, {"x": 2})
    assert first["a"] == again["a"]
    assert first["a"] != first["b"]
    assert plait.run(steps, {"x": 1}, seed=7)["a"] != first["a"]


def test_seeds_are_pinned():
    assert node_seed(0, "train") == 3060248456319719219
    assert node_seed(0, "train", "2024/01") == node_seed(0, "train", "2024/01")
    assert node_seed(0, "train", "k") != node_seed(0, "traink")


def test_the_context_names_run_and_node_and_offers_a_scratch_folder_that_goes_away():
    seen = {}

    def write(x, context: RunContext):
        path = context.scratch / "big.bin"
        path.write_bytes(b"x")
        seen["path"], seen["context"] = path, context
        return path.exists()

    result = plait.run(pipeline([node(write, "x", "ok")]), {"x": 1})
    assert result["ok"] is True
    assert seen["context"].node == "write"
    assert seen["context"].run_id == result.run_id
    assert seen["context"].attempt == 1
    assert not Path(seen["path"]).parent.exists()


def test_global_generators_are_seeded_by_node_and_restored():
    def roll(x):
        return (random.random(), float(np.random.rand()))

    steps = pipeline([node(roll, "x", "a", name="one"), node(roll, "x", "b", name="two")])

    def run():
        catalog = DataCatalog({"x": 1})
        plan = make_plan(steps, catalog, bind_parameters(steps.nodes, Parameters({})))
        return run_plan(plan, catalog, RunOptions(seed_globals=True))

    random.seed(1)
    np.random.seed(1)
    before = random.getstate()
    first = run()
    assert random.getstate() == before
    random.seed(2)
    again = run()
    assert first["a"] == again["a"]
    assert first["a"] != first["b"]


def test_a_library_run_leaves_global_generators_alone():
    def roll(x):
        return random.random()

    random.seed(5)
    expected = random.Random(5).random()
    assert plait.run(pipeline([node(roll, "x", "a")]), {"x": 1})["a"] == expected


def test_seeding_is_undone_when_the_node_raises():
    random.seed(3)
    state = random.getstate()
    try:
        with seeded_globals(1):
            random.random()
            raise RuntimeError
    except RuntimeError:
        pass
    assert random.getstate() == state


def test_only_code_that_reaches_a_generator_is_seeded_where_that_is_known(tmp_path, monkeypatch):
    from plait.engine import perform

    seeded = []
    original = perform.seeded_globals
    monkeypatch.setattr(perform, "seeded_globals", lambda seed: seeded.append(seed) or original(seed))

    def calm(x):
        return x + 1

    def rolls(x):
        return random.random()

    steps = pipeline([node(calm, "x", "a"), node(rolls, "a", "b")])
    catalog = DataCatalog.from_mapping({"x": 1, "b": str(tmp_path / "b.json")})
    options = RunOptions(
        seed_globals=True,
        state=tmp_path / ".plait",
        identity=IdentityOptions(tmp_path, (Path(__file__).parent,)),
    )
    run_plan(make_plan(steps, catalog, bind_parameters(steps.nodes, Parameters({}))), catalog, options)
    assert seeded == [node_seed(0, "rolls")]
