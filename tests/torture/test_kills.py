"""Runs are killed at random moments: nothing finished is lost, nothing half is seen, nothing is left."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest
from torture_ground import EXECUTORS, Attempt, Ground, reading, signalled, wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs kill -9")

KILLS = int(os.environ.get("PLAIT_TORTURE_KILLS", "300"))
SEED = int(os.environ.get("PLAIT_TORTURE_SEED", "1"))
PIPELINES = os.environ.get("PLAIT_TORTURE_PIPELINES", "__default__")
IN_MEMORY = {"count", "bulk"}  # nodes that may run again whenever a consumer needs their value
TURNS = 4

Undisturbed = Callable[[str, int], dict[str, bytes]]


class Torture:
    """Rounds on one ground: something changes, runs are killed one after another, the last one is not."""

    def __init__(
        self, ground: Ground, executor: str, calls: set[tuple[str, str]], chance: random.Random
    ) -> None:
        self.ground = ground
        self.words = EXECUTORS[executor]
        self.executor = executor
        self.chance = chance
        self.kills = {"coordinator": 0, "worker": 0}
        self.done: set[tuple[str, str]] = set()
        self.calls = calls

    @property
    def killed(self) -> int:
        return sum(self.kills.values())

    def round(self, turn: int, kills: int) -> None:
        self.ground.set_turn(turn)
        self.done.clear()
        for _ in range(kills):
            self._disturbed()
        last = self.ground.run(*self.words)
        self._check(last)

    def _disturbed(self) -> None:
        attempt = self.ground.start(*self.words)
        self._await_a_moment(attempt)
        if self.executor == "processes" and self.chance.random() < 0.5:
            self.kills["worker"] += attempt.kill_worker(self.chance)
            code = attempt.wait()
            assert code in (0, 1), f"exit code {code}\n{attempt.said()[-4000:]}"
        else:
            attempt.kill()
            self.kills["coordinator"] += signalled(attempt)
        self._check(attempt)

    def _await_a_moment(self, attempt: Attempt) -> None:
        """Wait for so much work, or for so much time: the second also meets the beginning and the end."""
        left = max(1, len(self.calls - self.done))
        calls = self.chance.randint(1, left) if self.chance.random() < 0.85 else 0
        extra = self.chance.uniform(0.0, 0.06 if calls else 1.5)
        wait_until(lambda: len(attempt.calls()) >= calls or attempt.process.poll() is not None)
        time.sleep(extra)

    def _check(self, attempt: Attempt) -> None:
        again = self.done & {call for call in attempt.calls() if call[0] not in IN_MEMORY}
        assert not again, f"computed again although it was reported done: {sorted(again)}"
        self.done |= attempt.reported()


def torture(ground: Ground, executor: str, kills: int, seed: int, undisturbed: Undisturbed) -> Torture:
    """Kill so many runs and check after each round that nothing shows it."""
    calls = set(ground.run(*EXECUTORS[executor]).calls())  # those of a whole run
    torture = Torture(ground, executor, calls, random.Random(seed))
    number = 1
    with reading(ground):
        while torture.killed < kills:
            turn = number % TURNS + 1
            print(f"{executor}, seed {seed}, round {number}: {torture.kills}")
            torture.round(turn, min(torture.chance.randint(1, 5), kills - torture.killed))
            assert ground.contents() == undisturbed(ground.pipelines, turn)
            assert ground.leftovers() == []
            number += 1
    print(f"{executor}, seed {seed}: {torture.kills} in {number - 1} rounds")
    return torture


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_few_kills_show_in_nothing(executor: str, new_ground, undisturbed: Undisturbed) -> None:
    assert torture(new_ground(PIPELINES), executor, 5, SEED, undisturbed).killed == 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEED * 100, SEED * 100 + 4))
@pytest.mark.parametrize("executor", EXECUTORS)
def test_hundreds_of_kills_show_in_nothing(
    executor: str, seed: int, new_ground, undisturbed: Undisturbed
) -> None:
    kills = -(-KILLS // (4 * len(EXECUTORS)))
    assert torture(new_ground(PIPELINES), executor, kills, seed, undisturbed).killed == kills
