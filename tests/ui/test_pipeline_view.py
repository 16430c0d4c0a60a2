"""The graph: what is on it, folding, selecting, searching, the keyboard, pictures of it."""

from __future__ import annotations

import shlex
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect


def asked(window):
    """What the address bar holds."""
    return {name: values[0] for name, values in parse_qs(urlsplit(window.page.url).query).items()}


def test_the_first_drawing_holds_every_element_and_the_address_no_secret(window, flights_server):
    window.open(flights_server).drawn()
    graph = flights_server.get("/api/graph")
    assert window.elements == len(graph["elements"])
    assert flights_server.key not in window.page.url
    expect(window.page).to_have_title("flights · Plait")
    expect(window.page.get_by_text(f"{window.elements} elements")).to_be_visible()


def test_many_namespaces_begin_folded_and_unfold_by_address(window, estate_server):
    window.open(estate_server).drawn()
    assert window.elements == 14  # a node, its dataset, twelve namespaces
    window.page.goto(f"{estate_server.origin}/?expand=room3")
    window.expect_elements(14 - 1 + 20)
    window.page.goto(f"{estate_server.origin}/?expand=all")
    window.expect_elements(242)


def test_all_is_folded_and_unfolded_by_a_press(window, estate_server):
    window.open(estate_server).drawn()
    window.page.get_by_role("button", name="Unfold all").click()
    window.expect_elements(242)
    assert asked(window)["expand"] == "all"
    window.page.get_by_role("button", name="Fold all", exact=True).click()
    window.expect_elements(14)


def test_what_is_unfolded_by_a_click_stays_where_it_was(window, estate_server):
    window.open(estate_server).drawn()
    canvas = window.page.locator("canvas.graph")
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    window.page.mouse.move(*middle)
    place = next(
        (middle[0], middle[1] + offset)
        for offset in range(-150, 150, 6)
        if _is_namespace_at(window, middle[0], middle[1] + offset)
    )
    window.page.mouse.click(*place)
    window.expect_elements(14 - 1 + 20)
    unfolded = asked(window)["expand"]
    assert unfolded.startswith("room")
    # Its title is still under the pointer or just above, so the same place folds it again.
    assert _is_namespace_at(window, *place)


def _is_namespace_at(window, x, y):
    window.page.mouse.move(x, y)
    return window.page.locator("canvas.graph").evaluate("canvas => canvas.style.cursor") == "pointer"


def test_a_selector_filters_the_graph_is_in_the_address_and_the_command_is_what_runs(window, flights_server):
    window.open(flights_server).drawn()
    whole = window.elements
    field = window.page.get_by_label("Select", exact=True)
    field.fill("+day_before.evaluate")
    field.press("Enter")
    window.page.wait_for_selector(f'html:not([data-elements="{whole}"])', state="attached")
    assert asked(window)["select"] == "+day_before.evaluate"
    command = window.page.locator("code.command").inner_text()
    assert shlex.split(command) == ["plait", "run", "+day_before.evaluate"]
    picked = flights_server.get("/api/select?select=%2Bday_before.evaluate")["nodes"]
    assert "day_before.train_model" in picked
    assert not any(name.startswith("at_departure") for name in picked)
    window.page.reload()
    window.drawn()
    assert window.elements < whole
    expect(field).to_have_value("+day_before.evaluate")


def test_a_selector_that_is_wrong_says_so_and_the_graph_stays(window, flights_server):
    window.open(flights_server, "select=nonsense").drawn()
    expect(window.page.locator(".selector [role=alert]")).to_contain_text("nonsense")
    assert window.elements == len(flights_server.get("/api/graph")["elements"])


def test_a_pipeline_is_chosen(window, flights_server):
    window.open(flights_server).drawn()
    whole = window.elements
    window.page.get_by_role("combobox", name="Pipeline").select_option("reporting")
    window.page.wait_for_selector(f'html:not([data-elements="{whole}"])', state="attached")
    assert asked(window)["pipeline"] == "reporting"
    assert "plait run --pipeline reporting" in window.page.locator("code.command").inner_text()


def test_search_finds_names_code_and_columns(window, flights_server):
    window.open(flights_server).drawn()
    window.page.keyboard.press("/")
    field = window.page.get_by_role("combobox", name="Search")
    expect(field).to_be_focused()
    for query, name, reason in (
        ("train_model", "day_before.train_model", ""),
        ("mean_absolute_error", "evaluate", "code"),
        ("dest_latitude", "features", "columns"),
    ):
        field.fill(query)
        hit = window.page.locator("#hits [role=option]", has_text=name).first
        expect(hit).to_contain_text(f"{reason}:" if reason else name)


def test_search_opens_what_is_chosen_by_keys(window, flights_server):
    window.open(flights_server, "view=runs")
    window.page.keyboard.press("/")
    window.page.keyboard.type("compare_models")
    expect(window.page.locator("#hits [role=option]").first).to_contain_text("compare_models")
    window.page.keyboard.press("Enter")
    expect(window.panel).to_have_accessible_name("node compare_models")
    window.drawn()


def test_the_keyboard_is_enough(window, yard_server):
    window.open(yard_server).drawn()
    canvas = window.page.locator("canvas.graph")
    for _ in range(40):
        if canvas.evaluate("canvas => document.activeElement === canvas"):
            break
        window.page.keyboard.press("Tab")
    expect(canvas).to_be_focused()
    met = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"):
        window.page.keyboard.press(key)
        expect(window.panel).to_be_visible()
        window.page.wait_for_timeout(50)
        met.append(asked(window)["focus"])
    assert len(set(met)) == 3, met
    assert met[3] == met[1]
    window.page.keyboard.press("Enter")
    expect(window.panel).to_be_focused()
    window.page.keyboard.press("Escape")
    expect(window.panel).to_have_count(0)
    assert "focus" not in asked(window)
    expect(canvas).to_be_focused()


def test_views_are_reached_by_keyboard(window, yard_server):
    window.open(yard_server).drawn()
    window.page.get_by_role("link", name="Runs").focus()
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    window.page.go_back()
    expect(window.page.locator("canvas.graph")).to_be_visible()


def test_data_and_parameters_can_be_left_out(window, yard_server):
    window.open(yard_server).drawn()
    elements = yard_server.get("/api/graph")["elements"]
    kinds = [element["kind"] for element in elements]
    window.page.get_by_role("button", name="Parameters").click()
    window.expect_elements(len(kinds) - kinds.count("parameter"))
    window.page.get_by_role("button", name="Data", exact=True).click()
    window.expect_elements(kinds.count("node"))


def test_png_and_svg_are_downloaded(window, yard_server):
    window.open(yard_server).drawn()
    with window.page.expect_download() as svg:
        window.page.get_by_role("button", name="SVG").click()
    assert svg.value.suggested_filename == "yard.svg"
    text = svg.value.path().read_text()
    assert text.startswith("<svg")
    assert text.count("<text") == len(yard_server.get("/api/graph")["elements"]) + 2  # two namespaces
    with window.page.expect_download() as png:
        window.page.get_by_role("button", name="PNG").click()
    assert png.value.suggested_filename == "yard.png"
    assert png.value.path().read_bytes().startswith(b"\x89PNG")


def saved_svg(window):
    with window.page.expect_download() as svg:
        window.page.get_by_role("button", name="SVG").click()
    return svg.value.path().read_text()


def test_in_layers_open_namespaces_have_no_frames(window, yard_server):
    window.open(yard_server).drawn()
    elements = len(yard_server.get("/api/graph")["elements"])
    assert saved_svg(window).count("<text") == elements + 2
    window.page.get_by_role("button", name="Layers").click()
    for _ in range(100):
        if saved_svg(window).count("<text") == elements:
            break
    assert saved_svg(window).count("<text") == elements


def test_what_would_run_is_coloured_and_counted(window, yard_server):
    window.open(yard_server).drawn()
    window.page.get_by_role("button", name="Plan").click()
    actions = [step["action"] for step in yard_server.get("/api/plan")["steps"]]
    assert "run" in actions
    for action in set(actions):
        word = "up to date" if action == "skip" else action
        expect(window.page.locator(".legend")).to_contain_text(f"{actions.count(action)} {word}")
