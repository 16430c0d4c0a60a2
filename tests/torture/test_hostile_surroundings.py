"""Full disks, folders that cannot be written, and others who write to the same files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from torture_ground import EXECUTORS, reading, wait_until

pytest.importorskip("resource")

SHORT = ("processes", "drop-3")  # what is tried of it in every run of the tests

SMALL_FILES = """
import os, resource, signal
if os.environ.get("YARD_LIMIT"):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = int(os.environ["YARD_LIMIT"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
"""

FULL_DISK = """
import builtins, errno, os, sys
if os.environ.get("YARD_FULL"):
    def refuse(event, arguments):
        if event == "open" and isinstance(arguments[0], (str, bytes)) and isinstance(arguments[1], str):
            name = os.fsdecode(arguments[0])
            if os.environ["YARD_FULL"] in name and set(arguments[1]) & set("wax+"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
    sys.addaudithook(refuse)
"""


@pytest.fixture
def customised(tmp_path: Path, new_ground):
    """Make a ground whose processes run some code when they start."""

    def make(code: str):
        folder = tmp_path / "customised"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(code)
        ground = new_ground()
        ground.environment["PYTHONPATH"] = f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        return ground

    return make


@pytest.mark.parametrize(
    ("executor", "place"),
    [
        pytest.param(executor, place, marks=() if (executor, place) == SHORT else pytest.mark.slow)
        for executor in EXECUTORS
        for place in ("album", "light.txt", "model.json", "drop-3", "story.txt")
    ],
)
def test_a_full_disk_fails_one_node_and_keeps_the_old_data(executor, place, customised, undisturbed) -> None:
    ground = customised(FULL_DISK)
    ground.run(*EXECUTORS[executor])
    before = ground.contents()
    ground.set_turn(2)
    ground.environment["YARD_FULL"] = f"/{place}"
    with reading(ground):
        failed = ground.run(*EXECUTORS[executor], code=1)
        assert "No space left on device" in failed.said()
        assert "Traceback" not in failed.err.read_text()
        kept = {name: raw for name, raw in ground.contents().items() if place in name}
        assert kept == {name: before[name] for name in kept}
        del ground.environment["YARD_FULL"]
        last = ground.run(*EXECUTORS[executor])
    assert {("prepare", ""), ("fit", "")} & set(last.calls()) <= (
        {("fit", "")} if place == "model.json" else set()
    )
    assert ground.contents() == undisturbed(ground.pipelines, 2)
    assert ground.leftovers() == []


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0, 20_000, 100_000])
def test_files_that_may_not_grow_fail_cleanly_even_the_ledger(limit, customised, undisturbed) -> None:
    ground = customised(SMALL_FILES)
    ground.run()
    ground.set_turn(2)
    ground.environment["YARD_LIMIT"] = str(limit + 1)
    with reading(ground):
        failed = ground.run(code=None)
        assert failed.process.returncode in (1, 2), failed.said()
        assert "Traceback (most recent call last)" not in failed.err.read_text()
        del ground.environment["YARD_LIMIT"]
        ground.run()
    assert ground.contents() == undisturbed(ground.pipelines, 2)
    assert ground.leftovers() == []


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["inline", "processes"])
def test_a_file_in_place_of_a_folder_fails_the_nodes_that_save_below_it(
    executor, new_ground, undisturbed
) -> None:
    ground = new_ground()
    (ground.root / "data/03_primary").write_text("in the way")
    failed = ground.run(*EXECUTORS[executor], code=1)
    assert {"prepare", "fit"} <= {node for node, _ in failed.reported()}
    (ground.root / "data/03_primary").unlink()
    last = ground.run(*EXECUTORS[executor])
    assert not {("prepare", ""), ("fit", "")} & set(last.calls())
    assert ground.contents() == undisturbed(ground.pipelines, 1)
    assert ground.leftovers() == []


def test_a_state_folder_that_cannot_be_is_said_before_anything_runs(new_ground) -> None:
    ground = new_ground()
    (ground.root / ".plait").write_text("in the way")
    failed = ground.run(code=2)
    assert ".plait" in failed.said()
    assert "Traceback" not in failed.said()
    assert failed.calls() == []


def test_an_input_rewritten_during_the_run_is_not_recorded(new_ground, undisturbed) -> None:
    ground = new_ground()
    ground.write_source("oak", "elm")
    run = ground.start()
    wait_until(lambda: run.calls())  # prepare is asleep, and has read its input
    ground.write_source("yew", "elm")
    assert run.wait() == 0, run.said()
    assert "'source' changed while 'prepare' ran; it will run again" in run.said()
    again = ground.run()
    assert ("prepare", "") in again.calls()
    assert b"yew 1 0" in ground.contents()["02_intermediate/base.json"]
    assert ground.run().calls() == []


@pytest.mark.parametrize("same_time", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_an_output_rewritten_behind_plaits_back_is_made_again(same_time, new_ground, undisturbed) -> None:
    ground = new_ground()
    ground.run()
    light = ground.root / "data/03_primary/light.txt"
    stat = light.stat()
    light.write_text(light.read_text().replace("light 1 0", "light 1 9", 1))
    if same_time:
        os.utime(light, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    run = ground.run()
    assert ("weigh_light", "") in run.calls()
    assert ("weigh_heavy", "") not in run.calls()
    assert ground.contents() == undisturbed(ground.pipelines, 1)


@pytest.mark.slow
@pytest.mark.parametrize("while_running", [False, True])
def test_a_copied_project_is_a_project_of_its_own(while_running, new_ground, undisturbed) -> None:
    ground = new_ground()
    run = ground.start()
    wait_until(lambda: len(run.calls()) > 4)
    if not while_running:
        run.wait()
    copy = ground.root.with_name("copy")
    shutil.copytree(ground.root, copy, ignore=shutil.ignore_patterns(".plait-saving"))
    assert run.wait() == 0
    other = new_ground()
    shutil.rmtree(other.root)
    copy.rename(other.root)
    mended = other.run()
    assert while_running or mended.calls() == []
    assert other.contents() == undisturbed(ground.pipelines, 1)
    assert ground.run().calls() == []
