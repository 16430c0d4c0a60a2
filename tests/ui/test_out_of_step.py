"""What the page shows while the server is away, answers late, or cannot answer."""

from __future__ import annotations

import json
import socket

import pytest
from playwright.sync_api import expect
from shown import going_on, serving, until

NODES = "src/yard/pipelines/harvest/nodes.py"
LOST = "The server does not answer; what is shown may be old."
SECRET = "a-secret-of-this-test-alone"


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def test_a_page_without_a_server_says_so_and_asks_anew_when_it_is_back(window, yard, port):
    options = ("--port", port, "--token", SECRET)
    with going_on(yard) as process:
        with serving(yard, *options) as server:
            window.open(server, "view=runs")
            window.page.get_by_role("link", name="Running 4 of 6").click()
        expect(window.page.get_by_text(LOST)).to_be_visible()
        (yard / "data/gate").touch()
        assert process.wait(30) == 0
        with serving(yard, *options):
            expect(window.page.get_by_text(LOST)).to_have_count(0)
            expect(window.page.get_by_role("link", name="Running")).to_have_count(0)
            expect(window.page.locator("h1 .state")).to_have_text("done")
            window.page.goto("about:blank")
    window.errors.clear()  # the browser tells that the stream broke off


def test_a_page_of_an_earlier_start_says_which_address_to_open(window, yard, port):
    with serving(yard, "--port", port) as server:
        window.open(server).drawn()
    with serving(yard, "--port", port):
        expect(window.page.get_by_text("Open the address that plait ui printed.")).to_be_visible()
        window.page.goto("about:blank")
    window.errors.clear()  # the browser tells of the 401


def hit(name):
    return {"id": f"node:{name}", "kind": "node", "name": name, "field": "name", "excerpt": "", "score": 1}


def test_an_answer_that_comes_late_replaces_no_later_one(window, yard_server):
    late = []

    def answer(route):
        query = route.request.url.rpartition("q=")[2]
        if query == "a":
            late.append(route)
        else:
            route.fulfill(json={"hits": [hit("score")] if query == "ab" else []})

    window.page.route("**/api/search?*", answer)
    window.open(yard_server).drawn()
    field = window.page.get_by_role("combobox", name="Search")
    hits = window.page.locator("#hits [role=option]")
    with window.page.expect_request("**/api/search?q=a"):
        field.fill("a")
    field.fill("ab")
    expect(hits).to_have_count(1)
    with window.page.expect_response("**/api/search?q=a"):
        late[0].fulfill(json={"hits": [hit("write"), hit("wait")]})
    window.page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(hits).to_have_text(["node score"])
    field.fill("abc")
    expect(window.page.get_by_text("Nothing found")).to_be_visible()
    field.press("Escape")
    expect(window.page.get_by_text("Nothing found")).to_have_count(0)


def test_a_plan_that_fails_is_told_once_and_forgotten_when_it_works(window, yard_server):
    message = "The catalog cannot be read"
    problem = {"message": message, "where": [], "why": None, "hint": "mend it"}
    window.page.route(
        "**/api/plan?*", lambda route: route.fulfill(status=409, body=json.dumps({"error": problem}))
    )
    window.open(yard_server, "view=plan")
    expect(window.page.get_by_role("alert")).to_have_text(f"{message} · mend it")
    expect(window.page.get_by_text(message)).to_have_count(1)
    expect(window.page.get_by_text("Looking at code")).to_have_count(0)
    window.page.get_by_role("link", name="Pipeline").click()
    window.page.get_by_role("button", name="Plan", exact=True).click()
    expect(window.page.locator(".legend")).to_have_text(message)
    expect(window.page.get_by_text(message)).to_have_count(1)
    window.page.unroute("**/api/plan?*")
    window.page.get_by_role("link", name="Plan").click()
    expect(window.page.locator("section.step").first).to_be_visible()
    expect(window.page.get_by_text(message)).to_have_count(0)
    window.errors.clear()  # the browser tells of the 409


def test_a_mistake_in_the_project_is_told_once(window, yard):
    with serving(yard) as server:
        server.get("/api/plan")
        nodes = yard / NODES
        nodes.write_text(nodes.read_text().replace("def score(", "import nothing_of_this_name\n\ndef score("))
        until(lambda: server.get("/api/graph")["problems"])
        window.open(server, "view=plan")
        expect(window.page.get_by_role("alert")).to_have_text(
            "There is no plan while the project cannot be read"
        )
        expect(window.page.locator(".trouble", has_text="nothing_of_this_name")).to_have_count(1)
        window.errors.clear()  # the browser tells of the 409


def test_a_pipeline_that_is_not_there_is_told_and_nothing_is_drawn(window, yard_server):
    window.open(yard_server, "pipeline=nosuch")
    expect(window.page.get_by_text("There is no pipeline 'nosuch'")).to_be_visible()
    window.expect_elements(0)
    assert window.page.get_by_role("combobox", name="Pipeline").input_value() == ""
