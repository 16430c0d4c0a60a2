"""What the dialog offers to run, and that closing it leaves the page as it was."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from shown import going_on, plait, serving, until

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
        until(lambda: asked(window) == {"view": "run", "run": run})


def test_a_run_of_another_environment_is_repeated_in_that_of_the_server_which_is_said(window, yard):
    (yard / "conf/other").mkdir()
    plait(yard, "run", "+score", "--env", "other")
    with serving(yard) as server:
        window.open(server, "view=run&run=last")
        window.page.get_by_role("button", name="Run again…").click()
        told = "That run was in the environment other, and this one will be in local."
        expect(window.page.get_by_role("dialog").get_by_text(told)).to_be_visible()


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
    until(lambda: asked(window) == {"select": "+score", "focus": "node:score"})
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
    until(lambda: asked(window) == {})
    window.errors.clear()  # the browser tells of the 400


@pytest.fixture
def held(yard):
    """A project whose runs do not begin while there is a file; the server has imported it before."""
    pipeline = yard / PIPELINE
    hold = (
        'import time\nfrom pathlib import Path\n\nwhile Path("data/hold").exists():\n    time.sleep(0.01)\n\n'
    )
    pipeline.write_text(hold + pipeline.read_text())
    with serving(yard) as server:
        server.get("/api/plan")
        (yard / "data/hold").touch()
        yield server


def test_a_run_that_has_not_begun_is_cancelled_with_the_dialog(window, yard, held):
    known = len(held.get("/api/runs")["runs"])
    window.open(held, "do=run&what=score")
    dialog = window.page.get_by_role("dialog")
    dialog.get_by_label("factor", exact=True).fill("3")
    with window.page.expect_response("**/api/runs") as answer:
        dialog.get_by_role("button", name="Run", exact=True).click()
        expect(dialog.get_by_role("button", name="Starting…")).to_be_disabled()
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_be_hidden()
    assert answer.value.json()["cancelled"] is True
    (yard / "data/hold").unlink()
    assert len(held.get("/api/runs")["runs"]) == known


def test_a_ticket_cancels_the_run_that_has_begun_with_it(yard):
    with serving(yard) as server, server.client() as client:
        order = {"params": {"factor": 9}, "ticket": "one"}
        run = client.post("/api/runs", json=order).json()["run"]
        assert client.post("/api/runs", json=order).status_code == 400, "the ticket is taken"
        assert client.post("/api/runs/one/cancel", json={"now": True}).json() == {"run": run}
        until(lambda: client.get(f"/api/runs/{run}").json()["run"]["status"] == "interrupted")
        until(lambda: client.post("/api/runs/one/cancel", json={}).status_code == 404)


def test_the_dialog_tells_which_run_an_order_waits_for(window, yard, held):
    (yard / "data/hold").unlink()
    with going_on(yard):
        first = until(lambda: next((run for run in held.get("/api/runs")["runs"] if run["live"]), None))
        (yard / "data/hold").touch()
        window.open(held, "do=run&what=score")
        expect(window.page.get_by_role("link", name="Running")).to_be_visible()
        dialog = window.page.get_by_role("dialog")
        dialog.get_by_label("factor", exact=True).fill("3")
        dialog.get_by_role("button", name="Run", exact=True).click()
        expect(dialog.get_by_role("status")).to_have_text(f"Waits until run {first['id']} ends.")
        (yard / "data/hold").unlink()
        expect(dialog).to_be_hidden()
        assert held.get("/api/runs/last")["run"]["parameters"]["factor"] == 3


def test_a_run_with_nothing_to_do_says_so(window, yard):
    plait(yard, "run", "score")
    with serving(yard) as server:
        window.open(server, "do=run&what=score")
        dialog = window.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Run", exact=True).click()
        expect(dialog.get_by_role("status")).to_have_text("Everything is up to date: nothing ran.")
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_be_hidden()


def test_a_run_that_is_asked_to_stop_gently_says_so_and_lets_its_nodes_finish(window, yard):
    with serving(yard) as server, going_on(yard) as process:
        window.open(server, "view=runs")
        window.page.get_by_role("link", name="Running 4 of 6").click()
        window.page.get_by_role("button", name="Stop after the running nodes").click()
        expect(window.page.get_by_role("button", name="Stopping after the running nodes…")).to_be_disabled()
        expect(window.page.get_by_role("button", name="Stop now")).to_be_enabled()
        run = next(run["id"] for run in server.get("/api/runs")["runs"] if run["live"])
        with server.client() as client:
            assert client.post(f"/api/runs/{run}/cancel", json={"now": False}).status_code == 200
        window.page.reload()
        expect(window.page.get_by_role("button", name="Stopping after the running nodes…")).to_be_disabled()
        (yard / "data/gate").touch()
        process.wait(30)
        nodes = {node["node"]: node["status"] for node in server.get(f"/api/runs/{run}")["nodes"]}
        assert nodes["wait"] == "done"


def test_a_run_that_is_over_cannot_be_stopped_and_the_page_says_so(window, yard):
    with serving(yard) as server, going_on(yard):
        window.open(server, "view=runs")
        window.page.get_by_role("link", name="Running 4 of 6").click()
        over = {"error": {"message": "Run r is not going on", "where": [], "why": None, "hint": None}}
        window.page.route("**/cancel", lambda route: route.fulfill(status=404, json=over))
        window.page.get_by_role("button", name="Stop now").click()
        expect(window.page.locator(".actions").get_by_role("alert")).to_have_text("Run r is not going on")
        window.errors.clear()  # the browser tells of the 404
