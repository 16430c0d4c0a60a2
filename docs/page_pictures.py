"""Take ``docs/images/ui-*.png``, pictures of the browser view, from a real run: ``make pictures``."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import pages
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGES = Path(__file__).parent / "images"
PLAIT = str(Path(sys.executable).parent / "plait")
WIDE = {"width": 1280, "height": 800}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, pages.chromium() as browser:
        project = Path(folder, "flights")
        for command in (
            ["new", str(project), "--example", "flights", "--no-lock"],
            ["run"],
            ["run", "at_departure.train_model+", "--params", "at_departure.options.learning_rate=0.3"],
        ):
            _call(command, project if project.is_dir() else Path(folder))
        with _shown(project) as address:
            _take_all(browser, address)


def _take_all(browser: Browser, address: str) -> None:
    with _page(browser, address, "light") as page:
        _take(page, "pipeline", "?")
        _take(page, "node", "?focus=node:at_departure.train_model", wait_for=".panel pre")
        _take(page, "runs", "?view=runs", wait_for="table tbody tr")
        page.goto(f"{_site(address)}/?view=runs")
        first = page.locator("table tbody tr a").last  # the run of everything
        target = first.get_attribute("href")
        assert target is not None
        _take(page, "run", target, wait_for="svg, table")
    with _page(browser, address, "dark") as page:
        _take(page, "dark", "?focus=dataset:results", wait_for=".panel table")


@contextmanager
def _page(browser: Browser, address: str, scheme: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, color_scheme=scheme, reduced_motion="reduce")
    try:
        page = context.new_page()
        pages.drawn(page, address)
        yield page
    finally:
        context.close()


def _take(page: Page, name: str, query: str, wait_for: str = pages.DRAWN) -> None:
    page.goto(f"{_site(page.url)}/{query}")
    page.wait_for_selector(wait_for, state="attached")
    page.wait_for_timeout(1_500)  # what is loaded beside it has come, and nothing moves any more
    taken = Image.open(io.BytesIO(page.screenshot()))
    taken.quantize(256).save(IMAGES / f"ui-{name}.png", optimize=True)


def _site(address: str) -> str:
    found = re.match(r"http://[^/]+", address)
    assert found is not None
    return found[0]


@contextmanager
def _shown(project: Path) -> Iterator[str]:
    with pages.server([PLAIT, "ui", "--no-browser"], project) as shown:
        yield shown.address()


def _call(command: list[str], folder: Path) -> None:
    done = subprocess.run([PLAIT, *command], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"plait {' '.join(command)}\n{done.stdout}\n{done.stderr}")


if __name__ == "__main__":
    main()
