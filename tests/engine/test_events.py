"""Events, observers, capture and the record of a run."""

from __future__ import annotations

import logging
import sys

import pytest

import plait
from plait import DataCatalog, node, pipeline
from plait.config import Parameters, bind_parameters
from plait.engine import RunOptions, Stop, make_plan, run_plan
from plait.errors import UsageError
from plait.events import LogLine, NodeFinished, NodeStarted, RunFinished, RunStarted
from plait.ledger import Ledger


class Listener:
    def __init__(self):
        self.events = []

    def on_event(self, event):
        self.events.append(event)

    def kinds(self):
        return [event.kind for event in self.events]


def run_with(steps, catalog, **options):
    plan = make_plan(steps, catalog, bind_parameters(steps.nodes, Parameters({})))
    return run_plan(plan, catalog, RunOptions(**options))


def add_one(x):
    return x + 1


def fail(x):
    raise ValueError("no luck")


def test_the_stream_tells_the_story_in_order(tmp_path):
    (tmp_path / "x.json").write_text("1")
    listener = Listener()
    catalog = {"x": str(tmp_path / "x.json"), "y": str(tmp_path / "y.json")}
    plait.run(pipeline([node(add_one, "x", "y")]), catalog, observers=[listener])
    assert listener.kinds() == [
        "run_started",
        "node_started",
        "dataset_loaded",
        "dataset_saved",
        "node_finished",
        "run_finished",
    ]
    assert listener.events[0].nodes == ("add_one",)
    assert listener.events[-1].status == "done"
    assert all(event.run_id == listener.events[0].run_id for event in listener.events)


def test_events_become_json():
    listener = Listener()
    plait.run(pipeline([node(add_one, "x", "y")]), {"x": 1}, observers=[listener])
    document = listener.events[0].to_json()
    assert document["event"] == "run_started"
    assert document["nodes"] == ["add_one"]


def test_failures_and_what_they_block_are_told():
    listener = Listener()
    steps = pipeline([node(fail, "x", "y"), node(add_one, "y", "z")])
    plait.run(steps, {"x": 1}, observers=[listener], raise_errors=False)
    told = [kind for kind in listener.kinds() if kind != "dataset_loaded"]
    assert told == ["run_started", "node_started", "node_failed", "node_blocked", "run_finished"]
    failed, blocked = [event for event in listener.events if event.kind in ("node_failed", "node_blocked")]
    assert failed.error == "ValueError: no luck"
    assert blocked.by == "fail"
    assert (listener.events[-1].failed, listener.events[-1].blocked) == (1, 1)


def test_an_observer_that_raises_is_left_out_and_reported():
    class Broken:
        calls = 0

        def on_event(self, event):
            self.calls += 1
            raise RuntimeError("cannot draw")

    broken, listener = Broken(), Listener()
    result = plait.run(pipeline([node(add_one, "x", "y")]), {"x": 1}, observers=[broken, listener])
    assert result["y"] == 2
    assert broken.calls == 1
    assert listener.kinds()[-1] == "run_finished"
    assert result.observer_errors == ("Broken failed and was left out: RuntimeError: cannot draw",)


def test_what_nodes_print_and_log_is_told_by_node(capsys):
    def talk(x):
        print("first")
        print("sec", end="")
        print("ond")
        print("to stderr", file=sys.stderr)
        logging.getLogger("mine").warning("careful %s", x)
        sys.stdout.write("no newline")
        return x

    listener = Listener()
    run_with(
        pipeline([node(talk, "x", "y")]),
        DataCatalog({"x": 1}),
        observers=(listener,),
        capture=True,
        echo=False,
    )
    lines = [
        (event.stream, event.text, event.level) for event in listener.events if isinstance(event, LogLine)
    ]
    assert lines == [
        ("stdout", "first", None),
        ("stdout", "second", None),
        ("stderr", "to stderr", None),
        ("log", "careful 1", "WARNING"),
        ("stdout", "no newline", None),
    ]
    assert {event.node for event in listener.events if isinstance(event, LogLine)} == {"talk"}
    assert capsys.readouterr().out == ""


def test_streams_are_put_back_and_echo_lets_lines_through(capsys):
    out = sys.stdout
    run_with(
        pipeline([node(lambda x: print("heard") or x, "x", "y", name="talk")]),
        DataCatalog({"x": 1}),
        capture=True,
        echo=True,
    )
    assert sys.stdout is out
    assert capsys.readouterr().out == "heard\n"


def test_a_state_folder_records_the_run(tmp_path):
    (tmp_path / "x.json").write_text("1")
    steps = pipeline([node(add_one, "x", "y"), node(fail, "y", "z"), node(add_one, "z", "w", name="after")])
    catalog = {"x": str(tmp_path / "x.json"), "y": str(tmp_path / "y.json")}
    result = plait.run(steps, catalog, state=tmp_path / "state", parameters={"a": 1}, raise_errors=False)
    ledger = Ledger.open(tmp_path / "state")
    (run,) = ledger.runs()
    assert (run.id, run.status, run.done, run.failed, run.blocked) == (result.run_id, "failed", 1, 1, 1)
    assert run.parameters == {"a": 1}
    assert run.seconds is not None
    assert run.seconds >= 0
    first, second, third = ledger.nodes(run.id)
    assert (first.node, first.status, second.status, third.status) == ("add_one", "done", "failed", "blocked")
    assert second.error == "ValueError: no luck"
    assert "raise ValueError" in second.traceback
    assert [(event.dataset, event.action) for event in ledger.dataset_events(run.id)] == [
        ("x", "load"),
        ("y", "save"),
        ("y", "load"),
    ]
    assert (tmp_path / "state" / ".gitignore").read_text() == "*\n"


def test_a_run_with_injected_data_records_nothing(tmp_path):
    plait.run(pipeline([node(add_one, "x", "y")]), inputs={"x": 1}, state=tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_stopping_lets_the_running_node_finish_and_starts_nothing_more():
    stop = Stop()

    def first(x):
        stop.request()
        return x

    steps = pipeline([node(first, "x", "y"), node(add_one, "y", "z")])
    result = run_with(steps, DataCatalog({"x": 1}), stop=stop)
    assert result.status == "interrupted"
    assert (result.nodes["first"].status, result.nodes["add_one"].status) == ("done", "not run")


def test_an_interrupt_inside_a_node_is_recorded_and_passed_on(tmp_path):
    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plait.run(pipeline([node(interrupted, "x", None)]), {"x": 1}, state=tmp_path)
    assert Ledger.open(tmp_path).run("last").status == "interrupted"


def test_a_timeout_is_refused_where_it_cannot_be_kept():
    with pytest.raises(
        UsageError, match="Node 'add_one' has a timeout, which the inline executor cannot keep"
    ):
        plait.run(pipeline([node(add_one, "x", "y", timeout=1)]), {"x": 1})


def test_interceptors_see_data_and_replace_inputs():
    calls = []

    class Hooks:
        def before_node_run(self, node, inputs):
            calls.append(("before", node.name, dict(inputs)))
            return {"x": 10}

        def after_node_run(self, node, inputs, outputs):
            calls.append(("after", dict(outputs)))

        def on_node_error(self, error, node, inputs):
            calls.append(("error", str(error)))

        def before_dataset_loaded(self, name, node):
            calls.append(("load", name))

        def after_dataset_loaded(self, name, data, node):
            calls.append(("loaded", name, data))

        def before_dataset_saved(self, name, data, node):
            calls.append(("save", name, data))

        def after_dataset_saved(self, name, data, node):
            calls.append(("saved", name))

    result = run_with(
        pipeline([node(add_one, "x", "y")]),
        DataCatalog({"x": 1}),
        interceptors=lambda catalog, run_id: Hooks(),
    )
    assert result["y"] == 11
    assert calls == [
        ("load", "x"),
        ("loaded", "x", 1),
        ("before", "add_one", {"x": 1}),
        ("after", {"y": 11}),
        ("save", "y", 11),
        ("saved", "y"),
    ]


def test_memory_and_durations_are_reported():
    listener = Listener()
    plait.run(pipeline([node(add_one, "x", "y")]), {"x": 1}, observers=[listener])
    finished = next(event for event in listener.events if isinstance(event, NodeFinished))
    assert finished.peak_memory > 1_000_000
    assert {type(listener.events[0]), type(listener.events[1]), type(listener.events[-1])} == {
        RunStarted,
        NodeStarted,
        RunFinished,
    }


def test_a_secret_parameter_is_recorded_as_a_digest(tmp_path):
    parameters = Parameters({"db": {"token": "hunter2", "port": 5}}, secrets=frozenset({("db", "token")}))
    plait.run(pipeline([node(add_one, "x", "y")]), {"x": 1}, parameters=parameters, state=tmp_path)
    recorded = Ledger.open(tmp_path).run("last").parameters
    assert recorded["db"]["port"] == 5
    assert recorded["db"]["token"].startswith("sha256:")
    assert b"hunter2" not in b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
