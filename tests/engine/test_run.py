"""Running a pipeline as a library."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import plait
from plait import DataCatalog, MemoryDataset, node, pipeline
from plait.engine import with_memory_producers
from plait.errors import DatasetNotFoundError, Problems, RunError, UsageError


def add_one(x):
    return x + 1


def double(x):
    return x * 2


def chain(length):
    return pipeline([node(add_one, f"d{i}", f"d{i + 1}", name=f"n{i}") for i in range(length)])


def test_a_chain_runs_in_order_and_returns_its_end():
    result = plait.run(chain(10), {"d0": 1})
    assert result["d10"] == 11
    assert result.status == "done"
    assert list(result.nodes) == [f"n{i}" for i in range(10)]
    assert all(node.status == "done" and node.seconds >= 0 for node in result.nodes.values())


def test_only_free_outputs_are_kept_unless_asked_for():
    result = plait.run(chain(3), {"d0": 1})
    assert list(result) == ["d3"]
    assert dict(plait.run(chain(3), {"d0": 1}, outputs=["d1", "d3"])) == {"d1": 2, "d3": 4}


def test_asking_for_an_output_runs_only_what_it_needs():
    fork = pipeline([node(add_one, "x", "a"), node(double, "x", "b")])
    result = plait.run(fork, {"x": 3}, outputs=["b"])
    assert list(result.nodes) == ["double"]
    assert result["b"] == 6


def test_a_result_is_shown_in_a_line():
    result = plait.run(chain(3), {"d0": 1})
    assert repr(result) == f"<RunResult {result.run_id} done: 3 done, left d3>"


def test_a_name_the_run_did_not_leave_is_explained():
    result = plait.run(chain(2), {"d0": 1})
    with pytest.raises(DatasetNotFoundError, match="The run left no data called 'd1'"):
        result["d1"]


def test_parameters_are_handed_over_by_path_and_as_a_whole():
    def scale(x, factor, parameters):
        return x * factor + parameters["offset"]

    steps = pipeline([node(scale, ["x", "params:model.factor", "parameters"], "y")])
    result = plait.run(steps, {"x": 3}, parameters={"model": {"factor": 2}, "offset": 1})
    assert result["y"] == 7


def test_a_node_that_changes_its_parameters_changes_them_for_itself_only():
    def spoil(options):
        options["a"] = 99
        return options

    def read(options, spoilt):
        return options["a"]

    steps = pipeline([node(spoil, "params:o", "spoilt"), node(read, ["params:o", "spoilt"], "seen")])
    parameters = {"o": {"a": 1}}
    assert plait.run(steps, parameters=parameters)["seen"] == 1
    assert parameters == {"o": {"a": 1}}


def test_a_node_that_changes_its_input_changes_it_for_itself_only():
    def spoil(items):
        items.append("spoilt")
        return len(items)

    steps = pipeline([node(spoil, "items", "a", name="one"), node(spoil, "items", "b", name="two")])
    mine = ["x"]
    result = plait.run(steps, inputs={"items": mine})
    assert (result["a"], result["b"], mine) == (2, 2, ["x"])


def test_every_name_nothing_provides_is_reported_at_once():
    steps = pipeline([node(add_one, "compnies", "y"), node(double, "shutles", "z")])
    with pytest.raises(Problems) as caught:
        plait.run(steps, DataCatalog({"companies": MemoryDataset(1), "shuttles": MemoryDataset(1)}))
    text = str(caught.value)
    assert "Nothing provides 'compnies'" in text
    assert "did you mean 'companies'?" in text
    assert "did you mean 'shuttles'?" in text


def test_injected_data_replaces_its_producer_and_what_only_led_to_it():
    result = plait.run(chain(5), inputs={"d3": 100})
    assert result["d5"] == 102
    assert list(result.nodes) == ["n3", "n4"]


def test_an_injected_name_the_pipeline_lacks_is_refused():
    with pytest.raises(DatasetNotFoundError, match="no dataset called 'd33'"):
        plait.run(chain(5), inputs={"d33": 100})


def test_injected_data_leaves_stored_outputs_alone_unless_asked(tmp_path):
    target = tmp_path / "y.json"
    steps = pipeline([node(add_one, "x", "y")])
    catalog = {"y": str(target)}
    assert plait.run(steps, catalog, inputs={"x": 1})["y"] == 2
    assert not target.exists()
    plait.run(steps, catalog, inputs={"x": 1}, save=True)
    assert target.read_text().strip() == "2"


def test_stored_outputs_load_on_access(tmp_path):
    frame = pd.DataFrame({"a": [1, 2]})
    steps = pipeline([node(lambda f: f.assign(b=f.a * 2), "frame", "out", name="widen")])
    catalog = DataCatalog.from_config({"out": str(tmp_path / "out.parquet")})
    catalog["frame"] = frame
    result = plait.run(steps, catalog, outputs=["out"])
    assert result["out"].b.tolist() == [2, 4]
    assert "out" in result


def test_consumers_get_the_frame_they_ask_for(tmp_path):
    (tmp_path / "in.csv").write_text("a,b\n1,x\n2,y\n")

    def in_polars(table: pl.DataFrame) -> pl.DataFrame:
        assert isinstance(table, pl.DataFrame)
        return table.with_columns(c=pl.col("a") * 10)

    def in_pandas(table: pd.DataFrame) -> int:
        assert isinstance(table, pd.DataFrame)
        return int(table["c"].sum())

    def as_path(table: Path) -> str:
        return table.name

    steps = pipeline(
        [
            node(in_polars, "table", "mid"),
            node(in_pandas, "mid", "total"),
            node(as_path, "table", "name"),
        ]
    )
    result = plait.run(steps, {"table": str(tmp_path / "in.csv")})
    assert (result["total"], result["name"]) == (30, "in.csv")


def test_independent_branches_finish_when_one_fails():
    def fail(x):
        raise ValueError("no luck")

    steps = pipeline(
        [
            node(fail, "x", "a"),
            node(add_one, "a", "b"),
            node(double, "x", "c"),
            node(add_one, "b", "d", name="last"),
        ]
    )
    with pytest.raises(RunError) as caught:
        plait.run(steps, {"x": 2})
    result = caught.value.result
    assert result["c"] == 4
    assert {name: item.status for name, item in result.nodes.items()} == {
        "fail": "failed",
        "add_one": "blocked",
        "last": "blocked",
        "double": "done",
    }
    assert result.nodes["last"].blocked_by == "fail"
    assert "1 node failed, 2 nodes could not start" in str(caught.value)
    assert "ValueError: no luck" in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)


def test_fail_fast_starts_nothing_after_the_first_failure():
    ran = []

    def fail(x):
        raise ValueError("no luck")

    def later(x):
        ran.append(x)
        return x

    steps = pipeline([node(fail, "x", "a", name="a"), node(later, "x", "b", name="b")])
    result = plait.run(steps, {"x": 2}, fail_fast=True, raise_errors=False)
    assert ran == []
    assert result.nodes["b"].status == "not run"
    assert result.status == "failed"


def test_a_traceback_starts_with_the_users_own_frame_and_names_the_inputs():
    def helper(frame):
        raise KeyError("price")

    def fail(frame):
        return helper(frame)

    steps = pipeline([node(fail, "frame", "a")])
    result = plait.run(steps, {"frame": pd.DataFrame({"a": [1, 2]})}, raise_errors=False)
    lines = result.nodes["fail"].traceback.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "in fail" in lines[1]
    assert "plait/engine" not in result.nodes["fail"].traceback
    assert lines[-2:] == ["inputs:", "  frame: DataFrame 2 by 1"]


def test_returning_none_for_an_output_names_node_and_output():
    steps = pipeline([node(lambda x: None, "x", "y", name="empty")])
    with pytest.raises(RunError, match="Node 'empty' returned None for its output 'y'"):
        plait.run(steps, {"x": 1})


def test_a_missing_free_input_blocks_its_branch_before_anything_runs(tmp_path):
    steps = pipeline([node(add_one, "x", "y"), node(double, "z", "w"), node(add_one, "y", "v", name="after")])
    result = plait.run(steps, {"x": str(tmp_path / "x.json"), "z": 2}, raise_errors=False)
    assert result["w"] == 4
    assert result.nodes["add_one"].status == "blocked"
    assert result.nodes["after"].blocked_by == "add_one"
    assert f"'x' does not exist at {tmp_path / 'x.json'}" in str(result.error)


def test_intermediate_data_is_let_go_after_its_last_consumer():
    class Thing:
        pass

    seen = []

    def make(x):
        thing = Thing()
        seen.append(weakref.ref(thing))
        return thing

    def use(thing):
        return 1

    def look(first):
        gc.collect()
        return seen[0]() is None

    catalog = DataCatalog({"thing": MemoryDataset(copy_mode="assign"), "x": 1})
    steps = pipeline([node(make, "x", "thing"), node(use, "thing", "first"), node(look, "first", "gone")])
    assert plait.run(steps, catalog)["gone"] is True


def test_what_a_run_produced_in_memory_never_shows_up_in_the_catalog():
    catalog = DataCatalog({"x": MemoryDataset(1), "y": MemoryDataset()})
    assert plait.run(pipeline([node(add_one, "x", "y")]), catalog)["y"] == 2
    assert not catalog.exists("y")
    assert catalog.load("x") == 1


def test_a_generator_into_memory_keeps_every_chunk():
    def chunks(n):
        yield from range(n)

    steps = pipeline([node(chunks, "n", "all"), node(sum, "all", "total")])
    assert plait.run(steps, {"n": 4}, outputs=["all", "total"])["total"] == 6


def test_an_empty_generator_with_several_outputs_gives_empty_lists():
    def nothing(x):
        yield from ()

    result = plait.run(pipeline([node(nothing, "x", ["a", "b"])]), {"x": 1})
    assert (result["a"], result["b"]) == ([], [])


def test_a_generator_into_a_store_that_cannot_append_is_refused_before_the_run(tmp_path):
    def chunks(x):
        yield x

    with pytest.raises(plait.PlaitError, match="'all' cannot be appended to, but node 'chunks' yields it"):
        plait.run(pipeline([node(chunks, "x", "all")]), {"x": 1, "all": str(tmp_path / "all.json")})


def test_confirms_are_told_to_the_dataset():
    class Confirmed:
        confirmed = 0

        def load(self):
            return 1

        def save(self, data):
            raise NotImplementedError

        def confirm(self):
            self.confirmed += 1

    dataset = Confirmed()
    plait.run(pipeline([node(add_one, "x", "y", confirms="x")]), DataCatalog({"x": dataset}))
    assert dataset.confirmed == 1


def test_runs_from_many_threads_do_not_see_each_other():
    steps = chain(20)
    catalog = DataCatalog({"d0": MemoryDataset(0)})
    results = {}

    def work(number):
        results[number] = plait.run(steps, catalog, inputs={"d0": number})["d20"]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: number + 20 for number in range(16)}


def test_a_library_run_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plait.run(chain(3), {"d0": 1})
    assert list(tmp_path.iterdir()) == []


def test_retries_try_again(monkeypatch):
    monkeypatch.setattr("plait.engine.execute._FIRST_DELAY", 0.001)
    tries = []

    def flaky(x):
        tries.append(x)
        if len(tries) < 3:
            raise OSError("not yet")
        return x

    result = plait.run(pipeline([node(flaky, "x", "y", retries=2)]), {"x": 5})
    assert result["y"] == 5
    assert result.nodes["flaky"].attempts == 3


def test_an_unknown_executor_is_refused():
    with pytest.raises(UsageError, match="There is no executor 'inlne'"):
        plait.run(chain(1), {"d0": 1}, executor="inlne")


def test_transcoded_memory_is_one_dataset():
    steps = pipeline([node(add_one, "x", "y@a", name="one"), node(double, "y@b", "z", name="two")])
    assert plait.run(steps, {"x": 1})["z"] == 4


def test_a_dataset_of_a_users_own_class_is_used_as_it_stands():
    class Mine:
        saved = None

        def load(self):
            return 20

        def save(self, data):
            self.saved = data

    source, sink = Mine(), Mine()
    plait.run(pipeline([node(add_one, "in", "out")]), {"in": source, "out": sink})
    assert sink.saved == 21


def test_a_selection_pulls_in_what_lives_in_memory_and_nothing_else(tmp_path):
    whole = pipeline(
        [
            node(add_one, "x", "stored", name="first"),
            node(add_one, "stored", "memory", name="second"),
            node(double, "memory", "end", name="third"),
        ]
    )
    catalog = DataCatalog.from_mapping({"x": 1, "stored": str(tmp_path / "stored.json")})
    selected = whole.only_nodes("third")
    assert [n.name for n in with_memory_producers(selected, whole, catalog)] == ["second", "third"]
    assert with_memory_producers(selected, whole, catalog, ["memory"]) == selected


def test_a_bare_frame_name_in_a_string_annotation_is_looked_up_where_it_was_written(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    module = {"__name__": "written_elsewhere"}
    exec(
        "from __future__ import annotations\nfrom polars import DataFrame\n"
        "def kind(t: DataFrame) -> str:\n    return type(t).__module__.partition('.')[0]\n",
        module,
    )
    assert (
        plait.run(pipeline([node(module["kind"], "t", "k")]), {"t": str(tmp_path / "t.csv")})["k"] == "polars"
    )
