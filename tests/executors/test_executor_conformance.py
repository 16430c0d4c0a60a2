"""What a user sees must not depend on where nodes run."""

from __future__ import annotations

import time

import nodes_for_executors as nodes
import pandas as pd
import pytest

import plait
from plait import MemoryDataset, node, pipeline
from plait.engine import Stop
from plait.errors import DatasetError, RunError, UsageError
from plait.events import LogLine

EXECUTORS = ("inline", "threads", "processes")


def test_values_flow_from_node_to_node(run):
    steps = pipeline(
        [node(nodes.one, None, "a"), node(nodes.add_one, "a", "b"), node(nodes.add, ["a", "b"], "c")]
    )
    assert dict(run(steps)) == {"c": 3}


def test_stored_data_is_loaded_and_saved_where_the_node_runs(run, tmp_path):
    (tmp_path / "x.json").write_text("1")
    catalog = {"x": str(tmp_path / "x.json"), "y": str(tmp_path / "y.json")}
    run(pipeline([node(nodes.add_one, "x", "y")]), catalog)
    assert (tmp_path / "y.json").read_text() == "2"


def test_relative_paths_start_where_the_caller_is(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.json").write_text("1")
    run(pipeline([node(nodes.add_one, "x", "y")]), {"x": "x.json", "y": "y.json"})
    assert (tmp_path / "y.json").read_text() == "2"


def test_a_node_that_changes_its_input_changes_it_for_nobody_else(run):
    steps = pipeline(
        [node(nodes.nested, None, "d"), node(nodes.spoil, "d", "s"), node(nodes.total, "d", "t")]
    )
    first = run(steps)
    assert first["t"] == 299_999 * 150_000 + 1
    later = pipeline(
        [node(nodes.nested, None, "d"), node(nodes.spoil, "d", "s"), node(nodes.add_total, ["d", "s"], "t")]
    )
    assert run(later)["t"] == 299_999 * 150_000 + 1


def test_data_the_caller_brings_is_not_changed(run):
    data = nodes.nested()
    steps = pipeline([node(nodes.spoil, "d", "s"), node(nodes.total, "d", "t")])
    assert run(steps, inputs={"d": data})["t"] == run(steps, {"d": data})["t"] == 299_999 * 150_000 + 1
    assert len(data["small"]) == 1


def test_an_explicit_memory_dataset_hands_over_the_data_itself(run):
    steps = pipeline([node(nodes.one, None, "a"), node(nodes.add_one, "a", "b")])
    assert run(steps, {"a": MemoryDataset()})["b"] == 2


@pytest.mark.parametrize("make", [nodes.pandas_frame, nodes.polars_frame, nodes.arrow_table])
def test_frames_reach_each_consumer_as_it_wants_them(run, make):
    steps = pipeline(
        [
            node(make, None, "frame"),
            node(nodes.sum_pandas, "frame", "pandas"),
            node(nodes.sum_polars, "frame", "polars"),
            node(nodes.sum_arrow, "frame", "arrow"),
            node(nodes.rows_seen, "frame", "seen"),
        ]
    )
    expected = 199_999 * 100_000
    result = run(steps)
    assert (result["pandas"], result["polars"], result["arrow"]) == (expected,) * 3
    assert result["seen"] == (type(make()).__module__.partition(".")[0], 200_000)


def test_frames_can_be_changed_and_kept(run):
    steps = pipeline(
        [
            node(nodes.pandas_frame, None, "frame"),
            node(nodes.change, "frame", "changed"),
            node(nodes.rows_seen, "frame", "seen"),
        ]
    )
    result = run(steps, outputs=["frame", "changed"])
    assert result["changed"] == 0
    frame = result["frame"]
    pd.testing.assert_frame_equal(frame, nodes.pandas_frame())
    frame.loc[0, "n"] = 7
    assert frame["n"].iloc[0] == 7


def test_the_same_seeds_give_the_same_numbers_everywhere(run, workers):
    steps = pipeline([node(nodes.seeded, None, "numbers")])
    here = plait.run(steps, seed=3)["numbers"]
    assert run(steps, seed=3)["numbers"][0] == here[0]


def test_global_generators_are_seeded_alike_everywhere(run_with):
    steps = pipeline([node(nodes.draw, f"x{i}", f"y{i}", name=f"draw{i}") for i in range(4)])
    catalog = {f"x{i}": i for i in range(4)}
    runs = [dict(run_with(steps, catalog, name, seed=5, seed_globals=True)) for name in EXECUTORS]
    assert runs[0] == runs[1] == runs[2]
    assert len({value[1] for value in runs[0].values()}) == 4


def test_chunks_of_a_generator_are_collected_in_memory_and_appended_to_a_store(run, tmp_path):
    steps = pipeline([node(nodes.stream, "n", "chunks"), node(nodes.same, "chunks", "all")])
    assert run(steps, {"n": 3})["all"] == [[0], [1], [2]]


def test_a_path_that_a_node_wrote_becomes_the_file(run, tmp_path):
    target = tmp_path / "made.txt"
    run(pipeline([node(nodes.write_file, None, "made")]), {"made": str(target)})
    assert target.read_text() == "made by a node"


@pytest.mark.parametrize("executor", EXECUTORS)
def test_what_nodes_print_and_log_is_told_in_order(run_with, executor):
    listener = nodes.Listener()
    steps = pipeline([node(nodes.chatty, "x", "y"), node(nodes.same, "y", "z")])
    run_with(steps, {"x": 1}, executor, observers=(listener,), capture=True, echo=False)
    lines = [event for event in listener.events if isinstance(event, LogLine)]
    assert [(line.stream, line.text) for line in lines if line.node == "chatty"] == [
        ("stdout", "first line"),
        ("log", "logged"),
        ("stdout", "second line"),
        ("stdout", "no newline"),
    ]
    kinds = [event.kind for event in listener.events if getattr(event, "node", None) == "chatty"]
    assert kinds[0] == "node_started"
    assert kinds[-1] == "node_finished"


def test_events_of_a_chain_are_the_same_everywhere(run, tmp_path):
    (tmp_path / "x.json").write_text("1")
    catalog = {name: str(tmp_path / f"{name}.json") for name in ("x", "y", "z")}
    steps = pipeline([node(nodes.add_one, "x", "y", name="a"), node(nodes.add_one, "y", "z", name="b")])
    listener = nodes.Listener()
    run(steps, catalog, observers=[listener])
    told = [
        (event.kind, getattr(event, "node", None), getattr(event, "dataset", None))
        for event in listener.events
    ]
    assert told == [
        ("run_started", None, None),
        *[
            (kind, name, dataset)
            for name, read, made in (("a", "x", "y"), ("b", "y", "z"))
            for kind, dataset in (
                ("node_started", None),
                ("dataset_loaded", read),
                ("dataset_saved", made),
                ("node_finished", None),
            )
        ],
        ("run_finished", None, None),
    ]
    assert all(event.peak_memory > 1_000_000 for event in listener.of("node_finished"))


def test_a_failure_shows_the_users_frames_and_inputs_and_blocks_what_follows(run):
    listener = nodes.Listener()
    steps = pipeline([node(nodes.fail, "x", "y"), node(nodes.add_one, "y", "z"), node(nodes.same, "x", "w")])
    result = run(steps, {"x": 1}, observers=[listener], raise_errors=False)
    assert [result.nodes[name].status for name in ("fail", "add_one", "same")] == [
        "failed",
        "blocked",
        "done",
    ]
    failed = result.nodes["fail"]
    assert isinstance(failed.error, ValueError)
    assert "nodes_for_executors.py" in failed.traceback
    assert "engine/perform.py" not in failed.traceback
    assert failed.traceback.endswith("inputs:\n  x: int")
    assert [event.error for event in listener.of("node_failed")] == ["ValueError: no luck with 1"]
    assert result.nodes["add_one"].blocked_by == "fail"


def test_an_exception_that_cannot_travel_keeps_its_name_and_text(run):
    result = run(pipeline([node(nodes.fail_oddly, "x", "y")]), {"x": 1}, raise_errors=False)
    error = result.nodes["fail_oddly"].error
    assert (type(error).__name__, str(error)) == ("Odd", "7: odd 1")
    with pytest.raises(RunError, match="Odd: 7: odd 1"):
        run(pipeline([node(nodes.fail_oddly, "x", "y")]), {"x": 1})


def test_a_node_that_exits_has_failed(run):
    result = run(pipeline([node(nodes.exit_quietly, "x", "y")]), {"x": 1}, raise_errors=False)
    assert isinstance(result.nodes["exit_quietly"].error, SystemExit)


def test_saving_none_names_node_and_output(run):
    result = run(pipeline([node(nodes.give_none, "x", "y")]), {"x": 1}, raise_errors=False)
    assert isinstance(result.nodes["give_none"].error, DatasetError)
    assert "Node 'give_none' returned None for its output 'y'" in str(result.error)


def test_retries_try_again_with_the_same_input(run, tmp_path):
    listener = nodes.Listener()
    steps = pipeline(
        [
            node(nodes.big, "x", "data"),
            node(nodes.flaky, ["data", "marker"], "y", retries=1),
            node(len, "y", "n", name="count"),
        ]
    )
    result = run(steps, {"x": 2, "marker": MemoryDataset(str(tmp_path / "m"))}, observers=[listener])
    assert result["n"] == 400_000
    assert result.nodes["flaky"].attempts == 2
    assert [event.will_retry for event in listener.of("node_failed")] == [True]


def test_fail_fast_starts_nothing_more(run):
    steps = pipeline(
        [node(nodes.fail, "x", "y")] + [node(nodes.sleep, "s", f"z{i}", name=f"z{i}") for i in range(6)]
    )
    result = run(steps, {"x": 1, "s": 0.05}, fail_fast=True, raise_errors=False)
    statuses = [result.nodes[f"z{i}"].status for i in range(6)]
    assert statuses.count("not run") >= 4


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_stop_lets_running_nodes_finish(run_with, executor):
    stop = Stop()

    class Stopper:
        def on_event(self, event):
            if event.kind == "node_finished":
                stop.request()

    steps = pipeline([node(nodes.sleep, "s", f"z{i}", name=f"z{i}") for i in range(8)])
    result = run_with(steps, {"s": 0.05}, executor, observers=(Stopper(),), stop=stop)
    statuses = [item.status for item in result.nodes.values()]
    assert result.status == "interrupted"
    assert set(statuses) == {"done", "not run"}
    assert statuses.count("done") <= 3


def test_named_limits_hold(run, tmp_path):
    steps = pipeline(
        [
            node(nodes.overlap, ["folder", "seconds"], f"n{i}", name=f"n{i}", resources={"gpu": 1})
            for i in range(4)
        ]
    )
    catalog = {"folder": MemoryDataset(str(tmp_path)), "seconds": 0.05}
    assert set(dict(run(steps, catalog, limits={"gpu": 1})).values()) == {1}


def test_a_node_that_needs_more_than_there_is_is_refused_before_anything_runs(run):
    steps = pipeline([node(nodes.one, None, "a", resources={"gpu": 2})])
    with pytest.raises(UsageError, match="Node 'one' needs 2 of 'gpu', but there are only 1"):
        run(steps, limits={"gpu": 1})


def test_a_timeout_is_kept_or_refused(run):
    steps = pipeline([node(nodes.sleep, "s", "z", timeout=0.3)])
    if run.executor == "processes":
        begun = time.monotonic()
        result = run(steps, {"s": 30}, raise_errors=False)
        assert time.monotonic() - begun < 15
        assert "Node 'sleep' exceeded its timeout of 0.3 s" in str(result.error)
    else:
        with pytest.raises(UsageError, match=f"a timeout, which the {run.executor} executor cannot keep"):
            run(steps, {"s": 30})


def test_values_that_cannot_be_pickled_stay_where_they_are_made(run):
    steps = pipeline([node(nodes.unpicklable, "x", "f"), node(nodes.call, "f", "y")])
    if run.executor == "processes":
        assert run(steps, {"x": 4})["y"] == 4
    else:
        with pytest.MonkeyPatch.context():
            assert run(steps, {"x": 4})["y"] == 4
