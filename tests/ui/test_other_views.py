"""Runs, one run, several side by side, the plan, the catalog."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def ids(server):
    """The runs, newest first."""
    return [run["id"] for run in server.get("/api/runs")["runs"]]


def test_runs_are_listed_with_their_metrics(window, yard_server):
    window.open(yard_server, "view=runs")
    rows = window.page.get_by_role("region", name="Runs").locator("tbody tr:not([aria-hidden])")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(ids(yard_server)[0])
    expect(rows.first).to_contain_text("6 done")
    mean = [run["metrics"]["scores.mean"] for run in yard_server.get("/api/runs")["runs"]]
    assert mean[0] == 2 * mean[1]
    expect(rows.first).to_contain_text(str(int(mean[0])))
    expect(window.page.get_by_role("columnheader", name="scores.mean")).to_be_visible()


def test_metrics_are_drawn_over_the_runs(window, yard_server):
    window.open(yard_server, "view=runs")
    chart = window.page.get_by_role("figure").filter(has_text="scores.mean")
    expect(chart).to_be_visible()
    expect(chart.locator("canvas")).to_be_visible()


def test_a_run_shows_its_times_and_the_way_it_waited_for(window, yard_server):
    run = ids(yard_server)[0]
    window.open(yard_server, f"view=run&run={run}")
    expect(window.page.get_by_role("heading", name=f"Run {run}")).to_be_visible()
    path = yard_server.get(f"/api/runs/{run}")["critical_path"]
    assert path[0] == "rows_of"
    assert "score" in path
    expect(window.page.locator("dd", has_text=" → ".join(path))).to_be_visible()
    bars = window.page.locator(".timeline [role=listitem]")
    expect(bars).to_have_count(6)
    expect(window.page.locator(".timeline .critical")).to_have_count(len(path))
    expect(window.page.get_by_text("wait │ waiting at the gate")).to_be_visible()


def test_a_bar_of_the_timeline_leads_to_its_node(window, yard_server):
    window.open(yard_server, "view=run&run=last")
    window.page.locator(".timeline [role=listitem]", has_text="score").locator(".bar-label").click()
    expect(window.panel).to_have_accessible_name("node score")


def test_runs_are_picked_and_compared(window, yard_server):
    new, old = ids(yard_server)
    window.open(yard_server, "view=runs")
    compare = window.page.get_by_role("button", name=re.compile("Compare"))
    expect(compare).to_be_disabled()
    window.page.get_by_label(f"Compare {new}").check()
    window.page.get_by_label(f"Compare {old}").check()
    compare.click()
    expect(window.page.get_by_role("heading", name="Compare runs")).to_be_visible()
    row = window.page.get_by_role("row", name=re.compile("^factor"))
    expect(row.locator("td")).to_have_text(["2", "4"])
    expect(window.page.get_by_role("row", name=re.compile(r"^scores\.mean"))).to_be_visible()
    expect(window.page.get_by_role("listitem").filter(has_text="score:").first).to_be_visible()


def test_a_failed_run_shows_the_traceback(window, broken_yard_server):
    window.open(broken_yard_server, "view=run&run=last")
    failure = window.page.locator(".failure")
    expect(failure).to_contain_text("score")
    expect(failure.locator("pre")).to_contain_text("ZeroDivisionError")
    expect(failure.locator("pre")).to_contain_text("nodes.py")
    expect(window.page.get_by_role("button", name="Run again from score")).to_be_visible()


def test_the_plan_tells_what_would_run_and_why(window, yard_server):
    window.open(yard_server, "view=plan")
    step = window.page.locator("section.step", has_text="score would run")
    expect(step).to_contain_text(re.compile("factor.*4 → 2"))


def test_the_plan_of_a_project_that_ran_is_that_nothing_is_to_do(window, flights_server):
    window.open(flights_server, "view=plan")
    expect(window.page.get_by_text("Everything is up to date: 17 nodes")).to_be_visible()


def test_the_catalog_is_filtered(window, yard_server):
    window.open(yard_server, "view=catalog")
    rows = window.page.get_by_role("region", name="Datasets").locator("tbody tr:not([aria-hidden])")
    everything = yard_server.get("/api/catalog")["datasets"]
    expect(rows).to_have_count(len(everything))
    window.page.get_by_label("State").select_option("unused")
    expect(rows).to_have_count(sum(row["state"] == "unused" for row in everything))
    expect(rows.filter(has_text="pears")).to_have_count(1)
    window.page.get_by_label("State").select_option("")
    window.page.get_by_label("Filter").fill("good harvest")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("scores")


def test_the_catalog_knows_what_is_used_unused_and_in_memory(yard_server):
    states = {row["name"]: row["state"] for row in yard_server.get("/api/catalog")["datasets"]}
    assert states["apples"] == "used"
    assert states["pears"] == states["cellar"] == "unused"
    assert states["north.kept"] == "memory"


def test_the_data_dictionary_is_downloaded(window, yard_server):
    window.open(yard_server, "view=catalog")
    with window.page.expect_download() as csv:
        window.page.get_by_role("link", name="CSV").click()
    assert csv.value.suggested_filename == "catalog.csv"
    assert "How good the harvest was" in csv.value.path().read_text()


def test_a_name_in_the_catalog_leads_to_the_dataset(window, yard_server):
    window.open(yard_server, "view=catalog")
    window.page.get_by_role("link", name="apples").click()
    expect(window.panel).to_have_accessible_name("dataset apples")
    window.drawn()
