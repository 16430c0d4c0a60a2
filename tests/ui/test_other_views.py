"""Runs, one run, several side by side, the plan, the catalog."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from shown import plait, serving


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


def test_only_the_last_runs_are_listed_until_more_are_asked_for(window, yard_server):
    (one, *_) = yard_server.get("/api/runs")["runs"]

    def answer(route):
        limit = int(route.request.url.partition("limit=")[2])
        runs = [{**one, "id": f"run{number}"} for number in range(min(limit, 450))]
        route.fulfill(json={"runs": runs})

    window.page.route("**/api/runs?*", answer)
    window.open(yard_server, "view=runs")
    expect(window.page.get_by_text("the last 200 runs")).to_be_visible()
    window.page.get_by_role("button", name="More runs").click()
    expect(window.page.get_by_role("table")).to_have_attribute("aria-rowcount", "450")
    expect(window.page.get_by_text("the last")).to_have_count(0)


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
    expect(window.page.locator("dt:text-is('What') + dd")).to_have_text("all")
    assert "score" in path
    expect(window.page.locator("dd", has_text=" → ".join(path))).to_be_visible()
    bars = window.page.locator(".timeline [role=listitem]")
    expect(bars).to_have_count(6)
    expect(window.page.locator(".timeline .critical")).to_have_count(len(path))
    expect(window.page.get_by_text("wait │ waiting at the gate")).to_be_visible()


def altered(window, path, change):
    """Give the page an answer of the server with something changed."""

    def answer(route):
        found = route.fetch()
        route.fulfill(response=found, json=change(found.json()))

    window.page.route(path, answer)


def test_a_time_is_never_written_over_a_name(window, yard_server):
    def spread(found):
        for number, node in enumerate(found["nodes"]):
            node["started"], node["seconds"] = 1_000.0 + 20 * number, 1.0
        found["nodes"][0]["seconds"] = 101.0
        found["nodes"][1] |= {"started": 1_030.0, "seconds": 60.0}
        return found

    altered(window, "**/api/runs/last", spread)
    window.open(yard_server, "view=run&run=last")
    bars = window.page.locator(".timeline [role=listitem]")
    expect(bars).to_have_count(6)
    for bar in bars.all():
        name, time = (bar.locator(part).bounding_box() for part in (".bar-label", ".bar-time"))
        assert name["x"] + name["width"] < time["x"], bar.get_attribute("aria-label")
        assert time["x"] + time["width"] < 1280, bar.get_attribute("aria-label")
    expect(bars.first.locator(".inside")).to_have_text("1 min 41 s")


def test_three_runs_fit_side_by_side_and_their_rows_keep_their_names(window, yard_server):
    def three(found):
        for number, details in enumerate(found["runs"]):
            details["run"]["id"] = f"2026-01-01T10.00.0{number}.000Z"
            details["run"]["parameters"] = {"a_long_name_of.a_place": f"{number} in " + "folders and " * 4}
        return found

    altered(window, "**/api/compare?*", three)
    window.open(yard_server, "view=compare&run=-2,last,-2")
    table = window.page.get_by_role("region", name="Runs side by side")
    row = table.get_by_role("row", name=re.compile("^a_long_name"))
    expect(row.locator("td")).to_have_count(3)
    assert table.evaluate("table => table.scrollWidth - table.clientWidth") <= 0
    assert "folders and folders and folders and" in row.locator("td").last.inner_text()
    window.page.set_viewport_size({"width": 640, "height": 800})
    table.evaluate("table => table.scrollBy(10_000, 0)")
    assert table.evaluate("table => table.scrollLeft") > 0
    assert row.locator("th").bounding_box()["x"] == pytest.approx(table.bounding_box()["x"], abs=2)


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


@pytest.fixture(scope="module")
def two_reports(yard_that_ran, tmp_path_factory):
    """The small project with a report that is kept each time, and one that is not."""
    yard = shutil.copytree(yard_that_ran, tmp_path_factory.mktemp("reports") / "yard")
    catalog = yard / "conf/base/catalog.yml"
    text = catalog.read_text().replace("data/08_reporting/report.html", "data/08_reporting/kept.html")
    text = text.replace("type: html", "type: html\n  versioned: true")
    catalog.write_text(text + "\nlast_report: data/08_reporting/last.html\n")
    pipeline = yard / "src/yard/pipelines/harvest/pipeline.py"
    one = "node(nodes.write,"
    pipeline.write_text(
        pipeline.read_text().replace(one, f'{one} outputs="last_report", name="again"), {one}', 1)
    )
    for factor in (2, 4):
        plait(yard, "run", "--params", f"factor={factor}")
    return yard


def test_figures_of_runs_stand_side_by_side(window, two_reports, tmp_path):
    with serving(two_reports) as server:
        window.open(server, "view=compare&run=-2,last")
        kept = window.page.get_by_role("region", name="report side by side", exact=True)
        pages = [kept.frame_locator(f"figure:nth-child({number}) iframe") for number in (1, 2)]
        expect(pages[0].locator("#title")).to_have_text("Mean 4.0")
        expect(pages[1].locator("#title")).to_have_text("Mean 8.0")
        replaced = window.page.get_by_role("region", name="last_report side by side").locator("figure")
        expect(replaced.first).to_contain_text("Saved again since: versioned: true")
        expect(replaced.last.locator("iframe")).to_be_visible()
        window.open(server, "focus=dataset:report").drawn()
        window.panel.get_by_label("Version").select_option(index=1)
        expect(window.panel.frame_locator("iframe").locator("#title")).to_have_text("Mean 4.0")
    plait(two_reports, "ui", "export", str(tmp_path / "site"), "--preview", "*")
    site = (tmp_path / "site" / "index.html").as_uri()
    window.page.goto(f"{site}?view=compare&run=-2,last")
    expect(pages[0].locator("#title")).to_have_text("Mean 4.0")
    expect(pages[1].locator("#title")).to_have_text("Mean 8.0")
    window.page.goto(f"{site}?view=compare&run=-3,-2,last")
    row = window.page.get_by_role("row", name=re.compile("^factor"))
    expect(row.locator("td")).to_have_text(["4", "2", "4"])
    whys = window.page.get_by_role("listitem").filter(has_text="score: ")
    expect(whys).to_contain_text(["changed: 4 → 2", "changed: 2 → 4"])


def test_a_measure_of_one_run_is_drawn_at_the_time_of_that_run(window, yard):
    shutil.rmtree(yard / ".plait")
    plait(yard, "run", "--fresh")
    window.page.add_init_script(
        "window.written = []; const draw = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {"
        "  window.written.push(text); draw.call(this, text, ...at); }"
    )
    with serving(yard) as server:
        began = datetime.fromtimestamp(server.get("/api/runs")["runs"][0]["started"], UTC).astimezone()
        window.open(server, "view=runs")
        expect(window.page.get_by_role("img", name=re.compile(r"^scores\.mean"))).to_be_visible()
        times = [text for text in window.page.evaluate("written") if ":" in text]
        assert times
        hours = {f"{began + timedelta(hours=by):%H}" for by in (-1, 0, 1)}
        assert {text.rpartition(" ")[2][:2] for text in times} <= hours, times


def test_what_a_run_skipped_is_compared_by_what_was_measured_before(window, yard):
    nodes = yard / "src/yard/pipelines/harvest/nodes.py"
    nodes.write_text(nodes.read_text().replace("<h1 id=title>Mean", "<h1 id=title>The mean is"))
    plait(yard, "run", "--params", "factor=4")
    with serving(yard) as server:
        window.open(server, "view=compare&run=-3,-2,last")
        cells = window.page.get_by_role("row", name=re.compile("^scores.mean")).locator("td")
        expect(cells).to_have_text(["4", "8", "8"])
        expect(window.page.get_by_role("row", name=re.compile("^score ")).locator("td").last).to_have_text(
            "–"
        )
        assert server.get("/api/runs/last")["metrics"] == {}


def test_more_rows_are_shown_when_they_are_asked_for(window, yard):
    rows = "".join(f"kind{number},{number}\n" for number in range(1_500))
    (yard / "data/01_raw/apples.csv").write_text(f"kind,weight\n{rows}")
    with serving(yard) as server:
        window.open(server, "focus=dataset:apples").drawn()
        expect(window.panel.get_by_text("the first 200 rows")).to_be_visible()
        heading = window.panel.get_by_role("columnheader", name="weight")
        heading.get_by_role("button").click()
        heading.get_by_role("button").click()
        top = window.panel.get_by_role("region", name="First rows").locator("tbody td").nth(1)
        expect(top).to_have_text("199")
        window.panel.get_by_role("button", name="More rows").click()
        expect(window.panel.get_by_text("the first 1,000 rows")).to_be_visible()
        expect(heading, "they stay in the order that was asked for").to_have_attribute(
            "aria-sort", "descending"
        )
        expect(top).to_have_text("999")
        window.panel.get_by_role("button", name="More rows").click()
        expect(window.panel.get_by_text("all 1,500 rows")).to_be_visible()


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
