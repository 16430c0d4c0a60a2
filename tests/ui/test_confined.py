"""What a report of a user's may do with the network: nothing, wherever it is shown."""

from __future__ import annotations

import functools
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect
from shown import plait, serving

from plait.ui.export import confined

#: Tries to reach LISTENER in all ways there are, and last to lead its window there.
REPORT = """<!-- <head> --><!doctype html><html><head>
<link rel="stylesheet" href="LISTENER/style"><link rel="prefetch" href="LISTENER/prefetch">
<base href="LISTENER/base/"><style>body { background: url(LISTENER/background) } @import "LISTENER/import";
@font-face { font-family: far; src: url(LISTENER/font) } body { font-family: far }</style></head>
<body><p id="title">A report</p><img src="LISTENER/img"><iframe src="LISTENER/iframe"></iframe>
<video src="LISTENER/video"></video><object data="LISTENER/object"></object>
<script src="LISTENER/script"></script>
<form id="form" action="LISTENER/form"></form><script>
const ways = [
  () => fetch("LISTENER/fetch", { mode: "no-cors" }), () => navigator.sendBeacon("LISTENER/beacon", "x"),
  () => new EventSource("LISTENER/events"), () => new WebSocket("LISTENER/socket".replace("http", "ws")),
  () => import("LISTENER/module"), () => (new Image().src = "LISTENER/image"), () => open("LISTENER/window"),
  () => new Worker(URL.createObjectURL(new Blob(["fetch('LISTENER/worker')"]))),
  () => { const frame = document.createElement("iframe"); document.body.append(frame);
          frame.contentWindow.location = "LISTENER/frame"; },
  () => document.getElementById("form").submit(), () => (top.location = "LISTENER/top"),
];
for (const way of ways) try { Promise.resolve(way()).catch(() => 0); } catch { }
setTimeout(() => (location = "LISTENER/navigation"));
</script></body></html>"""


@contextmanager
def listening(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def heard():
    """The paths that a listener on this machine was asked for, and where it listens."""
    paths = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with listening(Listener) as origin:
        yield paths, origin


@pytest.fixture
def reporting_yard(yard, heard):
    """The small project with a report that does what it can."""
    _, origin = heard
    (yard / "data/08_reporting/report.html").write_text(REPORT.replace("LISTENER", origin))
    return yard


@pytest.fixture
def site(reporting_yard, tmp_path):
    plait(reporting_yard, "ui", "export", str(tmp_path / "site"), "--preview", "*")
    return tmp_path / "site"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def expect_stopped(window):
    """Wait until the last thing that the report in the frame tries was refused."""
    expect(window.panel.locator("iframe")).to_be_visible()
    (frame,) = window.page.main_frame.child_frames
    for _ in range(400):
        if frame.url.startswith("chrome-error:"):
            break
        window.page.wait_for_timeout(50)
    assert frame.url.startswith("chrome-error:")
    assert "focus=dataset" in window.page.url
    window.errors.clear()  # the browser tells that it refused


def test_the_report_would_reach_the_listener(window, reporting_yard, heard):
    paths, _ = heard
    report = reporting_yard / "data/08_reporting/report.html"
    page = window.page.context.new_page()  # one that may complain of what it is refused
    page.goto(report.as_uri(), wait_until="commit")
    wanted = {"/img", "/fetch", "/navigation"}
    for _ in range(400):
        if wanted <= set(paths):
            break
        page.wait_for_timeout(50)
    assert wanted <= set(paths)


def test_nothing_arrives_from_a_folder(window, site, heard):
    window.page.goto(f"{(site / 'index.html').as_uri()}?focus=dataset:report")
    expect_stopped(window)
    window.page.goto((site / "frame-0.html").as_uri())
    window.page.wait_for_url("**/index.html?focus=dataset:report")
    expect_stopped(window)
    assert heard[0] == []


def test_nothing_arrives_from_a_static_host(window, site, heard):
    with listening(functools.partial(Quiet, directory=site)) as origin:
        window.page.goto(f"{origin}/?focus=dataset:report")
        expect_stopped(window)
        window.page.goto(f"{origin}/frame-0.html")
        window.page.wait_for_url("**/index.html?focus=dataset:report")
        expect_stopped(window)
    assert heard[0] == []


def test_nothing_arrives_from_the_server(window, reporting_yard, heard):
    with serving(reporting_yard) as server:
        window.open(server, "focus=dataset:report")
        expect_stopped(window)
        window.page.goto(f"{server.origin}/api/frame/report")
        window.page.wait_for_url("**/?focus=dataset%3Areport")
        expect_stopped(window)
    assert heard[0] == []


@pytest.mark.parametrize(
    ("page", "before"),
    [
        ("<!doctype html><html><head><title>A</title>", "<!doctype html>"),
        ("\ufeff\n <!DOCTYPE html PUBLIC '-//W3C'>\n<p>A", "\ufeff\n <!DOCTYPE html PUBLIC '-//W3C'>"),
        ("<p>A", ""),
        ("<html><head><script>A</script>", ""),
        ("<!--><script>A</script><!-- --><!doctype html>", ""),
        ("<!-- <head> --><!doctype html><head>", ""),
        ("\xa0<!doctype html><p>A", ""),
    ],
)
def test_nothing_stands_before_the_policy_but_a_doctype(page, before):
    found = confined(page, "default-src 'none'")
    rules = '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    assert found == f"{before}{rules}{page.removeprefix(before)}"
