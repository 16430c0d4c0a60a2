"""Several runs in one project at once: every node is computed once, and all of them end well."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from torture_ground import EXECUTORS, Attempt, reading, wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs kill -9")
IN_MEMORY = {"count", "bulk"}


def calls_of_all(attempt: Attempt) -> Counter[tuple[str, str]]:
    """Count the calls in the book since a run began; all runs write into the one book."""
    return Counter(call for call in attempt.calls() if call[0] not in IN_MEMORY)


@pytest.mark.parametrize(
    ("executor", "number"),
    [
        ("inline", 2),
        pytest.param("processes", 2, marks=pytest.mark.slow),
        pytest.param("inline", 5, marks=pytest.mark.slow),
        pytest.param("processes", 5, marks=pytest.mark.slow),
    ],
)
def test_runs_at_the_same_time_compute_each_node_once(executor, number, new_ground, undisturbed) -> None:
    ground = new_ground()
    with reading(ground):
        runs = [ground.start(*EXECUTORS[executor]) for _ in range(number)]
        codes = [run.wait() for run in runs]
    assert codes == [0] * number, "\n".join(run.said()[-2000:] for run in runs)
    calls = calls_of_all(runs[0])
    assert [call for call, count in calls.items() if count > 1] == []
    assert ground.contents() == undisturbed(ground.pipelines, 1)
    assert ground.leftovers() == []


def test_a_run_that_shall_not_wait_says_who_writes_and_loses_nothing(new_ground, undisturbed) -> None:
    ground = new_ground()
    first = ground.start()
    wait_until(lambda: first.calls())
    second = ground.run("--no-wait", code=None)
    assert first.wait() == 0
    if second.process.returncode:
        assert second.process.returncode == 2, second.said()
        assert "is being written by another run" in second.said()
        assert f"process {first.pid}" in second.said()
    assert ground.contents() == undisturbed(ground.pipelines, 1)
    assert ground.run("--no-wait").calls() == []


@pytest.mark.parametrize(
    "executor", ["processes", *[pytest.param(name, marks=pytest.mark.slow) for name in ("inline", "threads")]]
)
def test_a_run_that_waits_for_a_killed_one_takes_over(executor, new_ground, undisturbed) -> None:
    ground = new_ground()
    first = ground.start(*EXECUTORS[executor])
    wait_until(lambda: first.calls())
    second = ground.start(*EXECUTORS[executor])
    wait_until(lambda: len(first.calls()) > 3 or first.process.poll() is not None)
    first.kill()
    assert second.wait() == 0, second.said()
    again = [call for call in first.reported() if calls_of_all(first)[call] > 1]
    assert again == [], "computed by both, although the first had said that it was done"
    assert ground.contents() == undisturbed(ground.pipelines, 1)
    assert ground.run(*EXECUTORS[executor]).calls() == []
    assert ground.leftovers() == []


def test_a_killed_run_that_nobody_buries_keeps_nobody_waiting(new_ground) -> None:
    """A container without an init process leaves the dead in the table of processes."""
    ground = new_ground()
    first = ground.start()
    wait_until(lambda: len(first.calls()) > 2)
    os.kill(first.pid, 9)  # and its exit code is not asked for: it stays a zombie
    second = ground.start()
    assert second.wait() == 0
    first.wait()
    assert ground.leftovers() == []
