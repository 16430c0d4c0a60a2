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
