"""Every edit of the matrix: no stale skip, no needless run, under several hash seeds and Pythons."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import edit_matrix  # noqa: E402

SEEDS = ("0", "1", "4242")
SOURCES = HERE.parents[1] / "src"


def other_pythons() -> list[Path]:
    """The interpreters of further versions that are at hand."""
    found = {}
    for place in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python")):
        version = tuple(int(part) for part in place.parents[1].name.split(".")[:2] if part.isdigit())
        if version >= (3, 11) and version != sys.version_info[:2]:
            found[version] = place
    return list(found.values())


def start(folder: Path, python: Path | str, seed: str) -> subprocess.Popen[bytes]:
    folder.mkdir()
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(SOURCES)}
    command = [str(python), str(HERE / "edit_matrix.py"), str(folder)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


def result(process: subprocess.Popen[bytes]) -> dict[str, dict[str, object]]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return json.loads(output)


@pytest.fixture(scope="module")
def by_seed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matrix")
    started = {seed: start(folder / seed, sys.executable, seed) for seed in SEEDS}
    return {seed: result(process) for seed, process in started.items()}


@pytest.mark.parametrize("edit", edit_matrix.SAME)
def test_needs_no_run(edit, by_seed):
    found = by_seed[SEEDS[0]]
    assert found[edit]["symbols"] == found["nothing"]["symbols"]


@pytest.mark.parametrize("edit", edit_matrix.CHANGED)
def test_needs_a_run(edit, by_seed):
    found = by_seed[SEEDS[0]]
    assert found[edit]["digest"] != found["nothing"]["digest"]


def test_every_edit_makes_another_manifest(by_seed):
    found = by_seed[SEEDS[0]]
    digests = [found[edit]["digest"] for edit in edit_matrix.CHANGED]
    assert len(set(digests)) == len(digests)


def test_is_the_same_under_every_hash_seed(by_seed):
    first, *others = by_seed.values()
    assert all(other == first for other in others)


@pytest.mark.parametrize("python", other_pythons(), ids=lambda place: place.parents[1].name)
def test_is_the_same_on_other_pythons(python, by_seed, tmp_path):
    assert result(start(tmp_path / "matrix", python, "7")) == by_seed[SEEDS[0]]


def test_two_helpers_that_swap_bodies_change_both_keys(by_seed):
    found = by_seed[SEEDS[0]]
    before, after = found["nothing"]["symbols"], found["two helpers swap bodies"]["symbols"]
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"first", "second"}
    assert (before["first"], before["second"]) == (after["second"], after["first"])
