"""A real browser, and servers for it to look at: what a page costs until it is drawn, and how it moves."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from benchmarks.environments import REPOSITORY, clean_environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = [
    "DRAWN",
    "PICTURES",
    "Server",
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
def server(command: Sequence[str], folder: Path) -> Iterator[Server]:
    """Run a server, with the processes it starts, as long as it is looked at; its output can be read."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**clean_environment(), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        try:
            yield Server(process, errors)
        finally:
            _end(process)


@dataclass(frozen=True)
class Server:
    """A server that runs, and what it wrote to its standard error."""

    process: subprocess.Popen[str]
    errors: IO[str]

    def address(self) -> str:
        """Return the first address that it prints. Raises SystemExit when it ends before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "http://" in line:
                return f"http://{line.partition('http://')[2].strip()}"
        raise self.failure()

    def wait_for(self, address: str, seconds: float) -> None:
        """Wait until an address is answered, or for so many seconds. Raises SystemExit when it ends."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            try:
                with urllib.request.urlopen(address, timeout=10):
                    return
            except OSError:
                if self.process.poll() is not None:
                    raise self.failure() from None
                time.sleep(0.05)

    def failure(self) -> SystemExit:
        self.errors.seek(0)
        command = " ".join(map(str, self.process.args))  # type: ignore[arg-type]
        return SystemExit(f"{command} ended with {self.process.poll()}\n{self.errors.read()[-3000:]}")


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and those it started; some leave them behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
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
    """Return a port that nobody listens on, and that Kedro-Viz takes: it refuses those above 49,151."""
    for _ in range(100):
        port = random.randrange(20_000, 49_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise SystemExit("no port is free")
