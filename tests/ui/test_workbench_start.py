"""The workbench may begin before there is an event loop: `plait ui` without a kept picture relies on it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from plait.project import Project
from plait.ui.asking import Workbench, WorkbenchError
from plait.ui.snapshot import is_kept


def test_what_was_begun_is_answered_once_and_by_the_same_process(yard: Path) -> None:
    project = Project.open(yard)
    workbench = Workbench(project.place, project.env)
    assert not is_kept(project.state, project.env)
    workbench.begin("snapshot")
    begun = workbench._process

    async def asked() -> tuple[str, dict[str, object]]:
        stamp = await workbench.ask("snapshot")
        return stamp, await workbench.ask("select", pipeline="__default__", select="")

    try:
        stamp, selection = asyncio.run(asked())
        assert stamp
        assert selection["nodes"]
        assert workbench._process is begun
        assert is_kept(project.state, project.env)
    finally:
        workbench.end()


def test_a_process_that_ends_before_its_first_answer_is_told_of(yard: Path) -> None:
    project = Project.open(yard)
    workbench = Workbench(project.place, project.env)
    workbench.begin("snapshot")
    assert workbench._process is not None
    workbench._process.kill()
    try:
        with pytest.raises(WorkbenchError, match="ended before it answered"):
            asyncio.run(workbench.ask("snapshot"))
    finally:
        workbench.end()


def test_the_end_leaves_no_process(yard: Path) -> None:
    project = Project.open(yard)
    workbench = Workbench(project.place, project.env)
    workbench.begin("snapshot")
    process = workbench._process
    workbench.end()
    workbench.end()
    assert process is not None
    assert process.returncode is not None


HOLD = """
import time
from pathlib import Path

Path("data/importing").touch()
while Path("data/hold").exists():
    time.sleep(0.01)

"""


async def importing(yard: Path) -> None:
    """Wait until a process imports the pipeline."""
    begun = yard / "data/importing"
    while not begun.exists():
        await asyncio.sleep(0.01)
    begun.unlink()


@pytest.fixture
def held(yard: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that cannot be imported while there is a file."""
    pipeline = yard / "src/yard/pipelines/harvest/pipeline.py"
    pipeline.write_text(HOLD + pipeline.read_text())
    (yard / "data/hold").touch()
    monkeypatch.chdir(yard)
    return yard


def test_what_a_retired_process_was_asked_is_asked_again(held: Path) -> None:
    project = Project.open(held)
    workbench = Workbench(project.place, project.env)

    async def asked() -> list[dict[str, object]]:
        open_ = [
            asyncio.create_task(workbench.ask("select", pipeline="__default__", select=select))
            for select in ("score", "+score")
        ]
        await importing(held)
        await workbench.retire()
        await importing(held)
        (held / "data/hold").unlink()
        return await asyncio.gather(*open_)

    try:
        one, more = asyncio.run(asked())
        assert one["nodes"] == ["score"]
        assert more["nodes"] != ["score"]
    finally:
        workbench.end()


def test_what_is_open_when_the_server_ends_is_not_asked_again(held: Path) -> None:
    project = Project.open(held)
    workbench = Workbench(project.place, project.env)

    async def asked() -> None:
        open_ = asyncio.create_task(workbench.ask("select", pipeline="__default__", select="score"))
        await importing(held)
        await workbench.close()
        with pytest.raises(WorkbenchError, match="ended before it answered"):
            await open_

    asyncio.run(asked())
    assert workbench._process is None
