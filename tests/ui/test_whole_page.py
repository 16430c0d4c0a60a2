"""The page as such: for everybody, at both sizes, in light and in dark, and nothing from elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from shown import Window

VIEWS = {
    "pipeline": "",
    "node": "focus=node:score",
    "dataset": "focus=dataset:apples",
    "runs": "view=runs",
    "run": "view=run&run=last",
    "compare": "view=compare&run=-2,last",
    "plan": "view=plan",
    "catalog": "view=catalog",
    "dialog": "do=run",
}


@pytest.fixture
def opened(browser):
    """Opens windows of any kind; afterwards they are closed."""
    contexts = []

    def open_window(**how):
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **how}
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        return Window(context.new_page())

    yield open_window
    for context in contexts:
        context.close()


def settled(window, view):
    """Wait until a view shows what it is to show."""
    if view in ("pipeline", "node", "dataset", "dialog"):
        window.drawn()
    expect(window.page.locator("[aria-busy=true]")).to_have_count(0)
    return window


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(opened, yard_server, scheme):
    # The page's own rules would keep the checker's script out.
    window = opened(bypass_csp=True, color_scheme=scheme)
    found = {}
    for view, query in VIEWS.items():
        settled(window.open(yard_server, query), view)
        violations = Axe().run(window.page).response["violations"]
        serious = [item for item in violations if item["impact"] in ("serious", "critical")]
        found[view] = [
            f"{item['id']}: {node['html'][:90]} {node['failureSummary'][:200]}"
            for item in serious
            for node in item["nodes"][:2]
        ]
    assert found == {view: [] for view in VIEWS}


@pytest.mark.parametrize("width", [1280, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits(opened, yard_server, width, scheme):
    window = opened(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for view, query in VIEWS.items():
        settled(window.open(yard_server, query), view)
        over = window.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{view} is {over} pixels too wide"
        navigation = window.page.get_by_role("navigation", name="Views").bounding_box()
        assert navigation["x"] >= 0
        assert navigation["width"] < width / 4
    assert not window.errors


def test_the_graph_fills_the_room_there_is(opened, yard_server):
    areas = []
    for width in (1280, 1920):
        window = settled(opened(viewport={"width": width, "height": 800}).open(yard_server), "pipeline")
        box = window.page.locator("canvas.graph").bounding_box()
        assert box["y"] + box["height"] <= 800
        areas.append(box["width"])
    assert areas[1] - areas[0] == pytest.approx(640, abs=2)


def darkness(window):
    """The colour of the drawing's corner, from 0 for white to 1 for black."""
    return window.page.locator("canvas.graph").evaluate(
        """canvas => {
            const [red, green, blue] = canvas.getContext("2d").getImageData(3, 3, 1, 1).data;
            return 1 - (red + green + blue) / 765;
        }"""
    )


def test_the_page_is_as_light_or_dark_as_the_reader_s_system(opened, yard_server):
    light = settled(opened(color_scheme="light").open(yard_server), "pipeline")
    dark = settled(opened(color_scheme="dark").open(yard_server), "pipeline")
    assert darkness(light) < 0.2
    assert darkness(dark) > 0.7


def test_light_and_dark_are_chosen_and_remembered(opened, yard_server):
    window = settled(opened(color_scheme="light").open(yard_server), "pipeline")
    window.page.get_by_role("button", name="Auto").click()
    expect(window.page.locator("html[data-theme=dark]")).to_be_attached()
    window.page.reload()
    settled(window, "pipeline")
    assert darkness(window) > 0.7
    assert not window.errors


def test_nothing_is_fetched_from_elsewhere(opened, yard_server, flights_server):
    window = opened()
    asked = []
    window.page.on("request", lambda request: asked.append(request.url))
    for server, query in (
        (yard_server, "focus=dataset:report"),
        (flights_server, "focus=dataset:hours_figure"),
    ):
        window.open(server, query).drawn()
        expect(window.page.locator("iframe")).to_be_visible()
    hosts = {urlsplit(url).netloc for url in asked if url.startswith("http")}
    assert hosts == {urlsplit(server.origin).netloc for server in (yard_server, flights_server)}


def test_the_page_is_refused_without_the_secret(opened, yard_server):
    window = opened()
    assert window.page.goto(yard_server.origin).status == 401
    expect(window.page.locator("canvas")).to_have_count(0)


def test_what_is_not_seen_is_told_too(opened, yard_server):
    window = settled(opened().open(yard_server), "pipeline")
    nodes = window.page.get_by_role("navigation", name="Nodes of the pipeline, in order").get_by_role("link")
    names = nodes.all_inner_texts()
    assert names.index("rows_of") < names.index("north.heavier") < names.index("score") < names.index("write")
    nodes.filter(has_text="score").first.dispatch_event("click")
    expect(window.panel).to_have_accessible_name("node score")
