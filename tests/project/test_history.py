"""Runs as plain values: one, several side by side, the way a run waited for."""

from __future__ import annotations

import json

from plait import node, pipeline
from plait.ledger import Ledger, Provenance, RunSetting
from plait.project.graph import parents_of, pipeline_document
from plait.project.history import critical_path, reasons_of_runs, run_details


def ran(ledger, started, depth, seconds, status="done"):
    setting = RunSetting("demo", "inline", "local", None, {"model": {"depth": depth, "kind": "tree"}})
    writer = ledger.begin(setting, ["fit"], started)
    writer.node_started("fit", started, 1)
    reason = {"kind": "params", "text": f"depth is {depth}"}
    writer.node_ended(
        "fit", status, started=started, seconds=seconds, attempts=1, reasons=json.dumps([reason])
    )
    writer.finish(status, {status: 1}, Provenance("abc", False, {"numpy": "2.0"}, 10))
    return writer.run_id


def test_a_run_is_told_whole_in_plain_values(tmp_path):
    ledger = Ledger.open(tmp_path)
    run = ran(ledger, 1_000.0, 3, 0.5)
    details = run_details(ledger, "last")
    assert json.loads(json.dumps(details)) == details
    assert details["run"]["id"] == run
    assert details["run"]["parameters"] == {"model": {"depth": 3, "kind": "tree"}}
    assert [(found["node"], found["status"], found["seconds"]) for found in details["nodes"]] == [
        ("fit", "done", 0.5)
    ]


def test_of_several_runs_it_is_told_why_each_differs_from_the_one_before(tmp_path):
    ledger = Ledger.open(tmp_path)
    runs = [
        ran(ledger, 1_000.0, 3, 0.5),
        ran(ledger, 2_000.0, 4, 0.7, "failed"),
        ran(ledger, 3_000.0, 3, 0.6),
    ]
    found = reasons_of_runs(ledger, ["-3", "-2", "last"])
    assert [(item["run"], item["reasons"][0]["text"]) for item in found] == [
        (runs[1], "depth is 4"),
        (runs[2], "depth is 3"),
    ]


def one(a):
    return a


def two(a, b):
    return a


DIAMOND = parents_of(
    pipeline_document(
        pipeline(
            [
                node(one, "raw", "a", name="top"),
                node(one, "a", "b", name="left"),
                node(one, "a", "c", name="right"),
                node(two, ["b", "c"], "d", name="bottom"),
            ]
        )
    )
)


def test_the_critical_path_is_the_slowest_chain():
    seconds = {"top": 1.0, "left": 5.0, "right": 2.0, "bottom": 1.0}
    assert critical_path(DIAMOND, seconds) == ["top", "left", "bottom"]
    assert critical_path(DIAMOND, {**seconds, "right": 9.0}) == ["top", "right", "bottom"]


def test_nodes_that_did_not_run_are_not_on_the_critical_path():
    assert critical_path(DIAMOND, {"left": 5.0}) == ["left"]
    assert critical_path(DIAMOND, {}) == []
    assert critical_path({}, {}) == []
