"""What is told of one node and of one dataset."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from shown import serving

from plait.ledger import Ledger


def test_a_node_shows_what_it_does_and_the_code_it_reaches(window, flights_server):
    window.open(flights_server, "focus=node:day_before.train_model").drawn()
    panel = window.panel
    expect(panel).to_contain_text("Fit a model to the past.")
    expect(panel.get_by_text("src/flights/pipelines/modelling/nodes.py:").first).to_be_visible()
    first = panel.locator("details.code").first
    expect(first.locator("pre")).to_contain_text("return DelayModel.fit(train, options, rng)")
    expect(first.locator("pre span.k").first).to_have_text("def")
    names = panel.locator("details.code summary code").all_inner_texts()
    assert any("DelayModel" in name for name in names), names
    expect(panel).to_contain_text("params:day_before.options")
    expect(panel.get_by_text(re.compile(r"conf/base/parameters\.yml:\d+"))).to_be_visible()
    expect(panel.get_by_role("link", name="train", exact=True)).to_be_visible()


def test_what_stands_in_backticks_is_code(window, yard):
    nodes = yard / "src/yard/pipelines/harvest/nodes.py"
    nodes.write_text(nodes.read_text().replace("Rows at the limit", "Rows at the ``least`` of `params`"))
    with serving(yard) as server:
        window.open(server, "focus=node:north.heavier").drawn()
        doc = window.panel.locator(".doc")
        expect(doc.locator("code")).to_have_text(["least", "params"])
        expect(doc).to_contain_text("Rows at the least of params stay.")


def test_what_cannot_be_shown_has_no_preview_and_no_error(window, yard):
    catalog = yard / "conf/base/catalog.yml"
    kept = "type: joblib\n  path: data/01_raw/apples.csv"
    catalog.write_text(catalog.read_text().replace("type: html\n  path: data/08_reporting/report.html", kept))
    with serving(yard) as server:
        window.open(server, "focus=dataset:report").drawn()
        expect(window.panel.get_by_text("joblib")).to_be_visible()
        expect(window.panel.get_by_role("heading", name="Preview")).to_have_count(0)
        expect(window.panel.get_by_role("alert")).to_have_count(0)


def test_a_node_tells_why_it_ran_and_how_long_it_took(window, yard_server):
    window.open(yard_server, "focus=node:score").drawn()
    expect(window.panel.locator(".why")).to_contain_text("Last done")
    expect(window.panel.locator(".why")).to_contain_text(re.compile("factor.*2 → 4"))
    expect(window.panel.locator("ul.bars li")).to_have_count(2)


def test_a_node_tells_why_it_would_run_where_the_plan_is_shown(window, yard_server):
    window.open(yard_server, "focus=node:score").drawn()
    window.page.get_by_role("button", name="Plan").click()
    expect(window.panel.locator(".why")).to_contain_text("score would run")
    expect(window.panel.locator(".why")).to_contain_text(re.compile("factor.*4 → 2"))


def test_a_link_in_a_panel_leads_to_its_element_and_back(window, yard_server):
    window.open(yard_server, "focus=node:score").drawn()
    window.panel.get_by_role("link", name="north.kept").click()
    expect(window.panel).to_have_accessible_name("dataset north.kept")
    window.panel.get_by_role("link", name="north.heavier").click()
    expect(window.panel).to_have_accessible_name("node north.heavier")
    window.page.go_back()
    expect(window.panel).to_have_accessible_name("dataset north.kept")


def test_a_selection_begins_at_a_node(window, yard_server):
    window.open(yard_server, "focus=node:score").drawn()
    window.panel.get_by_role("button", name="With ancestors").click()
    expect(window.page.locator("code.command")).to_have_text("plait run +score")


def test_a_table_shows_its_first_rows_sorted_as_asked(window, flights_server):
    window.open(flights_server, "focus=dataset:raw_planes").drawn()
    table = window.panel.get_by_role("region", name="First rows")
    expect(table).to_contain_text("N10156")
    expect(window.panel).to_contain_text("the first 200 rows")
    header = table.get_by_role("button", name="seats")
    header.click()
    header.click()
    rows = table.locator("tbody tr:not([aria-hidden])")
    column = table.locator("thead th").all_inner_texts().index("seats")
    seats = [int(row.locator("td").nth(column).inner_text().replace(",", "")) for row in rows.all()[:10]]
    assert seats == sorted(seats, reverse=True)
    assert len(set(seats)) > 1


def test_a_table_tells_rows_columns_size_who_makes_it_and_who_uses_it(window, flights, flights_server):
    rows = Ledger.find(flights / ".plait").data_history("flight_table", 1)[0]["rows"]
    window.open(flights_server, "focus=dataset:flight_table").drawn()
    expect(window.panel).to_contain_text(f"{rows:,}")
    expect(window.panel).to_contain_text("data/03_primary/flight_table.parquet")
    expect(window.panel.get_by_role("link", name="join_tables")).to_be_visible()
    expect(window.panel.get_by_role("link", name="build_features")).to_be_visible()
    expect(window.panel.get_by_role("heading", name=re.compile(r"\d+ columns"))).to_be_visible()


def test_an_image_is_drawn(window, flights_server):
    window.open(flights_server, "focus=dataset:predictions_figure").drawn()
    image = window.panel.get_by_role("img", name="What predictions_figure shows")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") > 100


def test_a_plotly_figure_is_drawn_in_a_frame_without_an_origin(window, flights_server):
    window.open(flights_server, "focus=dataset:hours_figure").drawn()
    frame = window.panel.locator("iframe")
    assert frame.get_attribute("sandbox") == "allow-scripts"
    figure = window.page.frame_locator("aside.panel iframe")
    expect(figure.locator(".plotly .main-svg").first).to_be_visible()


def test_an_html_report_runs_its_scripts_and_cannot_reach_the_page(window, yard_server):
    window.open(yard_server, "focus=dataset:report").drawn()
    report = window.page.frame_locator("aside.panel iframe")
    expect(report.locator("#title")).to_contain_text("Mean")
    (frame,) = [frame for frame in window.page.frames if frame.parent_frame]
    assert frame.evaluate("document.title") == "ran"
    assert frame.evaluate("origin") == "null"
    assert frame.evaluate("try { parent.document.title } catch (error) { error.name }") == "SecurityError"
    reached = "fetch('/api/graph').then(() => 'reached', () => 'refused')"
    assert frame.evaluate(reached) == "refused"
    window.errors.clear()  # the browser tells that it refused


def test_json_is_shown_and_its_description(window, yard_server):
    window.open(yard_server, "focus=dataset:scores").drawn()
    expect(window.panel).to_contain_text("How good the harvest was")
    expect(window.panel.locator("pre.preview")).to_contain_text('"kept"')


def test_a_dataset_that_is_not_there_says_so(window, yard_server):
    window.open(yard_server, "focus=dataset:nowhere").drawn()
    expect(window.panel.get_by_role("alert")).to_contain_text("There is no dataset 'nowhere'")
    window.errors.clear()  # the browser tells of the 404


def test_a_parameter_shows_its_value_where_it_is_set_and_who_reads_it(window, yard_server):
    window.open(yard_server, "focus=params:factor").drawn()
    expect(window.panel).to_contain_text("conf/base/parameters.yml:1")
    expect(window.panel.get_by_role("link", name="score")).to_be_visible()
    expect(window.panel.locator("pre")).to_have_text("2")


def test_an_entry_that_is_wrong_is_drawn_with_what_is_wrong(window, yard):
    catalog = yard / "conf/base/catalog.yml"
    catalog.write_text(catalog.read_text().replace("type: html", "type: htlm"))
    with serving(yard) as server:
        window.open(server, "focus=dataset:report").drawn()
        expect(window.panel.get_by_role("alert")).to_contain_text("type 'htlm' is unknown")
        expect(window.panel.get_by_role("alert")).to_contain_text("did you mean 'html'")
        expect(window.panel.get_by_role("alert")).to_contain_text("conf/base/catalog.yml:")
        found = next(one for one in server.get("/api/graph")["elements"] if one["name"] == "report")
        assert found["wrong"] is True


def test_a_run_begins_where_one_looks(window, yard):
    with serving(yard) as server:
        window.open(server, "focus=node:score").drawn()
        window.panel.get_by_role("button", name="Run from here…").click()
        dialog = window.page.get_by_role("dialog")
        expect(dialog.get_by_label("The command that runs")).to_have_text("plait run score+")
        window.page.keyboard.press("Escape")
        window.panel.get_by_role("button", name="Run this…").click()
        expect(dialog.get_by_label("The command that runs")).to_have_text("plait run score")


def test_rows_and_bytes_over_runs_are_drawn(window, yard_server):
    window.open(yard_server, "focus=dataset:report").drawn()
    expect(window.panel.get_by_role("heading", name="Bytes over runs")).to_be_visible()
