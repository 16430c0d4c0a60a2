"""The main views look as they did when somebody last looked: ``make snapshots`` keeps new pictures."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect
from shown import Window
from steady import is_alike, small, steady, unlike

KEPT = Path(__file__).parent / "snapshots"
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
GRAPHS = ("pipeline", "node", "dataset", "dialog")
WIDE = {1280: 800, 1920: 1080}
PROBE = "() => { const c = document.createElement('canvas').getContext('2d'); c.font = getComputedStyle(document.body).font; return Math.round(c.measureText('Which letters does this machine have? 0123456789').width) }"  # noqa: E501


@pytest.fixture
def look(browser, yard_server):
    """Opens a view, and gives its page and its picture."""
    contexts = []

    def looked(view, width=1280, scheme="light", style=""):
        context = browser.new_context(
            viewport={"width": width, "height": WIDE[width]}, reduced_motion="reduce", color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        steady(page)
        window = Window(page).open(yard_server, VIEWS[view])
        if view in GRAPHS:
            window.drawn()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        if view == "compare":
            expect(page.frame_locator("iframe").locator("#title")).to_be_visible()
        if view == "dialog":
            expect(page.get_by_label("The command that runs")).to_be_visible()
        if style:
            page.evaluate(style)
        page.mouse.move(5, WIDE[width] - 5)
        page.evaluate("() => document.fonts.ready")
        return page, small(Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))))

    yield looked
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDE)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_looks_as_it_did(look, view, width, scheme):
    page, picture = look(view, width, scheme)
    file = KEPT / f"{view}-{width}-{scheme}.png"
    letters = page.evaluate(PROBE)
    if os.environ.get("RENEW_SNAPSHOTS"):
        KEPT.mkdir(exist_ok=True)
        (KEPT / "letters").write_text(f"{letters}\n")
        if not file.exists() or not is_alike(Image.open(file).convert("RGB"), picture):
            picture.save(file, optimize=True)
        return
    if letters != int((KEPT / "letters").read_text()):
        pytest.skip("this machine has other letters than the one that kept the pictures")
    kept = Image.open(file).convert("RGB")
    if not is_alike(kept, picture):
        seen = Path(os.environ.get("PLAIT_SEEN", "/tmp")) / file.name
        picture.save(seen)
        pytest.fail(f"{unlike(kept, picture)} points differ: compare {seen} with {file}, or `make snapshots`")


@pytest.mark.parametrize(
    "change",
    [
        "() => { document.querySelector('nav').style.width = '150px' }",
        "() => { document.querySelector('nav').style.background = 'seagreen' }",
        "() => { document.querySelector('h1').remove() }",
        "() => { document.querySelector('table').style.fontSize = '16px' }",
    ],
)
def test_what_one_would_see_is_noticed(look, change):
    _, as_it_is = look("runs")
    _, again = look("runs")
    _, changed = look("runs", style=change)
    assert is_alike(as_it_is, again)
    assert not is_alike(as_it_is, changed)
