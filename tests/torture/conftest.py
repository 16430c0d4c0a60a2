"""Projects to be ill-treated, and what an undisturbed run makes of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from torture_ground import Ground

NewGround = Callable[..., Ground]


@pytest.fixture
def new_ground(tmp_path: Path) -> Iterator[NewGround]:
    """Make grounds; whatever still runs on them is ended after the test."""
    grounds: list[Ground] = []

    def make(pipelines: str = "__default__") -> Ground:
        root = tmp_path / f"ground{len(grounds)}"
        root.mkdir()
        grounds.append(Ground(root, pipelines))
        return grounds[-1]

    yield make
    for ground in grounds:
        ground.destroy()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], dict[str, bytes]]:
    """Return what an undisturbed run of these pipelines makes at a turn."""
    known: dict[tuple[str, int], dict[str, bytes]] = {}

    def contents(pipelines: str, turn: int) -> dict[str, bytes]:
        if (pipelines, turn) not in known:
            root = tmp_path_factory.mktemp("undisturbed")
            ground = Ground(root, pipelines)
            ground.set_turn(turn)
            ground.run()
            known[pipelines, turn] = ground.contents()
            shutil.rmtree(root)
        return known[pipelines, turn]

    return contents
