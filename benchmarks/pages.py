"""A real browser, and servers for it to look at: what a page costs until it is drawn, and how it moves."""

from __future__ import annotations

import itertools
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.environments import REPOSITORY, clean_environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = [
    "DRAWN",
    "PICTURES",
    "chromium",
    "drawn",
    "frames_while",
    "free_port",
    "fresh_page",
    "keep_picture",
    "middle_of_graph",
    "server",
    "wire_bytes",
]

DRAWN = "html[data-graph=drawn]"
SIZE = {"width": 1280, "height": 800}
PICTURES = REPOSITORY / ".venv-bench" / "pictures"
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_FRAMES = """() => {
  const times = (window.__frames = []);
  const step = (time) => { times.push(time); if (window.__frames === times) requestAnimationFrame(step); };
  requestAnimationFrame(step);
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a headless Chromium that draws in software: the machine's, else the one that Playwright brings."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_QUIET))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """Give a page that has nothing cached."""
    context = browser.new_context(viewport=SIZE)
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def server(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a server as long as it is looked at; its output can be read."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**clean_environment(), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def drawn(page: Page, address: str, within: float = 120) -> float:
    """Open an address and return the seconds until the graph is on screen."""
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(DRAWN, state="attached", timeout=within * 1000)
    return time.perf_counter() - start


def wire_bytes(page: Page) -> list[float]:
    """Return a list that grows by the bytes of each answer, as they come over the wire."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda answer: sizes.append(answer["encodedDataLength"]))
    return sizes


def middle_of_graph(page: Page) -> tuple[float, float]:
    """Return where on the page the middle of the graph is."""
    box = page.locator("canvas.graph").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def frames_while(page: Page, seconds: float, act: str) -> list[float]:
    """Return the milliseconds between frames of a ``drag``, or of a ``zoom`` with the wheel."""
    x, y = middle_of_graph(page)
    page.mouse.move(x, y)
    if act == "drag":
        page.mouse.down()
    page.evaluate(_FRAMES)
    start = time.perf_counter()
    for number in itertools.count():
        if time.perf_counter() - start > seconds:
            break
        if act == "drag":
            away = abs((number + 40) % 160 - 80) - 40
            page.mouse.move(x + away * 3, y + away * 1.5)
        else:
            page.mouse.wheel(0, -30 if number % 120 < 60 else 30)
    times = page.evaluate("() => { const times = window.__frames; window.__frames = null; return times; }")
    page.mouse.move(x, y)
    if act == "drag":
        page.mouse.up()
    return [after - before for before, after in itertools.pairwise(times)]


def keep_picture(page: Page, name: str) -> None:
    """Keep what is on screen under ``.venv-bench/pictures``. Raises SystemExit when next to nothing is."""
    from PIL import Image

    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    x, y = middle_of_graph(page)
    middle = Image.open(path).convert("RGB").crop((int(x - 200), int(y - 200), int(x + 200), int(y + 200)))
    pixels = middle.width * middle.height
    background = max(count for count, _ in middle.getcolors(pixels))
    if background > 0.995 * pixels:
        raise SystemExit(f"{name}: nothing is drawn, see {path}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
