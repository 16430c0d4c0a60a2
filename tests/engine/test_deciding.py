"""Runs with a state folder: what is skipped, what runs again, and what is said about it."""

from __future__ import annotations

import json
import threading
import time

import pytest

import plait
from plait import DataCatalog, node, pipeline
from plait.errors import UsageError
from plait.events import LogLine
from plait.ledger import Ledger


def add_one(x):
    return x + 1


def double(y):
    return y * 2


class Project:
    """A folder with data, a catalog over it, and runs that remember."""

    def __init__(self, place, **entries):
        self.place = place
        self.catalog = DataCatalog.from_config(
            {name: f"{name}.json" for name in ("x", "y", "z")} | entries, root=place
        )
        self.write("x", 1)

    def write(self, name, value):
        (self.place / f"{name}.json").write_text(json.dumps(value))

    def read(self, name):
        return json.loads((self.place / f"{name}.json").read_text())

    def run(self, steps, **options):
        return plait.run(steps, self.catalog, state=self.place / ".plait", raise_errors=False, **options)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


CHAIN = pipeline([node(add_one, "x", "y"), node(double, "y", "z")])


def told(result):
    return {
        item.name: (item.status, [reason.kind for reason in item.reasons]) for item in result.nodes.values()
    }


def test_the_second_run_skips_everything_and_says_why(project):
    project.run(CHAIN)
    second = project.run(CHAIN)
    assert told(second) == {"add_one": ("skipped", ["unchanged"]), "double": ("skipped", ["unchanged"])}
    assert "match run" in second.nodes["double"].reasons[0].text
    assert Ledger.open(project.place / ".plait").run("last").skipped == 2


def test_equal_data_from_a_node_that_ran_stops_there(project):
    def floor(x):
        return x // 10

    steps = pipeline([node(floor, "x", "y"), node(double, "y", "z")])
    project.run(steps)
    project.write("x", 2)
    assert told(project.run(steps)) == {"floor": ("done", ["input"]), "double": ("skipped", ["unchanged"])}


def test_what_lives_in_memory_runs_only_for_somebody(tmp_path):
    project = Project(tmp_path, y="memory")
    project.run(CHAIN)
    assert told(project.run(CHAIN)) == {
        "add_one": ("skipped", ["not_needed"]),
        "double": ("skipped", ["unchanged"]),
    }
    (tmp_path / "z.json").unlink()
    assert told(project.run(CHAIN)) == {
        "add_one": ("done", ["needed"]),
        "double": ("done", ["output_missing"]),
    }


def test_memory_that_the_caller_asks_for_is_computed(tmp_path):
    project = Project(tmp_path, z="memory")
    assert project.run(CHAIN)["z"] == 4
    second = project.run(CHAIN)
    assert second["z"] == 4
    assert told(second) == {"add_one": ("skipped", ["unchanged"]), "double": ("done", ["needed"])}


def test_an_input_that_changes_while_the_node_runs_is_not_recorded(project):
    def slow(x):
        project.write("x", 100)
        return x

    class Listener:
        lines = []

        def on_event(self, event):
            if isinstance(event, LogLine):
                self.lines.append(event.text)

    steps = pipeline([node(slow, "x", "y")])
    listener = Listener()
    project.run(steps, observers=[listener])
    assert listener.lines == ["'x' changed while 'slow' ran; it will run again"]
    again = project.run(pipeline([node(add_one, "x", "y", name="slow")]))
    assert again.nodes["slow"].status == "done"
    assert "interrupted" not in told(again)["slow"][1]


def test_a_failed_node_says_so_the_next_time(project):
    def fail(x):
        raise ValueError("no luck")

    assert told(project.run(pipeline([node(fail, "x", "y", name="n")])))["n"][0] == "failed"
    assert told(project.run(pipeline([node(add_one, "x", "y", name="n")])))["n"] == (
        "done",
        ["failed_last"],
    )


def test_fresh_runs_what_is_up_to_date(project):
    from plait.config import Parameters, bind_parameters
    from plait.engine import IdentityOptions, RunOptions, make_plan, run_plan

    project.run(CHAIN)
    plan = make_plan(CHAIN, project.catalog, bind_parameters(CHAIN.nodes, Parameters({})))
    options = RunOptions(
        state=project.place / ".plait", identity=IdentityOptions(project.place, fresh=frozenset({"double"}))
    )
    result = run_plan(plan, project.catalog, options)
    assert told(result) == {"add_one": ("skipped", ["unchanged"]), "double": ("done", ["forced"])}


def test_two_runs_at_once_compute_each_node_once(project):
    def slow(x):
        time.sleep(0.2)
        return x

    def after(y):
        time.sleep(0.05)
        return y

    steps = pipeline([node(slow, "x", "y"), node(after, "y", "z")])
    results = []
    threads = [threading.Thread(target=lambda: results.append(project.run(steps))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.status for result in results] == ["done"] * 4
    done = [item.name for result in results for item in result.nodes.values() if item.status == "done"]
    assert sorted(done) == ["after", "slow"]


def test_a_node_that_stores_one_output_and_keeps_another_in_memory(tmp_path):
    project = Project(tmp_path)

    def both(x):
        return x + 1, [x]

    steps = pipeline([node(both, "x", ["y", "note"]), node(lambda note: note[0], "note", "z", name="use")])
    project.run(steps)
    assert {status for status, _ in told(project.run(steps)).values()} == {"skipped"}
    (tmp_path / "z.json").unlink()
    again = told(project.run(steps))
    assert again["use"] == ("done", ["output_missing"])
    assert again["both"][0] == "done"
    assert project.read("z") == 1


def test_raw_data_in_the_catalog_counts_by_its_value(tmp_path):
    def run(value):
        catalog = DataCatalog.from_mapping({"x": value, "y": str(tmp_path / "y.json")})
        return plait.run(pipeline([node(add_one, "x", "y")]), catalog, state=tmp_path / ".plait")

    assert [run(value).nodes["add_one"].status for value in (1, 1, 2)] == ["done", "skipped", "done"]


def test_an_input_that_nothing_can_identify_is_always_stale_and_says_how_to_mend_it(tmp_path):
    class Feed:
        def load(self):
            return 1

        def save(self, data):
            raise NotImplementedError

    catalog = DataCatalog.from_mapping({"x": Feed(), "y": str(tmp_path / "y.json")})
    steps = pipeline([node(add_one, "x", "y")])
    plait.run(steps, catalog, state=tmp_path / ".plait")
    again = plait.run(steps, catalog, state=tmp_path / ".plait")
    assert told(again)["add_one"] == ("done", ["unversioned"])
    assert "nothing tells whether the data of 'x' changed" in again.nodes["add_one"].reasons[0].text


def test_fresh_runs_all_or_the_nodes_that_are_named(project):
    nodes = pipeline([node(add_one, "x", "y"), node(double, "y", "z")])
    state = project.place / ".plait"

    def ran(**how):
        result = plait.run(nodes, project.catalog, state=state, **how)
        return [item.name for item in result.with_status("done")]

    assert ran() == ["add_one", "double"]
    assert ran() == []
    assert ran(fresh=True) == ["add_one", "double"]
    assert ran(fresh=["double"]) == ["double"]
    assert ran(fresh="double") == ["double"]
    with pytest.raises(UsageError, match=r"no node 'dubble' in this run.*\n.*\n.*did you mean 'double'"):
        ran(fresh=["dubble"])
