"""What of the graph is on screen: after a link, a search, a press of a button, a change of size."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect


def asked(window):
    """What the address bar holds."""
    return {name: values[0] for name, values in parse_qs(urlsplit(window.page.url).query).items()}


def middle(window):
    box = window.page.locator("canvas.graph").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def quiet(window):
    """Wait until what is painted stays the same."""
    return window.page.evaluate(
        """async () => {
            const canvas = document.querySelector("canvas.graph");
            const frame = () => new Promise(requestAnimationFrame);
            let same = 0;
            for (let last = canvas.toDataURL(); same < 20; last = canvas.toDataURL()) {
                await frame();
                same = canvas.toDataURL() === last ? same + 1 : 0;
            }
            return canvas.toDataURL();
        }"""
    )


def until(window, holds, value=None):
    """Wait until something holds on the page, which forbids the way that Playwright has for that."""
    held = window.page.evaluate(
        f"""async value => {{
            for (let frame = 0; frame < 2000; frame++) {{
                if (({holds})(value)) return true;
                await new Promise(requestAnimationFrame);
            }}
        }}""",
        value,
    )
    assert held, holds


def expect_in_the_middle(window, focus):
    """Press around the middle of the canvas: what is selected stays so if it lies there, and is large."""
    expect(window.panel).to_be_visible()
    quiet(window)
    for across in (-15, 15):
        x, y = middle(window)
        window.page.mouse.click(x + across, y)
        assert asked(window).get("focus") == focus


def expect_fitted(window):
    """Showing all changes nothing: all is shown."""
    window.page.mouse.move(2, 2)
    before = quiet(window)
    window.page.get_by_role("button", name="Fit", exact=True).click()
    window.page.mouse.move(2, 2)
    assert quiet(window) == before


@pytest.mark.parametrize("folding", ["", "expand=all"])
def test_a_search_brings_what_is_chosen_into_view(window, estate_server, folding):
    window.open(estate_server, folding).drawn()
    window.page.get_by_role("combobox", name="Search").fill("room7.step5")
    window.page.locator("#hits [role=option]", has_text="room7.step5").first.click()
    window.page.wait_for_url("**focus=node**")
    assert asked(window)["expand"] == ("all" if folding else "room7")
    expect_in_the_middle(window, "node:room7.step5")


def test_a_link_brings_its_element_into_view(window, estate_server):
    window.open(estate_server, "focus=dataset:room3.value4&expand=room1").drawn()
    expect(window.panel).to_have_accessible_name("dataset room3.value4")
    window.expect_elements(14 - 2 + 2 * 20)
    assert asked(window)["expand"] == "room1,room3"
    expect_in_the_middle(window, "dataset:room3.value4")


def test_what_is_in_view_already_stays_where_it_is(window, yard_server):
    window.open(yard_server, "focus=node:score").drawn()
    quiet(window)
    window.page.get_by_role("button", name="Zoom in").click()
    window.page.get_by_role("button", name="Zoom out").click()
    before = quiet(window)
    window.panel.get_by_role("link", name="scores").click()
    expect(window.panel).to_have_accessible_name("dataset scores")
    window.panel.get_by_role("link", name="score", exact=True).click()
    expect(window.panel).to_have_accessible_name("node score")
    assert quiet(window) == before


def test_a_double_click_means_what_its_first_click_met(window, estate_server):
    window.open(estate_server, "focus=node:room7.step5").drawn()
    expect_in_the_middle(window, "node:room7.step5")
    window.panel.get_by_role("button", name="Close").click()
    expect(window.panel).to_have_count(0)
    quiet(window)
    window.page.mouse.dblclick(*middle(window))  # the first click opens the panel, and the drawing moves
    expect_in_the_middle(window, "node:room7.step5")


@pytest.mark.parametrize("change", ["direction", "pipeline", "selection"])
def test_what_is_shown_anew_is_shown_whole(window, flights_server, change):
    window.open(flights_server).drawn()
    before = quiet(window)
    if change == "direction":
        window.page.get_by_role("button", name="Left to right").click()
    elif change == "pipeline":
        window.page.get_by_role("combobox", name="Pipeline").select_option("reporting")
    else:
        field = window.page.get_by_label("Select", exact=True)
        field.fill("+day_before.evaluate")
        field.press("Enter")
    until(window, "before => document.querySelector('canvas.graph').toDataURL() !== before", before)
    expect_fitted(window)


def test_what_was_in_the_middle_stays_there_when_the_panel_opens_or_the_window_changes(window, estate_server):
    window.open(estate_server, "focus=node:room7.step5").drawn()
    expect_in_the_middle(window, "node:room7.step5")
    window.page.set_viewport_size({"width": 1500, "height": 620})
    expect_in_the_middle(window, "node:room7.step5")
    window.panel.get_by_role("button", name="Close").click()
    expect(window.panel).to_have_count(0)
    quiet(window)
    window.page.mouse.click(*middle(window))
    expect(window.panel).to_have_accessible_name("node room7.step5")


def test_a_change_of_size_leaves_no_frame_empty(window, yard_server):
    window.open(yard_server).drawn()
    quiet(window)
    window.page.evaluate(
        """() => {
            const canvas = document.querySelector("canvas.graph");
            window.corners = [];
            const look = () => window.corners.push(canvas.getContext("2d").getImageData(3, 3, 1, 1).data[0]);
            new ResizeObserver(look).observe(canvas);  // told after the page's own
        }"""
    )
    until(window, "() => window.corners.length === 1")
    window.page.set_viewport_size({"width": 1100, "height": 700})
    until(window, "() => window.corners.length > 1")
    first, *later = window.page.evaluate("window.corners")
    assert set(later) == {first}
