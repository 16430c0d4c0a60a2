from __future__ import annotations

from pathlib import Path

import pytest

import plait
from plait import DataCatalog
from plait.config import Parameters, bind_parameters
from plait.engine import RunOptions, make_plan, run_plan
from plait.engine.workers.ownership import owner_prefix


@pytest.fixture(scope="session")
def workers():
    with plait.Workers(2) as pool:
        yield pool


@pytest.fixture(params=["inline", "threads", "processes"])
def run(request, workers):
    """Run a pipeline under each executor in turn; ``run.executor`` is its name."""

    def call(steps, catalog=None, **more):
        if request.param == "threads":
            more["workers"] = 2
        elif request.param == "processes":
            more["workers"] = workers
        return plait.run(steps, catalog, executor=request.param, **more)

    call.executor = request.param
    return call


@pytest.fixture
def run_with(request, workers):
    """Run with options that only a project sets."""

    def call(steps, catalog, executor, parameters=None, **options):
        catalog = catalog if isinstance(catalog, DataCatalog) else DataCatalog.from_mapping(catalog)
        plan = make_plan(steps, catalog, bind_parameters(steps.nodes, Parameters(parameters or {})))
        count = {"inline": None, "threads": 2, "processes": workers}[executor]
        return run_plan(plan, catalog, RunOptions(executor=executor, workers=count, **options))

    return call


def shared_files(*folders: Path) -> list[str]:
    prefix = owner_prefix()
    places = [place for place in (Path("/dev/shm"), *folders) if place.is_dir()]
    return [path.name for place in places for path in place.iterdir() if path.name.startswith(prefix)]


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert shared_files() == []
