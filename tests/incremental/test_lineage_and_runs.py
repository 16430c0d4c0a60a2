"""Where data comes from and goes to, and what differs between two runs."""

from __future__ import annotations

import hashlib


def test_lineage_reaches_the_raw_inputs(mill):
    mill.plait("run")
    document = mill.plait("lineage", "summary", "--json").json()
    found = {one["dataset"]: one for one in document["lineage"]}
    assert list(found) == ["summary", "weights", "half", "clean_grain", "grain"]
    raw = hashlib.sha256((mill.root / "data/01_raw/grain.csv").read_bytes()).hexdigest()
    assert (found["grain"]["fingerprint"], found["grain"]["node"]) == (f"sha256:{raw}", None)
    weights = found["weights"]
    assert (weights["node"], weights["parameters"]) == ("weigh", {"factor": "10"})
    assert weights["run"] == mill.plait("runs", "list", "--json").json()["runs"][0]["id"]
    assert weights["code"]
    assert found["half"]["location"] is None
    assert str(mill.root) not in mill.plait("lineage", "summary").out
    assert "made by weigh  run" in mill.plait("lineage", "summary").out


def test_lineage_down(mill):
    mill.plait("run")
    document = mill.plait("lineage", "clean_grain", "--down", "--json").json()
    assert [one["dataset"] for one in document["lineage"]] == ["clean_grain", "weights", "half", "summary"]
    assert "did you mean 'weights'?" in mill.plait("lineage", "weihgts", code=2).err


def test_diff_tells_the_reasons(mill):
    mill.plait("run")
    mill.edit("src/mill/helpers.py", "> 0", "> 1")
    mill.edit("conf/base/parameters.yml", "10", "11")
    mill.plait("run")
    changes = mill.plait("runs", "diff", "--json").json()["changes"]
    assert "mill.helpers.cleaned changed at src/mill/helpers.py:1" in changes["reasons"]["clean"][1]
    assert "parameter factor changed: 10 → 11" in changes["reasons"]["weigh"][1]
    assert changes["parameters"] == {"factor": [10, 11]}
    before, after = changes["data"]["clean_grain"]
    assert before != after
    said = mill.plait("runs", "diff").out
    assert "why" in said
    assert "mill.helpers.cleaned changed" in said


def test_diff_compares_what_two_runs_were_made_from_whatever_came_between(mill):
    mill.plait("run")
    mill.edit("src/mill/helpers.py", "> 0", "> 1")
    mill.plait("run", "--to-outputs", "clean_grain")
    mill.edit("conf/base/parameters.yml", "10", "11")
    mill.plait("run")
    reasons = mill.plait("runs", "diff", "-3", "last", "--json").json()["changes"]["reasons"]
    assert "changed" in reasons["clean"][1]
    assert "parameter factor changed: 10 → 11" in reasons["weigh"][1]
    said = mill.plait("runs", "diff", "-3", "-2").out
    assert "only in one of them" in said
    assert "→ (absent)" not in said


def test_show_tells_data_versions_and_reasons(mill):
    mill.plait("run")
    mill.edit("conf/base/parameters.yml", "10", "11")
    mill.plait("run")
    shown = mill.plait("runs", "show").out
    assert "parameter factor changed: 10 → 11" in shown
    document = mill.plait("runs", "show", "--json").json()
    assert document["data"]["weights"].startswith("sha256:")
