"""A pipeline as a notebook shows it: the page in a frame without an origin, and without a server."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from plait import node, pipeline
from plait.ui.notebook import show


@pytest.fixture
def drawing(window, tmp_path):
    """The frame of the drawing, in a page like that of a notebook."""
    inner = pipeline([node(abs, "second", "third", name="again")], namespace="inside", inputs={"second"})
    nodes = pipeline([node(abs, "first", "second", name="absolute")]) + inner
    page = tmp_path / "notebook.html"
    page.write_text(f"<!doctype html><title>Notebook</title>{show(nodes)._repr_html_()}")
    window.page.goto(page.as_uri())
    frame = window.page.frame_locator("iframe")
    expect(frame.locator("html[data-graph=drawn]")).to_be_attached()
    return frame


def test_the_pipeline_is_drawn(drawing):
    expect(drawing.locator("html")).to_have_attribute("data-elements", "5")
    expect(drawing.get_by_text("5 elements")).to_be_visible()


def test_nothing_is_offered_that_needs_a_server(drawing):
    expect(drawing.get_by_role("button", name="Layers")).to_be_visible()
    for what in ("Plan", "Run…"):
        expect(drawing.get_by_role("button", name=what)).to_have_count(0)


def test_it_is_folded_and_unfolded(drawing):
    drawing.get_by_role("button", name="Fold all", exact=True).click()
    expect(drawing.locator("html")).to_have_attribute("data-elements", "4")
    drawing.get_by_role("button", name="Unfold all").click()
    expect(drawing.locator("html")).to_have_attribute("data-elements", "5")


def test_an_element_is_selected_by_keys(drawing):
    canvas = drawing.locator("canvas.graph")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    canvas.press("ArrowDown")
    expect(drawing.locator("aside.panel")).to_be_attached()
    expect(drawing.locator("aside.panel")).to_be_hidden()
    for _ in range(400):
        if canvas.evaluate("canvas => canvas.toDataURL()") != before:
            break
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before
