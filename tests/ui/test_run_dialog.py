"""What the dialog offers to run, and that closing it leaves the page as it was."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from shown import plait, serving

PIPELINE = "src/yard/pipelines/harvest/pipeline.py"


def asked(window):
    """What the address bar holds."""
    return {name: values[0] for name, values in parse_qs(urlsplit(window.page.url).query).items()}


def test_a_run_is_repeated_with_its_pipeline_its_selection_and_its_parameters(window, yard):
    plait(yard, "run", "+score", "--pipeline", "harvest", "--params", "factor=5")
    with serving(yard) as server:
        run = server.get("/api/runs")["runs"][0]["id"]
        window.open(server, f"view=run&run={run}")
        window.page.get_by_role("button", name="Run again…").click()
        dialog = window.page.get_by_role("dialog")
        expect(dialog.get_by_label("factor", exact=True)).to_have_value("5")
        expect(dialog.get_by_text("instead of 2")).to_be_visible()
        expect(dialog.get_by_label("The command that runs")).to_have_text(
            "plait run +score --pipeline harvest --params factor=5"
        )
        dialog.get_by_role("button", name="factor as configured").click()
        expect(dialog.get_by_label("The command that runs")).to_have_text(
            "plait run +score --pipeline harvest"
        )
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_be_hidden()
        assert asked(window) == {"view": "run", "run": run}


@pytest.mark.parametrize("leave", ["Escape", "Cancel"])
def test_what_the_page_shows_stays_when_the_dialog_is_about_something_else(window, yard_server, leave):
    window.open(yard_server, "select=%2Bscore&focus=node:score").drawn()
    window.expect_elements(12)
    window.panel.get_by_role("button", name="Run from here…").click()
    dialog = window.page.get_by_role("dialog")
    expect(dialog.get_by_label("The command that runs")).to_have_text("plait run score+")
    assert asked(window) == {"select": "+score", "focus": "node:score", "do": "run", "what": "score+"}
    if leave == "Escape":
        window.page.keyboard.press("Escape")
    else:
        dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert asked(window) == {"select": "+score", "focus": "node:score"}
    assert window.elements == 12


def test_a_node_that_shares_its_name_with_a_dataset_is_named_by_its_kind(window, yard):
    pipeline = yard / PIPELINE
    pipeline.write_text(pipeline.read_text().replace('tags="daily"', 'name="scores"'))
    with serving(yard) as server:
        window.open(server, "focus=node:scores").drawn()
        window.panel.get_by_role("button", name="Run this…").click()
        command = window.page.get_by_role("dialog").get_by_label("The command that runs")
        expect(command).to_have_text("plait run node:scores")
        window.page.keyboard.press("Escape")
        window.panel.get_by_role("button", name="With descendants").click()
        expect(window.page.locator("code.command")).to_have_text("plait run node:scores+")


def test_a_dialog_that_cannot_be_answered_is_closed(window, yard_server):
    window.open(yard_server, "do=run&what=nonsense").drawn()
    dialog = window.page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("nonsense")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    assert asked(window) == {}
    window.errors.clear()  # the browser tells of the 400
