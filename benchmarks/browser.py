"""The browser view in headless Chromium, beside Kedro-Viz: start, large graphs, movement, live events."""

from __future__ import annotations

import bisect
import itertools
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import pages
from benchmarks.environments import clean_environment, python_of
from benchmarks.graphs import write_graph
from benchmarks.table import Row, show
from benchmarks.timing import SIDES, Sample, interleaved, whole_process

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["measure"]

KEDRO_VIZ = "Kedro-Viz 12.5"
CAP = 60.0  # seconds after which Kedro-Viz is given up
RATE = 500  # events a second
UNFOLDED = "&expand=all"

_SEEN = """() => {
  const seen = (window.__seen = []), frames = (window.__frames = []);
  const origin = performance.timeOrigin;
  const look = (time) => {
    frames.push(time);
    const text = document.querySelector(".live")?.textContent ?? "";
    const done = Number(/\\d+/.exec(text)?.[0] ?? 0);
    setTimeout(() => {
      if (done !== (seen.at(-1)?.[0] ?? 0)) seen.push([done, (origin + performance.now()) / 1000]);
    });
    if (window.__frames === frames) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
_UNFOLD = """() => new Promise((resolve) => {
  const canvas = document.querySelector("canvas.graph"), root = document.documentElement;
  const before = root.dataset.elements, start = performance.now();
  new MutationObserver((_, observer) => {
    if (root.dataset.elements === before) return;
    observer.disconnect();
    resolve([(performance.now() - start) / 1000, Number(root.dataset.elements) - Number(before)]);
  }).observe(root, { attributes: true });
  canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "f", bubbles: true }));
})"""


def measure(rounds: int = 3) -> list[Row]:
    """Return the rows of start, size, movement and liveness."""
    with tempfile.TemporaryDirectory() as name, pages.chromium() as browser:
        folder = Path(name)
        projects = _projects(folder)
        return [
            *_starts(browser, projects, rounds),
            *_sizes(browser, projects, rounds),
            *_movement(browser, projects["20,000"]),
            _unfolding(browser, projects["20,000"], rounds),
            *_live(browser, projects["2,001"], rounds),
            _wire(browser, projects),
        ]


def _projects(folder: Path) -> dict[str, Path]:
    found = {
        name: folder / name for name in ("flights", "2,001", "20,000", "kedro 24", "kedro 2,001", "plait 24")
    }
    whole_process([_plait(), "new", str(found["flights"]), "--example", "flights", "--no-lock"], folder)
    write_graph(found["plait 24"], 24)
    write_graph(found["2,001"], 2_000)
    write_graph(found["20,000"], 20_000)
    write_graph(found["kedro 24"], 24, "kedro.pipeline")
    write_graph(found["kedro 2,001"], 2_000, "kedro.pipeline")
    return found


# --- Start


def _starts(browser: Browser, projects: dict[str, Path], rounds: int) -> list[Row]:
    flights, small, peer = projects["flights"], projects["plait 24"], projects["kedro 24"]
    for project in (flights, small):
        _start(browser, project)  # compiles the sources, and takes the first picture
    taken = interleaved(
        {
            "warm": lambda: _start(browser, flights),
            "cold": lambda: _start(browser, flights, cold=True),
            "small": lambda: _start(browser, small),
            "kedro": lambda: _start_kedro(browser, peer),
        },
        rounds,
    )
    kedro = taken["kedro"].median
    return [
        _row("plait ui to the graph of the flights example, warm", taken["warm"], 1.5, note="whole process"),
        _row(
            "the same, without a snapshot",
            taken["cold"],
            4,
            note="imports the project once, with its libraries",
        ),
        _row("start to a graph of 25 elements", taken["small"], 1.5, peer=KEDRO_VIZ, theirs=kedro),
    ]


def _start(browser: Browser, project: Path, *, cold: bool = False) -> float:
    if cold:
        shutil.rmtree(project / ".plait")
    with pages.fresh_page(browser) as page:
        start = time.perf_counter()
        with _shown(project) as address:
            pages.drawn(page, address)
            return time.perf_counter() - start


def _start_kedro(browser: Browser, project: Path) -> float:
    """Return the seconds from the start of the server to a drawn graph, or CAP when it takes longer."""
    with pages.fresh_page(browser) as page:
        return _kedro_in(page, project)


def _kedro_in(page: Page, project: Path) -> float:
    kedro = str(Path(python_of("kedro-viz")).parent / "kedro")
    address = f"http://127.0.0.1:{pages.free_port()}"
    port = address.rpartition(":")[2]
    command = [kedro, "viz", "run", "--no-browser", "--host", "127.0.0.1", "--port", port]
    start = time.perf_counter()
    with pages.server(command, project) as shown:
        shown.wait_for(f"{address}/api/main", CAP)
        seconds = _drawn_by_kedro(page, f"{address}/?expandAllPipelines=true", start)
        page.wait_for_timeout(500)
        return seconds


def _drawn_by_kedro(page: Page, address: str, start: float) -> float:
    from playwright.sync_api import TimeoutError as TooLate

    try:
        page.goto(address, wait_until="commit", timeout=_left(start))
        anyway = page.locator("text=Render it anyway")
        page.locator(".pipeline-node").or_(anyway).first.wait_for(state="attached", timeout=_left(start))
        if anyway.count():
            anyway.first.click(timeout=_left(start))
            page.locator(".pipeline-node").first.wait_for(state="attached", timeout=_left(start))
    except TooLate:
        pages.PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=pages.PICTURES / "kedro-viz given up.png", timeout=20_000)
        return CAP
    return time.perf_counter() - start


def _left(start: float) -> float:
    """Return the milliseconds until Kedro-Viz is given up; 0 would mean for ever."""
    return max(1.0, (start + CAP - time.perf_counter()) * 1000)


# --- Size


def _sizes(browser: Browser, projects: dict[str, Path], rounds: int) -> list[Row]:
    middle, large = projects["2,001"], projects["20,000"]
    with _shown(middle) as at_middle, _shown(large) as at_large:
        for address in (at_middle, at_large):
            _open(browser, address)
        taken = interleaved(
            {
                "2,001": lambda: _open(browser, at_middle + UNFOLDED),
                "unfolded": lambda: _open(browser, at_large + UNFOLDED),
                "folded": lambda: _open(browser, at_large),
            },
            rounds,
        )
    whole = interleaved(
        {
            "plait": lambda: _start(browser, middle),
            "kedro": lambda: _start_kedro(browser, projects["kedro 2,001"]),
        },
        1,
    )
    kedro = whole["kedro"].median
    peer = f"{KEDRO_VIZ}, {'gave up' if kedro >= CAP else 'drawn'}"
    note = f"opened on a running server; with the start of the server {whole['plait'].median:.1f} s, folded"
    theirs = f"Kedro-Viz with its start, {'not drawn after' if kedro >= CAP else 'drawn in'} {kedro:.0f} s"
    return [
        _row("2,001 elements, unfolded", taken["2,001"], 1.5, f"{note}; {theirs}", peer, kedro),
        _row("20,001 elements, unfolded", taken["unfolded"], 4, "opened on a running server"),
        _row(
            "20,001 elements, folded as they are at first", taken["folded"], 2, "opened on a running server"
        ),
    ]


def _open(browser: Browser, address: str) -> float:
    with pages.fresh_page(browser) as page:
        return pages.drawn(page, address)


# --- Movement


def _movement(browser: Browser, project: Path, seconds: float = 3) -> Iterator[Row]:
    with _shown(project) as address, pages.fresh_page(browser) as page:
        pages.drawn(page, address + UNFOLDED)
        for act, what in (
            ("drag", "dragging all of 20,001 elements"),
            ("zoom", "zooming in and out of them"),
        ):
            yield _moved(page, act, what, seconds)
        page.locator("canvas.graph").press("0")
        page.wait_for_timeout(1_000)
        page.mouse.wheel(0, -800)
        page.wait_for_timeout(1_000)
        yield _moved(page, "drag", "dragging a screen full of them, nearer", seconds)


def _moved(page: Page, act: str, what: str, seconds: float) -> Row:
    pages.keep_picture(page, f"{what} before")
    gaps = pages.frames_while(page, seconds, act)
    page.wait_for_timeout(500)
    pages.keep_picture(page, f"{what} after")
    rate = 1000 * len(gaps) / sum(gaps)
    late = sum(gap > 100 for gap in gaps)
    note = f"{late} of {len(gaps)} frames later than 0.1 s, the slowest {max(gaps):.0f} ms"
    return Row(what, "", None, rate, "≥ 30 frames/s", rate >= 30, note, unit="frames/s")


def _unfolding(browser: Browser, project: Path, rounds: int) -> Row:
    taken = []
    with _shown(project) as address:
        for _ in range(rounds):
            with pages.fresh_page(browser) as page:
                pages.drawn(page, f"{address}&expand=area3&focus=ns:area3.group34")
                page.wait_for_timeout(1_000)
                seconds, more = page.evaluate(_UNFOLD)
                assert more > 150, f"{more} elements were unfolded"
                taken.append(seconds)
    note = "from the key to the second frame after it is painted"
    return _row("unfolding a namespace of 200 among 20,001", Sample(tuple(taken)), 0.2, note)


# --- Live


def _live(browser: Browser, project: Path, rounds: int) -> Iterator[Row]:
    nodes = [f"area0.group{group}.n{number}" for group in range(10) for number in range(100)]
    delays, gaps, rates = [], [], []
    for _ in range(rounds):
        with _shown(project) as address, pages.fresh_page(browser) as page:
            pages.drawn(page, address + UNFOLDED)
            found = _follow(page, project, nodes)
            delays.append(found[0]), gaps.extend(found[1]), rates.append(found[2])
    worst = Sample(tuple(max(each) for each in delays))
    usual = statistics.median(delay for each in delays for delay in each)
    rate = statistics.median(rates)
    note = f"{rate:.0f} events/s on a graph of 2,001 elements, none lost; median {usual:.2f} s"
    yield _row(f"a live event to the screen, the slowest of {2 * len(nodes):,}", worst, 0.3, note)
    late = sum(gap > 50 for gap in gaps)
    note = f"of {len(gaps)} frames, the slowest {max(gaps):.0f} ms"
    yield Row("frames later than 50 ms meanwhile", "", None, late, "none", late == 0, note, unit="frames")


def _follow(page: Page, project: Path, nodes: list[str]) -> tuple[list[float], list[float], float]:
    """Return the seconds of each node's end to the screen, the gaps between frames, the rate."""
    time.sleep(1.5)  # the server says every second that it watches
    page.evaluate(_SEEN)
    command = [sys.executable, str(SIDES / "live_feed.py"), str(project / ".plait"), str(RATE), *nodes]
    process = subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, text=True)
    while process.poll() is None:
        page.wait_for_timeout(100)
    assert process.stdout is not None
    told = json.loads(process.stdout.read())
    seen, frames = page.evaluate("() => [window.__seen, window.__frames]")
    counts, times = [count for count, _ in seen if count], [when for count, when in seen if count]
    if not counts or max(counts) < len(nodes):
        raise SystemExit(f"{max(counts, default=0)} of {len(nodes)} ends of nodes came to the screen")
    delays = [
        times[bisect.bisect_left(counts, number)] - ended
        for number, ended in enumerate(told["ended"], start=1)
    ]
    return delays, [after - before for before, after in itertools.pairwise(frames)], told["rate"]


# --- The wire


def _wire(browser: Browser, projects: dict[str, Path]) -> Row:
    ours = _bytes(browser, lambda page: _start_in(page, projects["flights"]))
    theirs = _bytes(browser, lambda page: _kedro_in(page, projects["kedro 24"]))
    target, note = (
        "≤ 0.6 MB",
        "flights example; page, script, style, graph and what else comes until it is drawn",
    )
    return Row("first view over the wire", KEDRO_VIZ, theirs, ours, target, ours <= 600_000, note, unit="B")


def _bytes(browser: Browser, look: Callable[[Page], object]) -> float:
    with pages.fresh_page(browser) as page:
        sizes = pages.wire_bytes(page)
        look(page)
        page.wait_for_timeout(500)
        return sum(sizes)


def _start_in(page: Page, project: Path) -> None:
    with _shown(project) as address:
        pages.drawn(page, address)
        page.wait_for_timeout(500)


# --- Shared


@contextmanager
def _shown(project: Path) -> Iterator[str]:
    """Serve a project and give the address that opens it."""
    with pages.server([_plait(), "ui", "--no-browser"], project) as shown:
        yield shown.address()


def _plait() -> str:
    return str(Path(python_of("plait")).parent / "plait")


def _row(
    title: str, taken: Sample, limit: float, note: str = "", peer: str = "", theirs: float | None = None
) -> Row:
    ours = taken.median
    return Row(title, peer, theirs, ours, f"≤ {limit:g} s", ours <= limit, note, taken.spread)


if __name__ == "__main__":
    show(measure())
