"""``plait ui export``: a site that opens from its folder, with nothing behind it."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from playwright.sync_api import expect
from shown import plait


@pytest.fixture(scope="module")
def exported_yard(yard_that_ran, tmp_path_factory):
    """A copy of its own: an export leaves a picture, and no other test may add runs."""
    return shutil.copytree(yard_that_ran, tmp_path_factory.mktemp("exported") / "yard")


@pytest.fixture(scope="module")
def site(exported_yard, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "site"
    said = plait(exported_yard, "ui", "export", str(folder), "--preview", "*")
    assert "index.html" in said or "site" in said
    return folder


@pytest.fixture
def opened(window, site):
    """Open the site from its folder; whoever asks the network for anything fails."""
    asked = []
    window.page.on("request", lambda request: asked.append(request.url))

    def open_site(query="", folder=site):
        window.page.goto(f"{(folder / 'index.html').as_uri()}{'?' if query else ''}{query}")
        return window

    yield open_site
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))] == []


def answers_of(site):
    """What an export carries, read as strict JSON."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    data = (site / "data.js").read_text().removeprefix("window.__plait = ").rstrip().removesuffix(";")
    return json.loads(data, parse_constant=refuse)["answers"]


def test_it_opens_from_a_folder_and_draws_the_graph(opened):
    window = opened().drawn()
    assert window.elements > 10
    expect(window.page).to_have_title("yard · Plait")


def test_every_view_has_what_was_exported(opened):
    window = opened("focus=node:score").drawn()
    expect(window.panel).to_contain_text("return {")
    window = opened("focus=dataset:apples").drawn()
    expect(window.panel.get_by_role("region", name="First rows")).to_contain_text("boskoop")
    window = opened("view=runs")
    expect(window.page.get_by_role("cell", name="done", exact=True)).to_have_count(2)
    window.page.get_by_role("link", name="Z").first.click()
    expect(window.page.locator("h1 .state")).to_have_text("done")
    window = opened("view=catalog")
    expect(window.page.get_by_text("How good the harvest was")).to_be_visible()


def test_a_page_of_the_users_is_shown_in_a_frame_without_rights(opened):
    window = opened("focus=dataset:report").drawn()
    frame = window.panel.locator("iframe")
    assert "allow-same-origin" not in (frame.get_attribute("sandbox") or "")
    expect(window.panel.frame_locator("iframe").locator("#title")).to_contain_text("Mean")


def test_runs_are_compared_in_it(opened):
    window = opened("view=compare&run=-2,last")
    row = window.page.get_by_role("row", name=re.compile("^factor"))
    expect(row.locator("td")).to_have_text(["2", "4"])
    expect(
        window.page.get_by_role("listitem").filter(has_text="score: parameter factor changed: 2 → 4")
    ).to_be_visible()
    window = opened("view=compare&run=last,nosuch")
    expect(window.page.get_by_role("alert")).to_have_text("Run nosuch was not exported")


@pytest.mark.parametrize(("query", "number"), [("", 0), ("&run=last", 0), ("&run=-2", 1)])
def test_a_run_is_named_by_its_place(opened, site, query, number):
    run = answers_of(site)["/api/runs"]["runs"][number]["id"]
    window = opened(f"view=run{query}")
    expect(window.page.get_by_role("heading", name=f"Run {run}")).to_be_visible()
    expect(window.page.get_by_text("wait │ waiting at the gate")).to_be_visible()


def test_nothing_can_be_done_from_it(opened):
    window = opened().drawn()
    for what in ("Run…", "Plan"):
        expect(window.page.get_by_role("button", name=what)).to_have_count(0)


def test_what_json_has_no_number_for_is_nothing(yard, tmp_path):
    apples = yard / "data/01_raw/apples.csv"
    apples.write_text("kind,weight\nboskoop,\nelstar,inf\n")
    plait(yard, "ui", "export", str(tmp_path / "site"), "--preview", "apples")
    answers = answers_of(tmp_path / "site")
    assert [row[1] for row in answers["/api/preview/apples"]["content"]] == [None, None]


def test_only_what_was_asked_for_is_in_it(yard, tmp_path, opened):
    plait(yard, "ui", "export", str(tmp_path / "part"), "--select", "+score", "--runs", "1")
    window = opened(folder=tmp_path / "part").drawn()
    answers = answers_of(tmp_path / "part")
    assert len(answers["/api/runs"]["runs"]) == 1
    assert "/api/nodes/score" in answers
    assert "/api/nodes/write" not in answers
    assert not any(path.startswith("/api/preview/") for path in answers), "previews are chosen"
    assert answers[f"/api/runs/{answers['/api/runs']['runs'][0]['id']}"]["figures"] == {}
    window.page.goto(f"{(tmp_path / 'part' / 'index.html').as_uri()}?focus=node:score")
    window.drawn()
    expect(window.panel).to_contain_text("score")


def test_a_plotly_figure_is_drawn_from_the_folder(yard, tmp_path, opened):
    catalog = yard / "conf/base/catalog.yml"
    text = catalog.read_text().replace("type: html", "type: plotly").replace("report.html", "report.json")
    catalog.write_text(text)
    (yard / "data/08_reporting/report.json").write_text('{"data": [{"y": [1, 3]}], "layout": {}}')
    plait(yard, "ui", "export", str(tmp_path / "site"), "--preview", "report")
    window = opened("focus=dataset:report", tmp_path / "site").drawn()
    expect(window.panel.frame_locator("iframe").locator(".main-svg").first).to_be_visible()
    plait(yard, "ui", "export", str(tmp_path / "site"))
    assert list((tmp_path / "site").glob("frame-*")) == [], "what is not chosen any more is gone"


def test_secrets_and_places_of_this_machine_are_not_in_it(site, exported_yard):
    for file in site.iterdir():
        content = file.read_bytes()
        assert b"hunter2" not in content, file
        assert str(exported_yard).encode() not in content, file
