"""Projects to show, servers that show them, and a browser to look with."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shown import ESTATE, PLAIT, YARD, Server, Window, plait, serving, write

from plait.ui.page import STATIC

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """Make a project in the first worker that wants it; the others wait for it and share it."""
    worker = "PYTEST_XDIST_WORKER" in os.environ
    base = factory.getbasetemp().parent if worker else factory.getbasetemp()
    folder = base / f"shown-{name}"
    with (base / f"shown-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            folder.mkdir(exist_ok=True)
            (folder / "ready").write_text(str(make(folder)))
    return Path((folder / "ready").read_text())


@pytest.fixture(scope="session")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, which ran once. Shared by all workers: look at it, change nothing."""

    def make(folder: Path) -> Path:
        plait(folder, "new", "--example", "flights", "--no-lock")
        plait(folder / "flights", "run")
        return folder / "flights"

    return made_once(tmp_path_factory, "flights", make)


@pytest.fixture(scope="session")
def flights_server(flights: Path) -> Iterator[Server]:
    with serving(flights) as server:
        yield server


@pytest.fixture(scope="session")
def yard_that_ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project that ran twice, the second time with another factor. To be copied, not to be served."""

    def make(folder: Path) -> Path:
        write(folder, YARD)
        plait(folder, "run")
        plait(folder, "run", "--params", "factor=4")
        return folder

    return made_once(tmp_path_factory, "yard", make)


def copied(project: Path, folder: Path) -> Path:
    return shutil.copytree(project, folder / "yard", ignore=shutil.ignore_patterns("ready"))


@pytest.fixture(scope="session")
def served_yard(yard_that_ran: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small project that servers write to, and tests look at."""
    return copied(yard_that_ran, tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="session")
def yard_server(served_yard: Path) -> Iterator[Server]:
    with serving(served_yard) as server:
        yield server


@pytest.fixture
def yard(yard_that_ran: Path, tmp_path: Path) -> Path:
    """A copy of the small project, to be changed."""
    return copied(yard_that_ran, tmp_path)


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of many namespaces."""
    return made_once(tmp_path_factory, "estate", lambda folder: write(folder, ESTATE))


@pytest.fixture(scope="session")
def estate_server(estate: Path) -> Iterator[Server]:
    with serving(estate) as server:
        yield server


# A module at a time: while Playwright is there, nothing else in this thread can run an event loop of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    if not (STATIC / "index.html").is_file():
        pytest.skip("the front end was not built: make ui")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    playwright.expect.set_options(timeout=20_000)
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture
def window(browser: Any) -> Iterator[Window]:
    """A page of its own; afterwards nothing may have gone wrong on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    opened = Window(context.new_page())
    yield opened
    context.close()
    assert not opened.errors


@pytest.fixture(scope="session")
def broken_yard_server(yard_that_ran: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A project whose last run failed."""
    folder = copied(yard_that_ran, tmp_path_factory.mktemp("broken"))
    nodes = folder / "src/yard/pipelines/harvest/nodes.py"
    nodes.write_text(nodes.read_text().replace("/ len(north)", "/ 0"))
    failed = subprocess.run([*PLAIT, "run"], cwd=folder, capture_output=True, text=True)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    with serving(folder) as server:
        yield server
