"""What happens while the page is open: runs, edits, mistakes in the project."""

from __future__ import annotations

import re
import textwrap

import pytest
from playwright.sync_api import expect
from shown import expect_to_fit, going_on, serving, until

NODES = "src/yard/pipelines/harvest/nodes.py"


@pytest.fixture
def server(yard):
    with serving(yard) as server:
        yield server


def test_a_run_from_the_command_line_is_seen_and_followed_to_its_end(window, yard, server):
    window.open(server).drawn()
    with going_on(yard) as process:
        expect(window.page.get_by_role("link", name="Running 4 of 6")).to_be_visible()
        expect(window.page.locator(".legend")).to_have_text("Running: 4 of 6 nodes")
        window.page.get_by_role("link", name="Running").click()
        expect(window.page.locator(".progress")).to_contain_text("▸ wait")
        expect(window.page.get_by_label("What nodes print")).to_contain_text("wait │ waiting at the gate")
        (yard / "data/gate").touch()
        assert process.wait(30) == 0
        expect(window.page.locator("h1 .state")).to_have_text("done")
    expect(window.page.locator(".progress")).to_have_count(0)
    expect(window.page.get_by_role("link", name="Running")).to_have_count(0)
    expect(window.page.locator(".timeline [role=listitem]")).to_have_count(6)


PARTS = """
    def rows_by_kind(apples):
        return {kind: rows for kind, rows in apples.groupby("kind")}


    def peel(part, factor):
        if part["kind"].iloc[0] == "elstar":
            wait({}, factor)
        return part
"""


def test_workers_their_partitions_lines_and_memory_are_seen_as_it_happens(window, yard):
    edit(yard / NODES, "def score(", f"{textwrap.dedent(PARTS)}\n\ndef score(")
    pipeline = yard / "src/yard/pipelines/harvest/pipeline.py"
    edit(pipeline, "from plait import", "from plait import each,")
    edit(
        pipeline,
        "node(nodes.write,",
        'node(nodes.rows_by_kind, outputs="kinds"), node(nodes.peel, '
        '{"part": each("kinds"), "factor": "params:factor"}, each("peeled")), node(nodes.write,',
    )
    with (yard / "conf/base/catalog.yml").open("a") as file:
        file.write("kinds: data/02_parts/{kind}.csv\npeeled: data/03_peeled/{kind}.csv\n")
    with serving(yard) as server:
        window.open(server, "view=runs")
        with going_on(yard, "+peel", "--executor", "processes", "--workers", "2") as process:
            window.page.get_by_role("link", name="Running").click()
            progress = window.page.locator(".progress")
            expect(progress).to_contain_text("▸ peel: 2 partitions")
            expect(window.page.get_by_label("What nodes print")).to_contain_text("peel │ waiting at the gate")
            expect(progress).to_contain_text(re.compile(r"\d MB \+ [12] workers \d+(\.\d)? MB"))
            (yard / "data/gate").touch()
            assert process.wait(30) == 0
            expect(window.page.locator("h1 .state")).to_have_text("done")
        facts = window.page.locator("dl.facts").first
        expect(facts).to_contain_text("processes")
        expect(facts).to_contain_text(re.compile(r"Peak memory\d+(\.\d)? MB"))


def test_a_run_that_began_before_the_page_was_opened_is_seen_whole(window, yard, server):
    with going_on(yard):
        until(lambda: any(run["live"] for run in server.get("/api/runs")["runs"]))
        window.open(server).drawn()
        expect(window.page.get_by_role("link", name="Running 4 of 6")).to_be_visible()


def test_a_server_that_is_started_in_the_middle_of_a_run_shows_it(window, yard):
    with serving(yard) as first, going_on(yard):
        until(lambda: any(run["live"] for run in first.get("/api/runs")["runs"]))
        with serving(yard) as second:
            window.open(second).drawn()
            expect(window.page.get_by_role("link", name="Running 4 of 6")).to_be_visible()


def test_a_run_that_is_killed_is_not_shown_as_going_on(window, yard, server):
    window.open(server, "view=runs")
    with going_on(yard) as process:
        window.page.get_by_role("link", name="Running 4 of 6").click()
        process.kill()
        expect(window.page.locator("h1 .state")).to_have_text("interrupted")
        expect(window.page.get_by_role("link", name="Running")).to_have_count(0)
        assert not any(run["live"] for run in server.get("/api/runs")["runs"])


def test_a_run_is_cancelled_from_the_page(window, yard, server):
    window.open(server, "view=runs")
    with going_on(yard) as process:
        window.page.get_by_role("link", name="Running 4 of 6").click()
        window.page.get_by_role("button", name="Stop now").click()
        assert process.wait(30) != 0
        expect(window.page.locator("h1 .state")).to_have_text("interrupted")


def test_a_run_is_started_with_an_edited_parameter(window, yard, server):
    window.open(server).drawn()
    before = len(server.get("/api/runs")["runs"])
    window.page.get_by_role("button", name="Run…").click()
    dialog = window.page.get_by_role("dialog")
    field = dialog.get_by_label("factor", exact=True)
    expect(field).to_have_value("2")
    field.fill("seven")
    expect(dialog.get_by_role("alert")).to_have_text("not a number")
    expect(dialog.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    field.fill("7")
    expect(dialog.get_by_text("instead of 2")).to_be_visible()
    command = dialog.get_by_label("The command that runs")
    expect(command).to_have_text("plait run --params factor=7")
    dialog.get_by_role("button", name="factor as configured").click()
    expect(command).to_have_text("plait run")
    field.fill("7")
    expect(command).to_have_text("plait run --params factor=7")
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(dialog).to_be_hidden()
    until(lambda: len(server.get("/api/runs")["runs"]) > before)
    last = until(
        lambda: next((run for run in server.get("/api/runs")["runs"][:1] if run["status"] == "done"), None)
    )
    assert last["parameters"]["factor"] == 7
    window.page.get_by_role("link", name="Runs").click()
    rows = window.page.get_by_role("region", name="Runs").locator("tbody tr:not([aria-hidden])")
    expect(rows).to_have_count(before + 1)


TYPED = """
    import enum
    from dataclasses import dataclass


    class Kind(enum.Enum):
        RED = "red"
        GREEN = "green"


    @dataclass
    class Press:
        kind: Kind
        turns: int
        gentle: bool = False
        name: str | None = None


    def press(scores, press: Press, sizes):
        return {}
"""


def test_typed_parameters_have_fields_of_their_kind_and_the_project_judges_them(window, yard):
    edit(yard / NODES, "def score(", textwrap.dedent(TYPED) + "\n\ndef score(")
    edit(
        yard / "src/yard/pipelines/harvest/pipeline.py",
        "node(nodes.write,",
        'node(nodes.press, ["scores", "params:press", "params:sizes"], None), node(nodes.write,',
    )
    with (yard / "conf/base/parameters.yml").open("a") as file:
        file.write("press: {kind: red, turns: 3, gentle: true, name: null}\nsizes: [1, 2]\n")
    with serving(yard) as server:
        window.open(server, "select=press&do=run").drawn()
        dialog = window.page.get_by_role("dialog")
        command = dialog.get_by_label("The command that runs")
        dialog.get_by_label("press.kind", exact=True).select_option("green")
        dialog.get_by_label("press.gentle", exact=True).uncheck()
        dialog.get_by_label("press.name", exact=True).fill("Anna")
        dialog.get_by_label("sizes", exact=True).fill("[3]")
        expect(command).to_have_text(
            "plait run press --params 'press.kind=\"green\"' press.gentle=false"
            " 'press.name=\"Anna\"' 'sizes=[3]'"
        )
        dialog.get_by_label("press.turns", exact=True).fill("2.5")
        expect(dialog.get_by_role("alert")).to_have_text("not a whole number")
        dialog.get_by_label("press.turns", exact=True).fill("4")
        dialog.get_by_role("button", name="Run", exact=True).click()
        expect(dialog).to_be_hidden()
        last = until(lambda: server.get("/api/runs/last")["run"])
        assert last["parameters"]["press"] == {"kind": "green", "turns": 4, "gentle": False, "name": "Anna"}


def test_an_order_answers_with_its_run_or_with_why_there_is_none(yard, server):
    with server.client() as client:
        order = {"params": {"factor": 6}}
        description = client.get("/api/openapi.json").json()
        answer = client.post("/api/runs", json=order)
        expect_to_fit(description, "post /api/runs", answer)
        begun = answer.json()
        assert client.get(f"/api/runs/{begun['run']}").json()["run"]["parameters"]["factor"] == 6
        until(lambda: client.get("/api/runs/last").json()["run"]["status"] == "done")
        judged = client.post("/api/command", json={"params": {"factr": 6}}).json()
        assert judged["command"] == "plait run --params factr=6"
        (problem,) = judged["problems"]
        assert "factr" in problem["message"]
        refused = client.post("/api/runs", json={"params": {"factr": 6}})
        assert refused.status_code == 400
        assert "factr" in refused.json()["error"]["message"]


def test_the_dialog_offers_the_parameters_of_the_selection_only(window, server):
    window.open(server, "select=north.heavier&do=run").drawn()
    dialog = window.page.get_by_role("dialog")
    expect(dialog.get_by_label("north.least", exact=True)).to_have_value("1")
    expect(dialog.locator("fieldset input")).to_have_count(1)
    expect(dialog.get_by_label("The command that runs")).to_have_text("plait run north.heavier")
    window.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_server_that_only_shows_offers_no_run(window, yard):
    with serving(yard, "--read-only") as server:
        window.open(server, "view=run&run=last")
        expect(window.page.locator(".timeline")).to_be_visible()
        expect(window.page.locator(".actions")).to_have_count(0)
        window.page.goto(f"{server.origin}/")
        window.drawn()
        expect(window.page.get_by_role("button", name="Run…")).to_have_count(0)


def test_an_edit_is_seen_without_a_restart(window, yard, server):
    window.open(server, "focus=node:score").drawn()
    before = window.elements
    edit(yard / NODES, "return {", "# weighed twice\n    return {")
    expect(window.panel.locator("details.code pre").first).to_contain_text("# weighed twice")
    pipeline = yard / "src/yard/pipelines/harvest/pipeline.py"
    edit(
        pipeline,
        "node(nodes.write,",
        'node(nodes.write, {"scores": "scores"}, "letter", name="post"),\n    node(nodes.write,',
    )
    window.expect_elements(before + 2)


def test_a_project_that_no_longer_imports_shows_its_last_picture_and_the_mistake(window, yard, server):
    window.open(server).drawn()
    elements = window.elements
    edit(yard / NODES, "def score(", "def score((")
    trouble = window.page.locator(".trouble")
    expect(trouble.first).to_contain_text("nodes.py")
    expect(trouble.first).to_contain_text("last good picture")
    assert window.elements == elements
    window.page.reload()
    window.drawn()
    assert window.elements == elements
    edit(yard / NODES, "def score((", "def score(")
    expect(trouble).to_have_count(0)


def test_a_project_that_does_not_import_at_the_start_shows_what_it_was(window, yard):
    with serving(yard) as server:
        known = len(server.get("/api/graph")["elements"])
    edit(yard / NODES, "def score(", "import nothing_of_this_name\n\ndef score(")
    with serving(yard) as server:
        window.open(server).drawn()
        expect(window.page.locator(".trouble").first).to_contain_text("nothing_of_this_name")
        assert window.elements == known


def edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_user_code_that_ends_its_process_takes_one_answer_with_it(yard, monkeypatch):
    edit(yard / NODES, "def score(", "import os\nif os.environ.get('YARD_DIES'): os._exit(3)\n\ndef score(")
    with serving(yard) as server:
        assert server.get("/api/plan")["steps"]
    monkeypatch.setenv("YARD_DIES", "1")
    with serving(yard) as server, server.client() as client:
        answer = client.get("/api/plan")
        assert answer.status_code == 409
        assert "ended before it answered" in answer.json()["error"]["message"]
        assert client.get("/api/graph").json()["elements"]
